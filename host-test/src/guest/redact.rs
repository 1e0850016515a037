//! Redacts texts before anyone sees them. The guest never has the token, but a server may echo it,
//! and then the guest's messages contain it.

use crate::credential::token::Token;
use crate::egress::failures::Cause;
use crate::guest::contract::{Batch, CallError, Finding, Outcome, SourceError};
use source_token::one_line;

/// A guest's return value that may contain texts for people.
pub(crate) trait Texts {
    /// Calls `f` with each text for people. Records and checkpoints are data and are left out.
    fn texts(&mut self, f: &mut dyn FnMut(&mut String));

    /// Adds the cause of a network failure, which the guest cannot know, to the message of the failure.
    fn explain(&mut self, _cause: &Cause) {}
}

impl Texts for Batch {
    fn texts(&mut self, f: &mut dyn FnMut(&mut String)) {
        self.stats.notes.truncate(TEXTS_MAX);
        self.stats.notes.iter_mut().chain(&mut self.stats.newest).for_each(f);
    }
}

impl Texts for Vec<Finding> {
    fn texts(&mut self, f: &mut dyn FnMut(&mut String)) {
        self.truncate(TEXTS_MAX);
        for finding in self {
            f(&mut finding.step);
            f(&mut finding.message);
        }
    }

    fn explain(&mut self, cause: &Cause) {
        let mut findings = self.iter_mut();
        // The first failed step is the one that made the request.
        if let Some(finding) = findings.find(|finding| matches!(finding.outcome, Outcome::Failed)) {
            cause.explain(&mut finding.message);
        }
    }
}

/// A checkpoint, which is stored unchanged.
impl Texts for String {
    fn texts(&mut self, _: &mut dyn FnMut(&mut String)) {}
}

impl Texts for () {
    fn texts(&mut self, _: &mut dyn FnMut(&mut String)) {}
}

impl Texts for CallError {
    fn texts(&mut self, f: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Host(text) => f(text),
            Self::Source(SourceError::InvalidConfig(fields)) => {
                fields.truncate(TEXTS_MAX);
                for field in fields {
                    f(&mut field.field);
                    f(&mut field.message);
                }
            }
            Self::Source(
                SourceError::Unauthorized(text)
                | SourceError::InvalidCheckpoint(text)
                | SourceError::Transient(text)
                | SourceError::Protocol(text),
            ) => f(text),
        }
    }

    fn explain(&mut self, cause: &Cause) {
        match self {
            Self::Source(
                SourceError::Transient(text)
                | SourceError::Protocol(text)
                | SourceError::Unauthorized(text),
            ) => cause.explain(text),
            // The host denied a request.
            Self::Source(SourceError::InvalidConfig(fields)) => {
                match (cause, fields.last_mut()) {
                    // The message already says what to do; the cause follows.
                    (Cause::Also(why), Some(field)) => {
                        field.message.push_str(". Cause: ");
                        field.message.push_str(why);
                    }
                    // The guest knows only the endpoint, but the host was asking for a token.
                    (Cause::Instead(why), Some(field)) => {
                        "secrets.api_token".clone_into(&mut field.field);
                        field.message.clone_from(why);
                    }
                    (_, None) => {}
                }
            }
            Self::Source(SourceError::InvalidCheckpoint(_)) | Self::Host(_) => {}
        }
    }
}

/// Maximum number of characters of one text for people: a guest may return many MiB.
const TEXT_CHARS_MAX: usize = 4_000;

/// Maximum number of notes, findings or fields of one call that are kept.
const TEXTS_MAX: usize = 1_000;

/// Replaces each secret with `[token]` in everything that a guest returned, and limits the length of its texts.
pub(crate) fn hide<T: Texts>(
    secrets: &[Token],
    mut answer: Result<T, CallError>,
) -> Result<T, CallError> {
    let mut replace = |text: &mut String| {
        for secret in secrets {
            if let Some(clean) = secret.hidden_in(text) {
                *text = clean;
            }
        }
        // A guest must not write lines of its own into a log.
        *text = one_line(text, TEXT_CHARS_MAX);
    };
    match &mut answer {
        Ok(answer) => answer.texts(&mut replace),
        Err(error) => error.texts(&mut replace),
    }
    answer
}
