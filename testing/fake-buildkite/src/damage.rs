//! Damages an answer as a fault specifies.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response};
use tokio::time::sleep;

use crate::answer::AnswerBody;
use crate::breach::Breach;
use crate::flow::Flow;

/// Size of a piece in bytes: about what a socket's buffer accepts at once.
const PIECE_BYTES: usize = 64 << 10;

/// Cuts off the body halfway, while the head still announces all of it.
pub(crate) fn truncate(response: &mut Response<AnswerBody>) {
    cut(response, 2, Breach::Close);
}

/// Resets the connection after the head, which announces a body.
pub(crate) fn reset(response: &mut Response<AnswerBody>) {
    cut(response, 0, Breach::Reset);
}

/// Sends the body in pieces of `bytes` bytes, with a pause before each.
pub(crate) fn drip(response: &mut Response<AnswerBody>, bytes: usize, pause: Duration) {
    if let AnswerBody::Whole(Some(rest)) = response.body() {
        let rest = rest.clone();
        set_length(response, rest.len() as u64);
        // An empty piece would end the body.
        let bytes = bytes.max(1);
        let flow = Flow::Drip { rest, bytes, pause, next: Box::pin(sleep(pause)) };
        *response.body_mut() = AnswerBody::Flow(flow);
    }
}

/// Sends a body of `size` bytes, or an endless one if `None`.
pub(crate) fn fill(response: &mut Response<AnswerBody>, size: Option<u64>) {
    if let Some(size) = size {
        set_length(response, size);
    }
    // Nested arrays are a prefix of valid JSON wherever they are cut, so that only the size is wrong.
    let piece = Bytes::from(vec![b'['; PIECE_BYTES]);
    *response.body_mut() = AnswerBody::Flow(Flow::Fill { left: size, piece });
}

/// Keeps the first of `parts` equal parts of a body, or nothing if `parts` is 0.
fn cut(response: &mut Response<AnswerBody>, parts: usize, how: Breach) {
    if let AnswerBody::Whole(Some(bytes)) = response.body() {
        let length = bytes.len();
        let start = length.checked_div(parts).map(|end| bytes.slice(..end));
        set_length(response, length as u64);
        *response.body_mut() = AnswerBody::Broken { start, flushed: false, how: Some(how) };
    }
}

/// Announces a body of `length` bytes.
fn set_length(response: &mut Response<AnswerBody>, length: u64) {
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
}
