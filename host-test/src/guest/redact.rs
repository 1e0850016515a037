//! What is replaced in texts before anybody sees them. The guest never has the token, but a server
//! may echo it, and then it stands in the guest's words.

use crate::egress::token::Token;
use crate::guest::contract::{Batch, CallError, Finding, Outcome, SourceError};

/// Something a guest returned, whose texts for people can be changed.
pub(crate) trait Texts {
    /// Calls `f` with each of them. Records and checkpoints are data and no such texts.
    fn texts(&mut self, f: &mut dyn FnMut(&mut String));

    /// Adds to the text of a failure why the network failed, which the guest cannot know.
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
        // The first that failed is the one that the request was made for.
        if let Some(finding) = findings.find(|finding| matches!(finding.outcome, Outcome::Failed)) {
            append(&mut finding.message, cause);
        }
    }
}

/// A checkpoint, which is stored as it is.
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
            // A request that the host did not allow.
            Self::Source(SourceError::InvalidConfig(fields)) => {
                // Its remedy stands already; what follows is why.
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

/// Letters of one text for people that are kept: a guest may return many MiB of it.
const TEXT_CHARS_MAX: usize = 4_000;

/// Texts of one call that are kept.
const TEXTS_MAX: usize = 1_000;

/// A text for people in one line, without what would move the cursor of a terminal, and not longer than so many letters.
pub(crate) fn one_line(text: &str, chars_max: usize) -> String {
    let mut line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(chars_max.saturating_add(1))
        .collect();
    if let Some((at, _)) = line.char_indices().nth(chars_max) {
        line.truncate(at);
        line.push('…');
    }
    line
}

/// Puts `[token]` in the place of the token in whatever a guest returned, and bounds its texts.
pub(crate) fn hide<T: Texts>(
    token: Option<&Token>,
    mut answer: Result<T, CallError>,
) -> Result<T, CallError> {
    let mut replace = |text: &mut String| {
        if let Some(clean) = token.and_then(|token| token.hidden_in(text)) {
            *text = clean;
        }
        // Nor may a guest write lines of its own into a log.
        *text = one_line(text, TEXT_CHARS_MAX);
    };
    match &mut answer {
        Ok(answer) => answer.texts(&mut replace),
        Err(error) => error.texts(&mut replace),
    }
    answer
}
