//! Response → what it means. The rows of the table are tested in one fixed order, and null is never read as "no events".

use crate::ask::Ask;
use crate::buildkite::envelope::{self, Connection, Envelope};
use crate::buildkite::headers::header;
use crate::buildkite::quota::Quota;
use crate::buildkite::record::{Missing, Row};
pub use crate::buildkite::refusal::{Refusal, Stage};
use crate::buildkite::refusal::{at, denied, refused, said};
use crate::buildkite::response::{Exchange, Failure, Later, Response};
use crate::error::Error;
use crate::settings::Config;
use crate::text::time::Millis;

/// Longest cursor that is kept; Buildkite's have less than a hundred characters.
const CURSOR_BYTES_MAX: usize = 4_096;

/// One page of events, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The events, or why one cannot be handed out.
    pub rows: Vec<Result<Row, Missing>>,
    /// Where the next page begins.
    pub end_cursor: Option<String>,
    /// Whether the remote says that there is one.
    pub has_next: bool,
}

/// An answer, read once: nothing behind this value sees its status, headers or body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it means.
    pub what: What,
    /// What it says of the rate limits.
    pub quota: Quota,
    /// The server's time when the request was sent, by its `Date`; none: it has no usable one.
    pub sent_at: Option<Millis>,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Events.
    Page(Page),
    /// The page is too heavy: ask for fewer events. Holds what to say when it cannot be smaller.
    Smaller(Error),
    /// The cursor is refused: go on by time. Holds the remote's words.
    BadCursor(String),
    /// These types are not known: ask without them.
    UnknownTypes(Vec<String>),
    /// The rate limit is exceeded: ask again later.
    Later(Later),
}

/// Reads the end of a request; `now` is the host's time.
///
/// # Errors
///
/// [`Refusal`] for every answer that brings the sync no further; it moves nothing.
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
        504 => What::Smaller(Error::Transient(format!("HTTP 504{}", said(config, &response)))),
        status => return Err(refused(config, status, &response)),
    };
    Ok(Answer { what, quota, sent_at: response.sent_at(now) })
}

/// What it means that there is no answer.
fn absent(config: &Config, failure: Failure) -> Result<What, Refusal> {
    let transient = |why: &str| Error::Transient(config.token.quote(why));
    match failure {
        Failure::TooLarge => {
            let why = "a body of more than 16 MiB for a single event";
            Ok(What::Smaller(Error::Protocol(why.into())))
        }
        Failure::Network(why) => Err(at(Stage::Endpoint, transient(&why))),
        Failure::Tls(why) => Err(at(Stage::Tls, transient(&why))),
        Failure::Denied(why) => Err(at(Stage::Endpoint, denied(config, &why))),
    }
}

/// A 200: encoding, JSON, permission, errors, organization, connection, in this order.
fn body(config: &Config, ask: &Ask, response: &Response) -> Result<What, Refusal> {
    let answer = |error| at(Stage::Answer, error);
    if let Some(encoding) =
        header(&response.headers, "content-encoding").filter(|name| *name != "identity")
    {
        let encoding = config.token.quote(encoding);
        let why = format!("the answer is encoded as \"{encoding}\", though identity was asked for");
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
        // The remote's own words, if it has any, tell more than ours.
        let why = ["the answer has no data", &said(config, response)].concat();
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
        "Buildkite does not show the audit log of {} to this token's user ({}); possible causes are that the user is not an \
         administrator of the organization, or that the organization's plan has no audit log (it needs Enterprise)",
        config.org_slug,
        config.token.quote(why)
    ))
}

fn not_visible(config: &Config) -> Error {
    Error::Unauthorized(format!(
        "organization {} was not found, or is not visible to this token; check org_slug, and that the token has the \
         organization ticked under Organization Access",
        config.org_slug
    ))
}

/// A 200 with `errors`: data beside them is never used.
fn failed(
    config: &Config,
    ask: &Ask,
    failure: &envelope::Failure,
    has_data: bool,
) -> Result<What, Refusal> {
    let said = ["Buildkite answered \"", &config.token.quote(&failure.message), "\""].concat();
    if mentions(&failure.message, "complexity") {
        return Ok(What::Smaller(Error::Protocol(said)));
    }
    if mentions(&failure.message, "cursor") && ask.after.is_some() {
        return Ok(What::BadCursor(said));
    }
    // The words name what is wrong in quotation marks, and what is known without.
    let is_named = |name: &&String| mentions(&failure.message, &["\"", name, "\""].concat());
    let asked = config.event_types.iter().filter(|name| !ask.without.contains(name));
    let unknown: Vec<String> = asked.filter(is_named).cloned().collect();
    if !unknown.is_empty() && !has_data {
        return Ok(What::UnknownTypes(unknown));
    }
    // A query that was not executed has no `data`, and says where it is wrong (GraphQL specification, section 7.1).
    let error = match !has_data && failure.is_about_the_query {
        true => Error::Protocol(said),
        false => Error::Transient(said),
    };
    Err(at(Stage::Answer, error))
}

/// Whether a text holds this word, in whatever case.
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
