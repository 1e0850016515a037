//! The answers of a simulated remote, chosen by bytes: pages of a fixed log of events, failures, and arbitrary answers.

use arbitrary::{Result, Unstructured};
use buildkite_audit_logs::ask::Ask;
use buildkite_audit_logs::buildkite::response::{Exchange, Failure};
use buildkite_audit_logs::text::time::Millis;
use kit::page::{Row, page};
use kit::response::response;

use crate::{exchange, promises};

/// Number of events in the log: four per minute, all in the same millisecond, starting an hour before the run.
pub const EVENTS: usize = 256;
/// Maximum number of rows in a page: more than are requested.
const ROWS_MAX: usize = 8;
/// Maximum size of an answer that is not a page, in bytes.
const BYTES_MAX: usize = 512;

/// An answer, chosen before the request is known.
pub enum Chosen {
    /// A page of the log.
    Page {
        /// Numbers of the events, newest first unless out of order. `None` is a null node.
        rows: Vec<Option<u8>>,
        /// Whether events that were not requested are left out.
        is_filtered: bool,
        /// Whether it promises another page.
        has_next: bool,
        /// The number in its cursor, if it has one.
        cursor: Option<u8>,
        /// Its headers.
        headers: Vec<(String, String)>,
    },
    /// Any status, headers and body.
    Any(Vec<u8>),
    /// No answer.
    Failed(Failure),
}

impl Chosen {
    /// Chooses an answer.
    ///
    /// # Errors
    ///
    /// Returns an error if there are too few bytes.
    pub fn choose(choices: &mut Unstructured) -> Result<Self> {
        match choices.int_in_range(0..=15u8)? {
            0 => Ok(Self::Failed(Failure::Network("reset".to_owned()))),
            1 => Ok(Self::Failed(Failure::TooLarge)),
            2 => Ok(Self::Failed(Failure::Denied("not allowed".to_owned()))),
            3 => {
                let length = choices.int_in_range(0..=BYTES_MAX)?.min(choices.len());
                Ok(Self::Any(choices.bytes(length)?.to_vec()))
            }
            4 => {
                let refusal: &[u8] = choices.choose(&[
                    b"504" as &[u8],
                    b"429\nRateLimit-Reset: 30",
                    b"429\n\n{\"message\":\"Try again in 7 seconds\"}",
                    b"200\n\n{\"errors\":[{\"message\":\"invalid cursor\"}]}",
                    b"200\n\n{\"errors\":[{\"message\":\"exceeds the complexity\"}]}",
                    b"401",
                ])?;
                Ok(Self::Any(refusal.to_vec()))
            }
            _ => Self::page(choices),
        }
    }

    fn page(choices: &mut Unstructured) -> Result<Self> {
        let mut number = choices.arbitrary::<u8>()?;
        let mut rows = Vec::new();
        for _ in 0..choices.int_in_range(0..=ROWS_MAX)? {
            rows.push(if choices.ratio(1, 16)? { None } else { Some(number) });
            // Some events are missing, and some occur twice.
            number = number.saturating_sub(*choices.choose(&[1, 1, 1, 2, 0, 5, 40])?);
        }
        if choices.ratio(1, 32)? {
            rows.reverse();
        }
        Ok(Self::Page {
            rows,
            is_filtered: choices.ratio(7, 8)?,
            has_next: choices.arbitrary()?,
            cursor: choices.arbitrary()?,
            headers: headers(choices)?,
        })
    }

    /// Returns whether it lists events newest first, as the API promises.
    pub fn is_sorted(&self) -> bool {
        match self {
            Self::Page { rows, .. } => rows.iter().flatten().rev().is_sorted_by_key(|row| at(*row)),
            Self::Any(bytes) => exchange::read(bytes).response.status != 200,
            Self::Failed(_) => true,
        }
    }

    /// Returns the outcome of a request.
    pub fn exchange(&self, ask: &Ask, now: Millis) -> Exchange {
        match self {
            Self::Failed(failure) => Err(failure.clone()),
            Self::Any(bytes) => Ok(exchange::read(bytes).response),
            Self::Page { rows, is_filtered, has_next, cursor, headers } => {
                let is_asked = |row: &&Option<u8>| {
                    let time = row.map_or(now, at);
                    ask.from.is_none_or(|from| from <= time) && ask.to.is_none_or(|to| time <= to)
                };
                let rows = rows.iter().filter(|row| !is_filtered || is_asked(row));
                let cursor = cursor.map(|cursor| format!("c{cursor}"));
                let body = page(rows.map(shown), *has_next, cursor.as_deref());
                Ok(response(200, headers.clone(), body))
            }
        }
    }
}

/// Returns when an event happened.
fn at(number: u8) -> Millis {
    Millis::new(promises::NOW_MS - 3_600_000 + i64::from(number / 4) * 60_000)
}

fn headers(choices: &mut Unstructured) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    let dates = [
        "Sun, 22 Nov 2026 10:00:00 GMT",
        "Sun, 22 Nov 2026 09:30:00 GMT",
        "Mon, 23 Nov 2026 12:00:00 GMT",
    ];
    if choices.ratio(3, 4)? {
        headers.push(("Date".to_owned(), (*choices.choose(&dates)?).to_owned()));
    }
    if choices.ratio(1, 4)? {
        let prefix = *choices.choose(&["RateLimit", "RateLimit-User"])?;
        let remaining = *choices.choose(&[5_000, 1_400, 1_270, 60, 0, -20])?;
        let reset = *choices.choose(&[300, 0, 3_600, -5])?;
        for (field, value) in [("Limit", 5_000), ("Remaining", remaining), ("Reset", reset)] {
            headers.push((format!("{prefix}-{field}"), value.to_string()));
        }
    }
    Ok(headers)
}

fn shown(row: &Option<u8>) -> Row<'static> {
    row.map_or(Row::Null, |number| Row::Event {
        number: number.into(),
        kind: if number % 8 == 7 { "Y" } else { "X" },
        at: at(number).to_string(),
    })
}
