//! Decides what is logged: a fault once while it lasts, a note once, everything on one line and without the token.

use source_driver::Fault;
use source_token::{hidden_in, one_line};

/// Maximum length of a line in characters: a server's answer may be a page of HTML.
const LINE_CHARS_MAX: usize = 2_000;
/// Maximum number of notes that are remembered as logged. Older ones may be logged again.
const NOTES_MAX: usize = 50;

/// Remembers what was logged.
#[derive(Debug, Default)]
pub struct Voice {
    fault: Option<String>,
    notes: Vec<String>,
}

impl Voice {
    /// Returns the line for a fault, or `None` if the same fault was logged last and has lasted since.
    pub fn fault(&mut self, words: &str, token: Option<&str>) -> Option<String> {
        let line = clean(words, token);
        if self.fault.as_ref() == Some(&line) {
            return None;
        }
        self.fault = Some(line.clone());
        Some(line)
    }

    /// Clears the current fault and returns it, if there was one.
    pub fn well(&mut self) -> Option<String> {
        self.fault.take()
    }

    /// Returns the line for a note, or `None` if it was already logged.
    pub fn note(&mut self, words: &str, token: Option<&str>) -> Option<String> {
        let line = clean(words, token);
        if self.notes.contains(&line) {
            return None;
        }
        if self.notes.len() >= NOTES_MAX {
            self.notes.remove(0);
        }
        self.notes.push(line.clone());
        Some(line)
    }
}

/// Describes a fault: what failed, why, and what to do.
pub fn in_words(fault: Fault, message: &str) -> String {
    let (what, remedy) = match fault {
        Fault::InvalidConfig => ("the configuration is refused", "fix settings or api_token"),
        Fault::Unauthorized => ("access is refused", "fix the token or its permissions"),
        Fault::InvalidCheckpoint => (
            "the stored checkpoint is refused",
            "restore the previous settings, or delete the key TENANT.checkpoint to start over",
        ),
        Fault::Source => ("Buildkite cannot be read", "retrying"),
        Fault::Protocol => {
            ("Buildkite's answer has an unknown shape", "report it to the developers")
        }
        Fault::Sink => ("events are not acknowledged", "check NATS, the stream and its limits"),
        Fault::Store => ("the checkpoint cannot be stored or read", "check NATS and the bucket"),
        Fault::Overtaken => ("overtaken", "this service ends"),
    };
    format!("{what}: {message} ({remedy})")
}

/// Returns `words` as one line of limited length, with the token replaced by `[token]`.
fn clean(words: &str, token: Option<&str>) -> String {
    let hidden = token.and_then(|token| hidden_in(words, token));
    one_line(hidden.as_deref().unwrap_or(words), LINE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_logged_once_until_it_is_over() {
        let mut voice = Voice::default();
        assert!(voice.fault("down", None).is_some());
        assert!(voice.fault("down", None).is_none());
        assert!(voice.fault("refused", None).is_some());
        assert_eq!(voice.well().as_deref(), Some("refused"));
        assert!(voice.well().is_none());
        assert!(voice.fault("refused", None).is_some());
    }

    #[test]
    fn a_note_is_logged_once_and_only_the_last_are_remembered() {
        let mut voice = Voice::default();
        assert!(voice.note("0", None).is_some() && voice.note("0", None).is_none());
        (1..=NOTES_MAX).for_each(|at| assert!(voice.note(&at.to_string(), None).is_some()));
        assert!(voice.note("0", None).is_some());
    }

    #[test]
    fn a_message_becomes_one_line_without_the_token() {
        assert_eq!(clean("a\nb s3cret", Some("s3cret")), "a b [token]");
        let long = clean(&"é".repeat(LINE_CHARS_MAX + 1), Some("s3cret"));
        assert_eq!(long.chars().count(), LINE_CHARS_MAX + 1);
        assert!(long.ends_with('…'));
    }
}
