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
        self.stats.notes.iter_mut().chain(&mut self.stats.newest).for_each(f);
    }
}

impl Texts for Vec<Finding> {
    fn texts(&mut self, f: &mut dyn FnMut(&mut String)) {
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

/// Puts `[token]` in the place of the token in whatever a guest returned.
pub(crate) fn hide<T: Texts>(
    token: Option<&Token>,
    mut answer: Result<T, CallError>,
) -> Result<T, CallError> {
    if let Some(token) = token {
        let mut replace = |text: &mut String| {
            if let Some(clean) = token.hidden_in(text) {
                *text = clean;
            }
        };
        match &mut answer {
            Ok(answer) => answer.texts(&mut replace),
            Err(error) => error.texts(&mut replace),
        }
    }
    answer
}
