//! Bodies that are sent too slowly or are far too large. At most one piece is in memory at a time.
#![allow(
    clippy::disallowed_methods,
    reason = "a slow body takes real time, whatever the clock of events says"
)]

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Frame;
use tokio::time::{Instant, Sleep};

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
