//! The tenants' status for the operator: a table of what the state holds.

use super::rows::TENANTS;
use crate::exit::{Failure, Result};
use serde_json::{Value, json};
use source_token::one_line;
use std::fmt::Write;
use std::path::Path;

/// Maximum length of an error in the table, in characters. `--json` prints it in full.
const ERROR_CHARS_MAX: usize = 100;

/// Reads the rows of all tenants, sorted by name. Returns `None` if there is no state yet.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if the state is not ours, is damaged, or has a newer version.
pub fn read(state: &Path) -> Result<Option<Vec<Value>>> {
    let refuse =
        |error: rusqlite::Error| Failure::Refused(format!("state {}: {error}", state.display()));
    let Some(database) = TENANTS.open_to_read(state)? else { return Ok(None) };
    let sql =
        "SELECT name, state, last_event, lag_seconds, events, error FROM tenant ORDER BY name";
    let mut query = database.prepare(sql).map_err(refuse)?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(json!({
            "tenant": row.get::<_, String>(0)?,
            "state": row.get::<_, String>(1)?,
            "last_event": row.get::<_, Option<String>>(2)?,
            "lag_seconds": row.get::<_, Option<i64>>(3)?,
            "events": row.get::<_, i64>(4)?,
            "last_error": row.get::<_, Option<String>>(5)?,
        }))
    };
    query.query_map([], row).and_then(Iterator::collect).map(Some).map_err(refuse)
}

/// Formats the rows as a table.
pub fn table(rows: &[Value]) -> String {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => one_line(text, ERROR_CHARS_MAX),
        other => other.to_string(),
    };
    let titles = ["TENANT", "STATE", "LAST EVENT", "LAG S", "EVENTS", "LAST ERROR"];
    let keys = ["tenant", "state", "last_event", "lag_seconds", "events", "last_error"];
    let mut lines = vec![titles.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| keys.map(|key| text(&row[key]))));
    let width =
        |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4].map(width);
    let mut table = String::new();
    for cells in &lines {
        for (cell, width) in cells.iter().zip(widths) {
            // Writing to a string cannot fail.
            let _ = write!(table, "{cell:<width$}  ");
        }
        let _ = writeln!(table, "{}", cells[5]);
    }
    table
}
