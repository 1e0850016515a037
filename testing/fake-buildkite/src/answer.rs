//! Builds the bodies and headers of answers.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};

use crate::breach::Breach;
use crate::flow::Flow;
use crate::key::Key;
use crate::limits::Balance;
use crate::lock::lock;
use crate::world::World;

/// A body: sent at once, cut off, sent in pieces by a fault, or generated from every event.
pub(crate) enum AnswerBody {
    /// Sent at once.
    Whole(Option<Bytes>),
    /// Sent and flushed, after which the connection breaks.
    Broken { start: Option<Bytes>, flushed: bool, how: Option<Breach> },
    /// Sent in pieces.
    Flow(Flow),
    /// The truth about these events, one line each, never all in memory at once.
    Truth { world: Arc<World>, keys: std::vec::IntoIter<Key> },
}

/// Number of lines rendered at a time: a few hundred kB.
const LINES_AT_ONCE: usize = 256;

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = match self.get_mut() {
            Self::Whole(bytes) => bytes.take().map(Ok),
            Self::Flow(flow) => return flow.poll_frame(cx),
            Self::Broken { start, flushed, how } => match start.take() {
                Some(bytes) => Some(Ok(bytes)),
                None if !*flushed => {
                    // Returning `Pending` once lets the start leave the write buffer first.
                    *flushed = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => how.take().map(|how| Err(how.into())),
            },
            Self::Truth { world, keys } => {
                let mut text = String::new();
                for key in keys.by_ref().take(LINES_AT_ONCE) {
                    let truth = world.shape.truth(&world.synth, key);
                    // Neither a UUID nor a time needs escapes.
                    text.push_str(&format!(
                        "{{\"uuid\":\"{}\",\"occurredAt\":\"{}\",\"node\":{}}}\n",
                        truth.uuid, truth.occurred_at, truth.node
                    ));
                }
                (!text.is_empty()).then(|| Ok(Bytes::from(text)))
            }
        };
        Poll::Ready(next.map(|result| result.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            _ => SizeHint::default(),
        }
    }
}

/// The content type of almost every answer.
pub(crate) const JSON: &str = "application/json";

/// Returns an answer with this status, content type and body, without the common headers.
pub(crate) fn answer(
    status: u16,
    content_type: &'static str,
    body: Vec<u8>,
) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Whole(Some(Bytes::from(body))));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Sets the headers that all answers share.
pub(crate) fn set_common(
    headers: &mut HeaderMap,
    now_ms: u64,
    balance: Balance,
    points: (i64, i64),
) {
    // The format ends with the year 9999, which no clock reaches.
    let now = UNIX_EPOCH + Duration::from_millis(now_ms.min(253_402_300_799_000));
    set(headers, DATE, &httpdate::fmt_http_date(now));
    let reset = balance.reset_seconds.to_string();
    let Balance { limits, user_left, organization_left, .. } = balance;
    let (requested, actual) = points;
    for (name, value) in [
        ("ratelimit-remaining", organization_left.to_string()),
        ("ratelimit-limit", limits.organization_points.to_string()),
        ("ratelimit-reset", reset.clone()),
        ("ratelimit-scope", "graphql".to_owned()),
        ("ratelimit-user-remaining", user_left.to_string()),
        ("ratelimit-user-limit", limits.user_points.to_string()),
        ("ratelimit-user-reset", reset),
        ("ratelimit-user-scope", "graphql_user".to_owned()),
        ("ratelimit-complexity-requested", requested.to_string()),
        ("ratelimit-complexity-actual", actual.to_string()),
    ] {
        set(headers, HeaderName::from_static(name), &value);
    }
}

/// Sets the headers that a test asked for, and skips any that HTTP cannot carry.
pub(crate) fn set_extra(headers: &mut HeaderMap, extra: &[(String, String)]) {
    for (name, value) in extra {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            set(headers, name, value);
        }
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Returns an answer that costs nothing.
pub(crate) fn plain(world: &World, status: u16, body: &[u8]) -> Response<AnswerBody> {
    let now_ms = world.now_ms();
    let balance = lock(&world.limiter).balance(now_ms);
    let mut response = answer(status, JSON, body.to_vec());
    set_common(response.headers_mut(), now_ms, balance, (0, 0));
    response
}
