//! Bodies that come too slowly, or that are far too large; never more than a piece of them in memory.

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

/// Bytes made at a time: what a socket's buffer takes at once.
const PIECE_BYTES: usize = 64 << 10;

/// A body that is sent piece by piece.
pub(crate) enum Flow {
    /// So many bytes of `rest` at a time, each after a pause.
    Drip { rest: Bytes, bytes: usize, pause: Duration, next: Pin<Box<Sleep>> },
    /// So many bytes yet, or without end; `piece` is sent again and again.
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

/// Sends the body in pieces of so many bytes, with a pause before each.
pub(crate) fn drip(response: &mut Response<AnswerBody>, bytes: usize, pause: Duration) {
    if let AnswerBody::Whole(Some(rest)) = response.body() {
        let rest = rest.clone();
        set_length(response, rest.len() as u64);
        // A piece of nothing would be the end of the body.
        let bytes = bytes.max(1);
        let flow = Flow::Drip { rest, bytes, pause, next: Box::pin(sleep(pause)) };
        *response.body_mut() = AnswerBody::Flow(flow);
    }
}

/// Sends a body of so many bytes, or one without end.
pub(crate) fn fill(response: &mut Response<AnswerBody>, size: Option<u64>) {
    if let Some(size) = size {
        set_length(response, size);
    }
    // Lists in lists: the beginning of JSON, wherever it is cut, so that only its size is wrong.
    let piece = Bytes::from(vec![b'['; PIECE_BYTES]);
    *response.body_mut() = AnswerBody::Flow(Flow::Fill { left: size, piece });
}
