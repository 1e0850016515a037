//! The contents of the answer's JSON: errors, permission and events. The pass over the JSON itself is in `body`.

use crate::buildkite::body::Body;
use crate::buildkite::place::{Place, Seen};
use crate::buildkite::record::{Missing, Row};
use crate::error::Error;
use crate::text::json::{Members, items};

/// A GraphQL error (GraphQL specification, section 7.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The remote's message.
    pub message: String,
    /// Whether the error names a location in the query or an error code, so the query itself is wrong.
    pub is_about_the_query: bool,
}

/// Maximum size of a list of errors. One error takes a few hundred bytes.
const ERRORS_BYTES_MAX: usize = 1024 * 1024;

/// Reads a list of errors. An error of another shape is quoted as it is.
pub fn failures(raw: &str) -> Vec<Failure> {
    let read = |item: &str| {
        let mut error = Members::parse(item).unwrap_or_default();
        Failure {
            message: error.text("message").unwrap_or_else(|| item.to_owned()),
            is_about_the_query: error.take("locations").is_some()
                || error.take("extensions").is_some(),
        }
    };
    if raw.len() > ERRORS_BYTES_MAX {
        return vec![read("the list of errors is larger than 1 MiB")];
    }
    match items(raw) {
        Some(errors) => errors.into_iter().map(read).collect(),
        None => vec![read(raw)],
    }
}

/// The permission to see audit events.
#[derive(Debug, Clone)]
pub struct View {
    /// Whether it is granted.
    pub allowed: bool,
    /// Why it is not granted: code and message.
    pub why: String,
}

/// A page of events, as received.
pub struct Connection {
    /// The events, or the reason why one cannot be delivered.
    pub rows: Vec<Result<Row, Missing>>,
    /// Where the next page begins.
    pub end_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// The whole answer.
pub struct Envelope<'a> {
    body: Body<'a>,
    /// The errors. Empty if there are none.
    pub failures: Vec<Failure>,
}

fn shape(what: &str) -> Error {
    Error::Protocol(["the answer has an unknown shape: ", what].concat())
}

impl<'a> Envelope<'a> {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Transient`] if the body is not a JSON object (a proxy's page, a truncated body), and
    /// [`Error::Protocol`] if it is a JSON object of another shape.
    pub fn parse(text: &'a [u8]) -> Result<Self, Error> {
        // Validated once for the whole body, or the parser would validate each string again.
        let body = match std::str::from_utf8(text) {
            Ok(text) if text.trim_ascii_start().starts_with('{') => Body::read(text),
            Ok(_) => Err("it does not start with {".to_owned()),
            Err(_) => Err("it is not UTF-8".to_owned()),
        };
        let body = body.map_err(|why| {
            Error::Transient(["the answer is not a JSON object (", &why, ")"].concat())
        })?;
        if let Some(wrong) = &body.wrong {
            return Err(shape(wrong));
        }
        let failures = body.errors.map(failures).unwrap_or_default();
        Ok(Self { body, failures })
    }

    /// Returns whether the query was executed at all.
    pub fn has_data(&self) -> bool {
        self.body.has_data()
    }

    /// Returns the permission, if the answer shows it.
    pub fn view(&self) -> Option<View> {
        let view = Members::parse(self.body.permissions?)?.take("auditEventsView")?;
        let mut view = Members::parse(view)?;
        let why: Vec<String> =
            [view.text("code"), view.text("message")].into_iter().flatten().collect();
        Some(View { allowed: view.take("allowed") == Some("true"), why: why.join(": ") })
    }

    /// Returns the events: `None` if the organization is null, `Some(None)` if the connection is null.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Protocol`] for anything else that is missing or null, since null is never read as "no events".
    pub fn organization(self) -> Result<Option<Option<Connection>>, Error> {
        let body = self.body;
        match body.seen(Place::Organization) {
            Seen::Absent if !body.has_data() => return Err(shape("data is missing")),
            Seen::Absent => return Err(shape("organization is missing")),
            Seen::Null => return Ok(None),
            Seen::Present => {}
        }
        match body.seen(Place::Events) {
            Seen::Absent => return Err(shape("auditEvents is missing")),
            Seen::Null => return Ok(Some(None)),
            Seen::Present => {}
        }
        if body.seen(Place::Edges) != Seen::Present {
            return Err(shape("auditEvents.edges is null"));
        }
        let info = body.page_info.and_then(Members::parse);
        let mut info = info.ok_or_else(|| shape("auditEvents.pageInfo is not an object"))?;
        let has_next = match info.take("hasNextPage") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(shape("pageInfo.hasNextPage is neither true nor false")),
        };
        Ok(Some(Some(Connection { rows: body.rows, end_cursor: info.text("endCursor"), has_next })))
    }
}
