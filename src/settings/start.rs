//! Where history begins, as an operator writes it: a time in the past, or a message about what is wrong with it.

use crate::error::short;
use crate::text::time::{Millis, SECOND_MS, instant_ms};

/// How far ahead of the host's clock a start may lie: five minutes, to allow for clock differences.
const FUTURE_MS_MAX: i64 = 5 * 60 * SECOND_MS;
/// Maximum number of characters of a wrong value that are shown.
const SHORT: usize = 60;
/// What completes a time that lacks only this part.
const MISSING: [(&str, &str); 2] = [("no zone", "Z"), ("no time of day", "T00:00:00Z")];

/// A valid start.
pub const EXAMPLE: &str = "2026-01-31T00:00:00Z";

/// Parses a start. `now` is needed to refuse one in the future.
///
/// # Errors
///
/// Returns what is wrong with it and what to write.
pub fn parse(text: &str, now: Millis) -> Result<Millis, String> {
    let shown = short(text, SHORT);
    let refused = |why: &str, help: &str| Err(["\"", &shown, "\" ", why, "; ", help].concat());
    let like = ["write it like ", EXAMPLE].concat();
    match instant_ms(text) {
        Some(ms) if ms - now.get() > FUTURE_MS_MAX => refused(
            &format!("is in the future (it is {now} now)"),
            "use a past time, or leave it out to get new events only",
        ),
        Some(..0) => refused("is before 1970", &like),
        Some(ms) => Ok(Millis::new(ms)),
        None if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            refused("is a number, not a date", &like)
        }
        None => {
            for (what, rest) in MISSING {
                let whole = [&shown, rest].concat();
                if instant_ms(&whole).is_some() {
                    return refused(&["has ", what].concat(), &["write ", &whole].concat());
                }
            }
            refused("is not a valid RFC 3339 time with a zone", &like)
        }
    }
}
