//! Answers HTTP requests: decides the route, the token, the fault and the status.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use serde_json::Value;

use crate::admin::{add, truth};
use crate::answer::{AnswerBody, JSON, answer, plain, set_common, set_extra};
use crate::breach::Breach;
use crate::damage::{drip, fill, reset, truncate};
use crate::engine::{self, error_body};
use crate::fault::Fault;
use crate::grants::{UNAUTHORIZED, access_token, authorization, mint};
use crate::lock::lock;
use crate::posted::{Posted, Route, as_portal, object};
use crate::seen::{Authorization, Seen};
use crate::world::World;

/// Maximum size of a request body in bytes. A connector's query has a few kB.
const REQUEST_BYTES_MAX: usize = 1 << 20;

const WITHOUT_GRAPHQL: &str = "Your access token doesn't have the graphql scope";

/// Answers one request.
///
/// # Errors
///
/// Returns only injected errors. An error closes the connection without an answer.
pub(crate) async fn handle<B>(
    world: Arc<World>,
    request: Request<B>,
) -> io::Result<Response<AnswerBody>>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    match (&parts.method, path) {
        (&Method::GET, "/truth") => return Ok(truth(&world)),
        (&Method::GET, "/v2/access-token") => return Ok(access_token(&world, &parts.headers)),
        (&Method::POST, "/events") => return Ok(add(&world, parts.uri.query().unwrap_or(""))),
        (&Method::POST, _) => {}
        _ => {
            let mut response = plain(&world, 405, &error_body("All requests must be HTTP POST"));
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return Ok(response);
        }
    }
    match Limited::new(body, REQUEST_BYTES_MAX).collect().await {
        Ok(body) if path == "/oauth/token" || path.ends_with("/tokens") => {
            Ok(mint(&world, path, &parts.headers, &body.to_bytes()))
        }
        Ok(body) => graphql(&world, path, &parts.headers, &body.to_bytes()).await,
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Ok(plain(&world, 413, &error_body("The request is too large")))
        }
        Err(error) => Err(io::Error::other(error)),
    }
}

async fn graphql(
    world: &World,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> io::Result<Response<AnswerBody>> {
    let at_ms = world.now_ms();
    let number = lock(&world.log).number();
    let route = Route::of(&world.options, path);
    let posted = Posted::read(route, &world.options, body);
    let variables = posted.as_ref().map_or(Value::Null, Posted::variables);
    let authorization = authorization(world, headers, at_ms);
    let query: Arc<str> = posted.as_ref().map_or_else(|| "".into(), Posted::query);
    let fault = world.options.fault.as_ref().map_or(Fault::None, |hook| hook(number, &variables));

    let mut result = match &fault {
        _ if route == Route::UnknownPortal => {
            Ok(Some((plain(world, 404, &error_body("No portal found")), 0)))
        }
        Fault::CloseBeforeHeaders => Err(io::Error::from(Breach::Close)),
        Fault::ResetBeforeHeaders => Err(io::Error::from(Breach::Reset)),
        Fault::Raw(bytes) => Err(io::Error::from(Breach::Raw(bytes.clone()))),
        Fault::Hang => Ok(None),
        Fault::Status { status, headers, body } => {
            let mut response = plain(world, *status, body.as_bytes());
            set_extra(response.headers_mut(), headers);
            Ok(Some((response, 0)))
        }
        _ => {
            let request = posted.map(|posted| engine::Request {
                query: Arc::clone(&query),
                operation_name: posted.operation_name,
                variables: object(&variables),
                include_stats: headers.get("buildkite-include-query-stats").is_some(),
            });
            Ok(Some(respond(world, at_ms, route, authorization, request, &fault)))
        }
    };
    if let (Route::Portal, Ok(Some((response, _)))) = (route, &mut result) {
        let limits = lock(&world.portal_limiter).headers(at_ms);
        as_portal(response, world.options.quirks, limits);
    }
    let (status, points) = match &result {
        Ok(Some((response, points))) => (response.status().as_u16(), *points),
        _ => (0, 0),
    };
    let headers = shown(headers);
    lock(&world.log).push(Seen {
        number,
        at_ms,
        query,
        variables,
        authorization,
        headers,
        status,
        points,
    });
    match result? {
        Some((response, _)) => Ok(response),
        // Ends when the connection does.
        None => std::future::pending().await,
    }
}

/// Returns the true answer, modified by the fault, and the points charged.
fn respond(
    world: &World,
    now_ms: u64,
    route: Route,
    authorization: Authorization,
    request: Option<engine::Request>,
    fault: &Fault,
) -> (Response<AnswerBody>, i64) {
    let mut points = (0, 0);
    let charges_points = route != Route::Portal || world.options.quirks.portal_charges_points;
    let admitted = || {
        if route == Route::Portal {
            lock(&world.portal_limiter).admit(now_ms)?;
        }
        if charges_points { lock(&world.limiter).admit(now_ms) } else { Ok(()) }
    };
    let (status, body) = match (authorization, request) {
        (Authorization::Absent | Authorization::Refused, _) => (401, error_body(UNAUTHORIZED)),
        (Authorization::WithoutGraphql, _) => (403, error_body(WITHOUT_GRAPHQL)),
        (Authorization::Accepted, None) => {
            (400, error_body("The request body is not a JSON object with a `query`"))
        }
        (Authorization::Accepted, Some(request)) => match admitted() {
            Err(message) => (429, error_body(&message)),
            Ok(()) => {
                let outcome = engine::answer(world, &request);
                if charges_points {
                    points = (outcome.requested, outcome.actual);
                    lock(&world.limiter).charge(outcome.actual);
                }
                (200, outcome.body)
            }
        },
    };
    let body = if let Fault::Body(other) = fault { other.clone().into_bytes() } else { body };
    let mut response = answer(status, JSON, body);
    let balance = lock(&world.limiter).balance(now_ms);
    set_common(response.headers_mut(), now_ms, balance, points);
    match fault {
        Fault::Headers(extra) => set_extra(response.headers_mut(), extra),
        Fault::TruncateBody => truncate(&mut response),
        Fault::ResetAfterHeaders => reset(&mut response),
        Fault::Drip { bytes, pause } => drip(&mut response, *bytes, *pause),
        Fault::Fill(size) => fill(&mut response, *size),
        _ => {}
    }
    (response, points.1)
}

/// Returns the headers as text, without `Authorization`.
fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .filter(|(name, _)| *name != AUTHORIZATION)
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}
