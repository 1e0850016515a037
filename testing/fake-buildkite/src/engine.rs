//! Executes GraphQL: parses, validates, computes the cost, runs. Knows nothing about HTTP or rate limits.

use std::sync::Arc;

use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::Execution;
use apollo_compiler::response::{GraphQLError, JsonMap};
use serde::Serialize;

use crate::complexity;
use crate::resolve::Root;
use crate::schema::{IMPLEMENTERS, SCHEMA};
use crate::world::World;

/// The prefix that the engine adds to the message of a resolver's error. Buildkite's engine adds none.
const RESOLVER_PREFIX: &str = "resolver error: ";

/// One GraphQL request.
pub(crate) struct Request {
    pub query: Arc<str>,
    pub operation_name: Option<String>,
    pub variables: JsonMap,
    /// Whether to include the points in the body too (`Buildkite-Include-Query-Stats`).
    pub include_stats: bool,
}

/// The body of an answer with status 200, and what it cost.
pub(crate) struct Outcome {
    pub body: Vec<u8>,
    pub requested: i64,
    pub actual: i64,
}

#[derive(Serialize)]
struct Body {
    // Absent, not null, when nothing was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Option<JsonMap>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<GraphQLError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<Stats>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    requested_complexity: i64,
    actual_complexity: i64,
}

/// Answers a request. Errors are reported in the body.
pub(crate) fn answer(world: &World, request: &Request) -> Outcome {
    let mut requested = 0;
    match execute(world, request, &mut requested) {
        Ok((data, errors)) => {
            let actual = data.as_ref().map_or(0, complexity::actual);
            let stats = request
                .include_stats
                .then_some(Stats { requested_complexity: requested, actual_complexity: actual });
            Outcome { body: bytes(&Body { data: Some(data), errors, stats }), requested, actual }
        }
        Err(errors) => {
            Outcome { body: bytes(&Body { data: None, errors, stats: None }), requested, actual: 0 }
        }
    }
}

/// Returns a body that contains only this error message.
pub(crate) fn error_body(message: &str) -> Vec<u8> {
    bytes(&Body { data: None, errors: vec![error(message)], stats: None })
}

type Executed = (Option<JsonMap>, Vec<GraphQLError>);

fn execute(
    world: &World,
    request: &Request,
    requested: &mut i64,
) -> Result<Executed, Vec<GraphQLError>> {
    let document = world.documents.parsed(&request.query)?;
    let refuse = |error: apollo_compiler::request::RequestError| {
        vec![error.to_graphql_error(&document.sources)]
    };
    let name = request.operation_name.as_deref();
    let operation = document.operations.get(name).map_err(refuse)?;
    let variables =
        coerce_variable_values(&SCHEMA, operation, &request.variables).map_err(refuse)?;
    *requested = complexity::requested(&document, operation, &variables)
        .map_err(|message| vec![error(&message)])?;
    if let Some(message) = complexity::too_much(*requested) {
        return Err(vec![error(&message)]);
    }
    let response = Execution::new(&SCHEMA, &document)
        .operation(operation)
        .implementers_map(&IMPLEMENTERS)
        .coerced_variable_values(&variables)
        .enable_schema_introspection(true)
        .execute_sync(&Root { world })
        .map_err(refuse)?;
    let mut errors = response.errors;
    for error in &mut errors {
        if let Some(message) = error.message.strip_prefix(RESOLVER_PREFIX) {
            error.message = message.to_owned();
        }
    }
    Ok((response.data, errors))
}

fn error(message: &str) -> GraphQLError {
    GraphQLError {
        message: message.to_owned(),
        locations: Vec::new(),
        path: Vec::new(),
        extensions: JsonMap::new(),
    }
}

fn bytes(body: &Body) -> Vec<u8> {
    serde_json::to_vec(body).expect("maps with string keys and finite numbers always serialize")
}
