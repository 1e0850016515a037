//! What is replaced in texts before anybody sees them. The guest never has the token, but a server
//! may echo it, and then it stands in the guest's words.

use crate::source::{Batch, CallError, Finding, SourceError};
use crate::token::Token;

/// Something a guest returned, whose texts for people can be changed.
pub(crate) trait Texts {
    /// Calls `f` with each of them. Records and checkpoints are data and no such texts.
    fn texts(&mut self, f: &mut dyn FnMut(&mut String));
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
}

/// Letters of one text for people that are kept: a guest may return many MiB of it.
const TEXT_CHARS_MAX: usize = 4_000;

/// Texts of one call that are kept.
const TEXTS_MAX: usize = 1_000;

/// Takes out of a text what would let a guest write lines of its own into a log, and what is too long.
fn tidy(text: &mut String) {
    if text.chars().any(char::is_control) {
        *text = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    }
    if let Some((at, _)) = text.char_indices().nth(TEXT_CHARS_MAX) {
        text.truncate(at);
        text.push('…');
    }
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
        tidy(text);
    };
    match &mut answer {
        Ok(answer) => answer.texts(&mut replace),
        Err(error) => error.texts(&mut replace),
    }
    answer
}
