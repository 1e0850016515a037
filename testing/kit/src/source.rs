//! A source, and one call of it.

use buildkite_audit_logs::buildkite::response::Exchange;
use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::source::{Batch, Source, Turn};
use buildkite_audit_logs::text::time::Millis;

use crate::asked::Asked;

/// The token of every source, as the fixtures quote it.
pub const TOKEN: &str = "bkua_fixture_0123";

/// Configures a source.
///
/// # Errors
///
/// Returns the error of [`Source::configure`].
pub fn configure(settings: &str, checkpoint: Option<&str>, now: Millis) -> Result<Source, Error> {
    let secrets = [("api_token".to_owned(), TOKEN.to_owned())];
    Source::configure(settings, &secrets, checkpoint, now)
}

/// Reads a batch. `answer` answers the request, if there is one.
///
/// # Errors
///
/// Returns the error of the call.
pub fn read(
    source: &mut Source,
    records_max: u32,
    now: Millis,
    answer: impl FnOnce(&Asked) -> Exchange,
) -> Result<Batch, Error> {
    match source.read_batch(records_max, now) {
        Turn::Done(batch) => Ok(batch),
        Turn::Send(call) => {
            let exchange = answer(&Asked::read(&call.request().body));
            call.receive(exchange, now)
        }
    }
}
