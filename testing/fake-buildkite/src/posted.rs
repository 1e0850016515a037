//! Parses the body of a request: a query with its variables or, for a portal, the variables of the query stored there.

use std::sync::Arc;

use apollo_compiler::response::{JsonMap, JsonValue};
use bytes::Bytes;
use http::{HeaderValue, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::AnswerBody;
use crate::options::{Options, PORTAL, Quirks};

/// Where a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The API, which accepts any query.
    GraphQl,
    /// The only portal, which stores the connector's query.
    Portal,
    /// A portal that does not exist.
    UnknownPortal,
}

impl Route {
    pub fn of(options: &Options, path: &str) -> Self {
        match path.strip_prefix("/organizations/").and_then(|rest| rest.split_once("/portals/")) {
            Some((slug, PORTAL)) if slug == options.slug => Self::Portal,
            Some(_) => Self::UnknownPortal,
            None => Self::GraphQl,
        }
    }
}

/// The body of a GraphQL request.
#[derive(Deserialize)]
pub(crate) struct Posted {
    query: String,
    #[serde(default)]
    variables: Value,
    #[serde(default, rename = "operationName")]
    pub operation_name: Option<String>,
}

impl Posted {
    /// Parses a body; returns `None` if it is not understood.
    pub fn read(route: Route, options: &Options, body: &[u8]) -> Option<Self> {
        match route {
            Route::GraphQl => serde_json::from_slice(body).ok(),
            Route::Portal => Some(Self {
                query: options.query.clone(),
                variables: serde_json::from_slice(body).ok().filter(Value::is_object)?,
                operation_name: None,
            }),
            Route::UnknownPortal => None,
        }
    }

    pub fn query(&self) -> Arc<str> {
        self.query.as_str().into()
    }

    /// Returns the variables, which may be sent as JSON or as JSON in a string; Buildkite's own examples do both.
    pub fn variables(&self) -> Value {
        match &self.variables {
            Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            other => other.clone(),
        }
    }
}

pub(crate) fn object(variables: &Value) -> JsonMap {
    match JsonValue::from(variables.clone()) {
        JsonValue::Object(map) => map,
        _ => JsonMap::new(),
    }
}

/// Turns an answer into a portal's answer: its rate limit counts only requests, and the result may lack the `data`
/// wrapper.
pub(crate) fn as_portal(
    response: &mut Response<AnswerBody>,
    quirks: Quirks,
    limits: [(&'static str, String); 4],
) {
    let headers = response.headers_mut();
    let points = ["user-remaining", "user-limit", "user-reset", "user-scope"];
    let complexity = ["complexity-requested", "complexity-actual"];
    for name in points.into_iter().chain(complexity) {
        headers.remove(format!("ratelimit-{name}"));
    }
    for (name, value) in limits {
        headers
            .insert(name, HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("0")));
    }
    if let (AnswerBody::Whole(Some(body)), false) = (response.body(), quirks.wrapped_portal) {
        let mut all = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
        if all["errors"].is_null() && !all["data"].is_null() {
            let bare = Bytes::from(all["data"].take().to_string());
            *response.body_mut() = AnswerBody::Whole(Some(bare));
        }
    }
}
