//! The shape of the answer's JSON: one pass over the events, null and absent told apart.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::json::{Members, items};
use crate::record::Row;

/// What a GraphQL error says (GraphQL specification, section 7.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The remote's words.
    pub message: String,
    /// Whether it names a place in the query or a code for what is wrong with it.
    pub is_about_the_query: bool,
}

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

#[derive(Deserialize)]
struct Edge {
    node: Option<Row>,
}

#[derive(Deserialize)]
struct RawConnection<'a> {
    edges: Option<Vec<Option<Edge>>>,
    #[serde(borrow, rename = "pageInfo")]
    page_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Organization<'a> {
    #[serde(borrow)]
    permissions: Option<&'a RawValue>,
    #[serde(borrow, rename = "auditEvents", default, deserialize_with = "some")]
    audit_events: Option<Option<RawConnection<'a>>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default, deserialize_with = "some")]
    organization: Option<Option<Organization<'a>>>,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
}

/// A page of events as it came.
pub struct Connection {
    /// The events, newest first; none for a null node or edge.
    pub rows: Vec<Option<Row>>,
    /// Where the next page begins.
    pub end_cursor: Option<String>,
    /// Whether there is one.
    pub has_next: bool,
}

/// The whole answer.
pub struct Envelope<'a> {
    data: Option<Data<'a>>,
    /// The errors, none if there are none.
    pub failures: Vec<Failure>,
}

/// Present, even as null, is not absent.
fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

fn shape(what: &str) -> Error {
    Error::Protocol(format!("the answer has no known shape: {what}"))
}

impl<'a> Envelope<'a> {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`Error::Transient`] if it is no JSON object (a proxy's page, a truncated body), [`Error::Protocol`] if it is
    /// one of another shape.
    pub fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let no_json = |why: &str| Error::Transient(format!("the answer is no JSON object ({why})"));
        let text = std::str::from_utf8(body).map_err(|_| no_json("not UTF-8"))?;
        if !text.trim_start().starts_with('{') {
            return Err(no_json("it begins otherwise"));
        }
        let raw: Raw = serde_json::from_str(text).map_err(|why| match why.classify() {
            serde_json::error::Category::Data => shape(&why.to_string()),
            _ => no_json(&why.to_string()),
        })?;
        Ok(Self {
            data: raw.data,
            failures: raw.errors.map(|raw| failures(raw.get())).unwrap_or_default(),
        })
    }

    /// Whether the query was executed at all.
    pub fn has_data(&self) -> bool {
        self.data.is_some()
    }

    /// The permission, if the answer shows it.
    pub fn view(&self) -> Option<View> {
        let organization = self.data.as_ref()?.organization.as_ref()?.as_ref()?;
        let view = Members::parse(organization.permissions?.get())?.take("auditEventsView")?;
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
        let data = self.data.ok_or_else(|| shape("data is missing"))?;
        let Some(organization) =
            data.organization.ok_or_else(|| shape("organization is missing"))?
        else {
            return Ok(None);
        };
        let events = organization.audit_events.ok_or_else(|| shape("auditEvents is missing"))?;
        let Some(events) = events else { return Ok(Some(None)) };
        let edges = events.edges.ok_or_else(|| shape("auditEvents.edges is null"))?;
        let info = events.page_info.and_then(|info| Members::parse(info.get()));
        let mut info = info.ok_or_else(|| shape("auditEvents.pageInfo is no object"))?;
        let has_next = match info.take("hasNextPage") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(shape("pageInfo.hasNextPage is neither true nor false")),
        };
        let rows = edges.into_iter().map(|edge| edge.and_then(|edge| edge.node)).collect();
        Ok(Some(Some(Connection { rows, end_cursor: info.text("endCursor"), has_next })))
    }
}
