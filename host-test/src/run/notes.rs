//! What a source wants the operator to know, told once.

use std::collections::HashSet;

/// So many kinds of notes are remembered, and each logged once.
const NOTES_MAX: usize = 1_000;

/// Notes of the source, each kind of them logged once.
#[derive(Default)]
pub struct Notes {
    /// The texts without their numbers: a count or a time in them does not make another kind.
    kinds: HashSet<String>,
    is_full: bool,
}

impl Notes {
    /// Logs what is new, and returns how many lines that were.
    pub(crate) fn tell(&mut self, notes: &[String]) -> usize {
        let mut told = 0;
        for note in notes {
            let kind = kind(note);
            if self.is_full || self.kinds.contains(&kind) {
                continue;
            }
            told += 1;
            if self.kinds.len() == NOTES_MAX {
                self.is_full = true;
                tracing::warn!("more than {NOTES_MAX} kinds of notes; new ones are dropped");
                continue;
            }
            tracing::warn!("{note}");
            self.kinds.insert(kind);
        }
        told
    }
}

/// A note without its numbers and times; digits in a name stay.
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
        let told: Vec<_> = (0..5).map(|n| notes.tell(&[format!("{n} rows were null")])).collect();
        assert_eq!(told, [1, 0, 0, 0, 0]);
        assert_eq!(notes.tell(&["no type A_1".to_owned(), "no type A_2".to_owned()]), 2);
    }

    #[test]
    fn kinds_of_notes_are_bounded_and_the_bound_is_told_once() {
        let mut notes = Notes::default();
        let many: Vec<_> = (0..1_500).map(|n| "x".repeat(n)).collect();
        assert_eq!(notes.tell(&many), NOTES_MAX + 1);
        assert_eq!(notes.tell(&many), 0);
    }
}
