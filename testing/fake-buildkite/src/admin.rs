//! Routes for tests and people, which Buildkite does not have: the truth, and new events.

use std::sync::Arc;

use http::Response;
use serde_json::Value;

use crate::answer::{AnswerBody, JSON, answer};
use crate::engine::error_body;
use crate::world::World;

/// Maximum number of events added by one `POST /events`.
const ADD_MAX: u64 = 100_000;

pub(crate) fn truth(world: &Arc<World>) -> Response<AnswerBody> {
    let keys = world.store().all().into_iter();
    let mut response = answer(200, "application/x-ndjson", Vec::new());
    *response.body_mut() = AnswerBody::Truth { world: Arc::clone(world), keys };
    response
}

/// Handles `POST /events?n=K&at_us=T`: adds K events (1 by default) that occur now or at that microsecond.
pub(crate) fn add(world: &World, query: &str) -> Response<AnswerBody> {
    let value = |name: &str| {
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)
    };
    let count = value("n").map_or(Ok(1), |(_, text)| text.parse::<u64>());
    let at_us = value("at_us").map(|(_, text)| text.parse::<i64>()).transpose();
    match (count, at_us) {
        (Ok(count), Ok(at_us)) if count <= ADD_MAX => {
            let uuids = Value::from(world.add(count, at_us));
            answer(200, JSON, uuids.to_string().into_bytes())
        }
        _ => answer(
            400,
            JSON,
            error_body(&format!("n must be a number up to {ADD_MAX}, and at_us a number")),
        ),
    }
}
