//! One event as the source delivered it.

/// One event as the source delivered it: the fields of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Identity of the event.
    pub id: &'a str,
    /// When it happened, in milliseconds since 1970.
    pub time: i64,
    /// When it happened, as text. Not always a time.
    pub occurred_at: &'a str,
    /// Its type. Empty if unknown.
    pub kind: &'a str,
    /// The whole event.
    pub payload: &'a str,
}
