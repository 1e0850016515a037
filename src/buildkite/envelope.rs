//! What the answer's JSON holds: its errors, the permission and the events. The walk over it is in `body`.

use crate::buildkite::place::{Place, Seen};
use crate::buildkite::record::{Missing, Row};
use crate::buildkite::walk::Body;
use crate::error::Error;
use crate::text::json::{Members, items};

/// What a GraphQL error says (GraphQL specification, section 7.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The remote's words.
    pub message: String,
    /// Whether it names a place in the query or a code for what is wrong with it.
    pub is_about_the_query: bool,
}

/// Longest list of errors that is taken apart; one has a few hundred bytes.
const ERRORS_BYTES_MAX: usize = 1024 * 1024;

/// Reads a list of errors; what is none of the known shape is quoted as it is.
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
        return vec![read("far too many errors")];
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
    /// Why not: code and words.
    pub why: String,
}

/// A page of events as it came.
pub struct Connection {
    /// The events, newest first, or why one cannot be handed out.
    pub rows: Vec<Result<Row, Missing>>,
    /// Where the next page begins.
    pub end_cursor: Option<String>,
    /// Whether there is one.
    pub has_next: bool,
}

/// The whole answer.
pub struct Envelope<'a> {
    body: Body<'a>,
    /// The errors, none if there are none.
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
    /// [`Error::Transient`] if it is no JSON object (a proxy's page, a truncated body), [`Error::Protocol`] if it is
    /// one of another shape.
    pub fn parse(text: &'a [u8]) -> Result<Self, Error> {
        // Once for all of it: the parser would look at each text again.
        let body = match std::str::from_utf8(text) {
            Ok(text) if text.trim_ascii_start().starts_with('{') => Body::read(text),
            Ok(_) => Err("it begins otherwise".to_owned()),
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

    /// Whether the query was executed at all.
    pub fn has_data(&self) -> bool {
        self.body.has_data()
    }

    /// The permission, if the answer shows it.
    pub fn view(&self) -> Option<View> {
        let view = Members::parse(self.body.permissions?)?.take("auditEventsView")?;
        let mut view = Members::parse(view)?;
        let why: Vec<String> =
            [view.text("code"), view.text("message")].into_iter().flatten().collect();
        Some(View { allowed: view.take("allowed") == Some("true"), why: why.join(": ") })
    }

    /// The events: none for an organization that is null, `Some(None)` for a connection that is null.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] for whatever is absent or null beyond that: null is never read as "no events".
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
