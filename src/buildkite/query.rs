//! Ask → request: the GraphQL document, its variables and the headers. The document has no fragments on `actor.node` or
//! `subject.node`, whose union members come and go, and every enum is handled as text.

use crate::ask::Ask;
use crate::settings::Config;
use crate::text::object::{Object, push_string};

/// The only document that is ever sent.
pub const DOCUMENT: &str = include_str!("query.graphql");

/// An HTTP `POST` request to the configured endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The headers, without `Authorization`, which the shell adds from the token.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in JSON.
    pub body: String,
}

/// Returns the HTTP request for an ask.
pub fn request(config: &Config, ask: &Ask) -> Request {
    let mut body = String::with_capacity(2 * DOCUMENT.len());
    match config.endpoint.portal() {
        Some(_) => variables(&mut body, config, ask),
        None => {
            let mut object = Object::open(&mut body);
            object.text("query", DOCUMENT);
            variables(object.member("variables"), config, ask);
            object.close();
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    Request {
        headers: vec![
            ("accept", "application/json".into()),
            ("accept-encoding", "identity".into()),
            ("content-length", body.len().to_string()),
            ("content-type", "application/json".into()),
            ("user-agent", format!("buildkite-audit-logs/{version}")),
        ],
        body,
    }
}

/// Writes the variables. They are all that is sent to a portal, which holds the document itself.
fn variables(out: &mut String, config: &Config, ask: &Ask) {
    let mut variables = Object::open(out);
    variables.text("slug", &config.org_slug);
    variables.number("first", ask.first.into());
    let times = [("from", ask.from), ("to", ask.to)]
        .map(|(name, time)| (name, time.map(|time| time.to_string())));
    let [from, to] = times;
    for (name, value) in [("after", ask.after.clone()), from, to] {
        if let Some(value) = value {
            variables.text(name, &value);
        }
    }
    let mut types = config.event_types.clone();
    types.retain(|name| !ask.without.contains(name));
    // Only a check leaves out all of them. An empty list might mean none or all.
    if !types.is_empty() {
        variables.list("types", &types, |out, name| push_string(out, name));
    }
    variables.close();
}
