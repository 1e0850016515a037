//! Response → what it means. Its cases are checked in a fixed order, and null is never read as "no events".

use crate::ask::Ask;
use crate::buildkite::envelope::{self, Connection, Envelope};
use crate::buildkite::headers::header;
use crate::buildkite::quota::Quota;
use crate::buildkite::record::{Missing, Row};
pub use crate::buildkite::refusal::{Refusal, Stage};
use crate::buildkite::refusal::{at, denied, quoted_message, refused};
use crate::buildkite::response::{Exchange, Failure, Later, Response};
use crate::error::Error;
use crate::settings::Config;
use crate::text::time::Millis;

/// Maximum length of a cursor that is kept. Buildkite's have fewer than a hundred characters.
const CURSOR_BYTES_MAX: usize = 4_096;

/// One page of events, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The events, or the reason why one cannot be delivered.
    pub rows: Vec<Result<Row, Missing>>,
    /// Where the next page begins.
    pub end_cursor: Option<String>,
    /// Whether the remote says that there is a next page.
    pub has_next: bool,
}

/// An answer, read once. Later stages do not see its status, headers or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the answer means.
    pub what: What,
    /// What the answer says about the rate limits.
    pub quota: Quota,
    /// The server's time when the request was sent, computed from `Date`. `None` if the answer has no usable `Date`.
    pub sent_at: Option<Millis>,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A page of events.
    Page(Page),
    /// The page is too heavy: ask for fewer events. Holds the error for a page that cannot be smaller.
    Smaller(Error),
    /// The cursor was refused: continue by time. Holds the remote's message.
    BadCursor(String),
    /// The remote does not know these types: ask without them.
    UnknownTypes(Vec<String>),
    /// The rate limit was exceeded: ask again later.
    Later(Later),
}

/// Interprets the outcome of a request. `now` is the host's time.
///
/// # Errors
///
/// Returns a [`Refusal`] for every answer that does not advance the sync. It does not change the state.
pub fn answer(
    config: &Config,
    ask: &Ask,
    exchange: Exchange,
    now: Millis,
) -> Result<Answer, Refusal> {
    let response = match exchange {
        Ok(response) => response,
        Err(failure) => {
            let what = absent(config, failure)?;
            return Ok(Answer { what, quota: Quota::default(), sent_at: None });
        }
    };
    let quota = Quota::read(&response.headers);
    let what = match response.status {
        200 => body(config, ask, &response)?,
        429 => What::Later(response.later(&quota)),
        504 => What::Smaller(Error::Transient(format!(
            "HTTP 504{}",
            quoted_message(config, &response)
        ))),
        status => return Err(refused(config, status, &response)),
    };
    Ok(Answer { what, quota, sent_at: response.sent_at(now) })
}

/// Interprets the absence of an answer.
fn absent(config: &Config, failure: Failure) -> Result<What, Refusal> {
    let transient = |why: &str| Error::Transient(config.token.quote(why));
    match failure {
        Failure::TooLarge => {
            let why = "the answer for a single event is larger than 16 MiB";
            Ok(What::Smaller(Error::Protocol(why.into())))
        }
        Failure::Network(why) => Err(at(Stage::Endpoint, transient(&why))),
        Failure::Tls(why) => Err(at(Stage::Tls, transient(&why))),
        Failure::Denied(why) => Err(at(Stage::Endpoint, denied(config, &why))),
    }
}

/// Interprets a 200. Checks encoding, JSON, permission, errors, organization and connection, in this order.
fn body(config: &Config, ask: &Ask, response: &Response) -> Result<What, Refusal> {
    let answer = |error| at(Stage::Answer, error);
    if let Some(encoding) =
        header(&response.headers, "content-encoding").filter(|name| *name != "identity")
    {
        let encoding = config.token.quote(encoding);
        let why =
            format!("the answer has content-encoding \"{encoding}\", but identity was requested");
        return Err(answer(Error::Protocol(why)));
    }
    let envelope = Envelope::parse(&response.body).map_err(answer)?;
    if let Some(view) = envelope.view().filter(|view| !view.allowed) {
        return Err(at(Stage::Permission, no_audit_log(config, &view.why)));
    }
    if let Some(failure) = envelope.failures.first() {
        return failed(config, ask, failure, envelope.has_data());
    }
    if !envelope.has_data() {
        // The remote's own message, if any, is more useful.
        let why = ["the answer has no data", &quoted_message(config, response)].concat();
        return Err(answer(Error::Protocol(why)));
    }
    match envelope.organization().map_err(answer)? {
        None => Err(at(Stage::Organization, not_visible(config))),
        Some(None) => Err(at(Stage::Permission, no_audit_log(config, "auditEvents is null"))),
        Some(Some(connection)) => Ok(What::Page(page(connection))),
    }
}

fn no_audit_log(config: &Config, why: &str) -> Error {
    Error::Unauthorized(format!(
        "Buildkite does not show the audit log of {} to this token's user ({}); check that the user is an \
         administrator of the organization, and that its plan includes the audit log (Enterprise)",
        config.org_slug,
        config.token.quote(why)
    ))
}

fn not_visible(config: &Config) -> Error {
    Error::Unauthorized(format!(
        "organization {} was not found, or is not visible to this token; check org_slug, and that the \
         organization is selected under Organization Access of the token",
        config.org_slug
    ))
}

/// Interprets a 200 with `errors`. Any data alongside them is ignored.
fn failed(
    config: &Config,
    ask: &Ask,
    failure: &envelope::Failure,
    has_data: bool,
) -> Result<What, Refusal> {
    let quote = ["Buildkite answered \"", &config.token.quote(&failure.message), "\""].concat();
    if mentions(&failure.message, "complexity") {
        return Ok(What::Smaller(Error::Protocol(quote)));
    }
    if mentions(&failure.message, "cursor") && ask.after.is_some() {
        return Ok(What::BadCursor(quote));
    }
    // Buildkite's message puts what is wrong in quotation marks, and lists what is known without them.
    let is_named = |name: &&String| mentions(&failure.message, &["\"", name, "\""].concat());
    let asked = config.event_types.iter().filter(|name| !ask.without.contains(name));
    let unknown: Vec<String> = asked.filter(is_named).cloned().collect();
    if !unknown.is_empty() && !has_data {
        return Ok(What::UnknownTypes(unknown));
    }
    // A query that was not executed has no `data`, and its error says where the query is wrong (GraphQL specification,
    // section 7.1).
    let error = match !has_data && failure.is_about_the_query {
        true => Error::Protocol(quote),
        false => Error::Transient(quote),
    };
    Err(at(Stage::Answer, error))
}

/// Returns whether a text contains this word, ignoring case.
fn mentions(text: &str, word: &str) -> bool {
    let word = word.as_bytes();
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

fn page(connection: Connection) -> Page {
    let usable = |cursor: &String| !cursor.is_empty() && cursor.len() <= CURSOR_BYTES_MAX;
    Page {
        rows: connection.rows,
        end_cursor: connection.end_cursor.filter(usable),
        has_next: connection.has_next,
    }
}
