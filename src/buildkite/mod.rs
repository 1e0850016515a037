//! Requests to Buildkite and its answers: GraphQL over HTTP, as values.

pub mod headers;

pub mod quota;

pub mod query;

pub mod response;

pub mod record;

mod place;

mod body;

pub mod envelope;

pub mod refusal;

pub mod answer;
