//! The copy of a scanned text on one line. What needs no change is copied in long runs.

use crate::object::BREAKS;

/// Writes a scanned text without what was cut from it.
pub struct Line<'o> {
    /// Where the copy goes. `None` if the text is only checked.
    out: Option<&'o mut String>,
    /// Up to where the text was copied or cut.
    from: usize,
}

impl<'o> Line<'o> {
    /// Copies a text from this position on.
    pub fn to(out: &'o mut String, from: usize) -> Self {
        Self { out: Some(out), from }
    }

    /// Copies nothing.
    pub fn nowhere() -> Self {
        Self { out: None, from: 0 }
    }

    /// Copies the text up to this position.
    pub fn copy(&mut self, text: &str, to: usize) {
        if let Some(out) = &mut self.out {
            out.push_str(text.get(self.from..to).unwrap_or_default());
        }
        self.from = to;
    }

    /// Continues behind a part that was cut.
    pub fn skip_to(&mut self, at: usize) {
        self.from = at;
    }

    /// Returns what was written so far, to write something that is not in the text.
    pub fn out(&mut self) -> Option<&mut String> {
        self.out.as_deref_mut()
    }
}

/// Returns the escape of the line break that a text begins with, and the length of the line break.
pub fn line_break(text: &str) -> Option<(&'static str, usize)> {
    let found = BREAKS.iter().find(|(raw, _)| text.starts_with(raw));
    found.map(|(raw, escaped)| (*escaped, raw.len()))
}
