//! Formats a page of events as the body of an answer.

use std::fmt::Write;

/// A row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row<'a> {
    /// An event.
    Event {
        /// The number in its UUID.
        number: u64,
        /// Its type.
        kind: &'a str,
        /// When it happened. Not always a valid time.
        at: String,
    },
    /// An event that cannot be shown.
    Null,
    /// An event without a UUID or a time.
    Nameless,
}

/// Formats a page.
pub fn page<'a>(
    rows: impl IntoIterator<Item = Row<'a>>,
    has_next: bool,
    cursor: Option<&str>,
) -> String {
    let rows = rows.into_iter();
    let mut body = String::with_capacity(256 + 160 * rows.size_hint().0);
    let cursor = cursor.map_or("null".into(), |cursor| format!("{cursor:?}"));
    // Writing to a string does not fail.
    let _ = write!(
        body,
        r#"{{"data":{{"organization":{{"permissions":{{"auditEventsView":{{"allowed":true}}}},"auditEvents":{{"pageInfo":{{"hasNextPage":{has_next},"endCursor":{cursor}}},"edges":["#
    );
    for (place, row) in rows.enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = match row {
            Row::Event { number, kind, at } => write!(
                body,
                r#"{comma}{{"node":{{"uuid":"00000000-0000-4000-8000-{number:012x}","type":"{kind}","occurredAt":"{at}"}}}}"#
            ),
            Row::Null => write!(body, r#"{comma}{{"node":null}}"#),
            Row::Nameless => write!(body, r#"{comma}{{"node":{{"uuid":"?","type":"X"}}}}"#),
        };
    }
    body.push_str("]}}}}");
    body
}
