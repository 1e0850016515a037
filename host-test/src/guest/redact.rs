//! Redacts texts before anyone sees them. The guest never has the token, but a server may echo it,
//! and then the guest's messages contain it.

use crate::egress::token::Token;
use crate::guest::contract::{Batch, CallError, Finding, Outcome, SourceError};
use source_token::one_line;

/// A guest's return value that may contain texts for people.
pub(crate) trait Texts {
    /// Calls `f` with each text for people. Records and checkpoints are data and are left out.
    fn texts(&mut self, f: &mut dyn FnMut(&mut String));

    /// Adds the cause of a network failure, which the guest cannot know, to the message of the failure.
    fn explain(&mut self, _cause: &str) {}
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

    fn explain(&mut self, cause: &str) {
        let mut findings = self.iter_mut();
        // The first failed step is the one that made the request.
        if let Some(finding) = findings.find(|finding| matches!(finding.outcome, Outcome::Failed)) {
            append(&mut finding.message, cause);
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

    fn explain(&mut self, cause: &str) {
        match self {
            Self::Source(SourceError::Transient(text) | SourceError::Protocol(text)) => {
                append(text, cause);
            }
            // The host denied a request.
            Self::Source(SourceError::InvalidConfig(fields)) => {
                // The message already says what to do; the cause follows.
                if let Some(field) = fields.last_mut() {
                    field.message.push_str(". Cause: ");
                    field.message.push_str(cause);
                }
            }
            Self::Source(SourceError::Unauthorized(_) | SourceError::InvalidCheckpoint(_))
            | Self::Host(_) => {}
        }
    }
}

fn append(text: &mut String, cause: &str) {
    text.push_str(": ");
    text.push_str(cause);
}

/// Maximum number of characters of one text for people: a guest may return many MiB.
const TEXT_CHARS_MAX: usize = 4_000;

/// Maximum number of notes, findings or fields of one call that are kept.
const TEXTS_MAX: usize = 1_000;

/// Replaces the token with `[token]` in everything that a guest returned, and limits the length of its texts.
pub(crate) fn hide<T: Texts>(
    token: Option<&Token>,
    mut answer: Result<T, CallError>,
) -> Result<T, CallError> {
    let mut replace = |text: &mut String| {
        if let Some(clean) = token.and_then(|token| token.hidden_in(text)) {
            *text = clean;
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
