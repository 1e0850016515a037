//! Bodies that are sent too slowly or are far too large. At most one piece is in memory at a time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use hyper::body::Frame;
use tokio::time::{Instant, Sleep, sleep};

use crate::answer::AnswerBody;
use crate::breach::set_length;

/// Size of a piece in bytes: about what a socket's buffer accepts at once.
const PIECE_BYTES: usize = 64 << 10;

/// A body that is sent in pieces.
pub(crate) enum Flow {
    /// `bytes` bytes of `rest` at a time, each after a pause.
    Drip { rest: Bytes, bytes: usize, pause: Duration, next: Pin<Box<Sleep>> },
    /// `left` more bytes, or an endless body if `None`; `piece` is sent repeatedly.
    Fill { left: Option<u64>, piece: Bytes },
}

impl Flow {
    pub fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let bytes = match self {
            Self::Drip { rest, bytes, pause, next } => {
                ready!(next.as_mut().poll(cx));
                next.as_mut().reset(Instant::now() + *pause);
                rest.split_to(rest.len().min(*bytes))
            }
            Self::Fill { left: None, piece } => piece.clone(),
            Self::Fill { left: Some(left), piece } => {
                let size = usize::try_from(*left).unwrap_or(usize::MAX).min(piece.len());
                *left -= size as u64;
                piece.slice(..size)
            }
        };
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }
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
