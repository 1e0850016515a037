//! Notes of the source for the operator, each logged once.

use std::collections::HashSet;

/// Maximum number of kinds of notes that are remembered.
const NOTES_MAX: usize = 1_000;

/// Notes of the source. Each kind is logged once.
#[derive(Default)]
pub struct Notes {
    /// The texts without numbers, because another count or time is not another kind.
    kinds: HashSet<String>,
    is_full: bool,
}

impl Notes {
    /// Logs new kinds of notes, and returns the number of lines logged.
    pub(crate) fn log(&mut self, notes: &[String]) -> usize {
        let mut logged = 0;
        for note in notes {
            let kind = kind(note);
            if self.is_full || self.kinds.contains(&kind) {
                continue;
            }
            logged += 1;
            if self.kinds.len() == NOTES_MAX {
                self.is_full = true;
                tracing::warn!("more than {NOTES_MAX} kinds of notes; new kinds are not logged");
                continue;
            }
            tracing::warn!("{note}");
            self.kinds.insert(kind);
        }
        logged
    }
}

/// Returns a note without numbers and times. Digits within a name stay.
fn kind(note: &str) -> String {
    let begins = |word: &str| word.starts_with(|letter: char| letter.is_ascii_digit());
    let plain = |word: &str| match begins(word) {
        true => word.replace(|letter: char| letter.is_ascii_digit(), ""),
        false => word.to_owned(),
    };
    note.split(' ').map(plain).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_whose_number_changes_is_logged_once() {
        let mut notes = Notes::default();
        let logged: Vec<_> = (0..5).map(|n| notes.log(&[format!("{n} rows were null")])).collect();
        assert_eq!(logged, [1, 0, 0, 0, 0]);
        assert_eq!(notes.log(&["no type A_1".to_owned(), "no type A_2".to_owned()]), 2);
    }

    #[test]
    fn kinds_of_notes_are_limited_and_the_limit_is_logged_once() {
        let mut notes = Notes::default();
        let many: Vec<_> = (0..1_500).map(|n| "x".repeat(n)).collect();
        assert_eq!(notes.log(&many), NOTES_MAX + 1);
        assert_eq!(notes.log(&many), 0);
    }
}
