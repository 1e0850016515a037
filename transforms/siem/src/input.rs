//! One event as the source delivered it.

use source_text::object::{Object, push_line};

/// One event as the source delivered it: the fields of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Identity of the event.
    pub id: &'a str,
    /// When it happened, as text. Not always a time.
    pub occurred_at: &'a str,
    /// Its type. Empty if unknown.
    pub kind: &'a str,
    /// The whole event, on one line.
    pub payload: &'a str,
}

/// Writes a member that is a text from the source or the settings.
pub(crate) fn line(object: &mut Object, name: &str, text: &str) {
    push_line(object.member(name), text);
}
