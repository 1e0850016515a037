//! A response body on its way to a guest: its size and pauses are limited, and the token is masked.
#![allow(clippy::disallowed_methods, reason = "an answer has a time limit")]

use crate::egress::mask::Mask;
use crate::egress::waits::Waits;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::Error as HttpError;

/// A response body that ends with an error when it grows too large or pauses too long.
pub(crate) struct Watched<B> {
    inner: B,
    masks: Vec<Mask>,
    left: u64,
    bytes_max: u64,
    wait: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl<B> Watched<B> {
    pub(crate) fn new(inner: B, waits: Waits, bytes_max: u64, masks: Vec<Mask>) -> Self {
        let wait = waits.between_bytes;
        let alarm = Box::pin(tokio::time::sleep(wait));
        Self { inner, masks, left: bytes_max, bytes_max, wait, alarm }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        // Repeats only if a whole piece is held back or dropped, so at most once per piece.
        loop {
            let frame = match Pin::new(&mut this.inner).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_))) => {
                    return Poll::Ready(Some(Err(HttpError::HttpResponseIncomplete)));
                }
                Poll::Ready(None) => {
                    let rest = end(&mut this.masks);
                    let rest = (!rest.is_empty()).then(|| Ok(Frame::data(rest)));
                    return Poll::Ready(rest);
                }
                Poll::Pending => {
                    return this
                        .alarm
                        .as_mut()
                        .poll(cx)
                        .map(|()| Some(Err(HttpError::ConnectionReadTimeout)));
                }
            };
            let size = frame.data_ref().map_or(0, Bytes::len) as u64;
            if size > this.left {
                tracing::warn!("cut off a response of more than {} MiB", this.bytes_max >> 20);
                return Poll::Ready(Some(Err(HttpError::HttpResponseBodySize(Some(
                    this.bytes_max,
                )))));
            }
            this.left -= size;
            this.alarm.as_mut().reset(Instant::now() + this.wait);
            if this.masks.is_empty() {
                return Poll::Ready(Some(Ok(frame)));
            }
            let Ok(data) = frame.into_data() else {
                // Trailers might echo the token too. Nothing here needs them, so they are dropped.
                continue;
            };
            let data = this.masks.iter_mut().fold(data, |data, mask| mask.piece(data));
            // An empty piece could be mistaken for the end.
            if !data.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        // The bytes that are held back are still to come.
        self.masks.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Returns what the masks held back. What one of them releases may be the end of what the next one looks for.
fn end(masks: &mut [Mask]) -> Bytes {
    masks.iter_mut().fold(Bytes::new(), |rest, mask| {
        let rest = mask.piece(rest);
        match mask.end() {
            held if held.is_empty() => rest,
            held => [rest, held].concat().into(),
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::credential::token::Token;
    use http_body_util::{BodyExt, Full};

    const PAUSE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn trailers_do_not_carry_the_token_and_do_not_cut_the_body() {
        let token = Token::new("bkua_secret_0123456789").unwrap();
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-echo", token.authorization());
        // It ends with the beginning of a token.
        let body = Full::new(Bytes::from_static(b"all of it, bkua_"));
        let body = body.with_trailers(std::future::ready(Some(Ok(trailers))));
        let watched = Watched::new(
            body,
            Waits { connect: PAUSE, first_byte: PAUSE, between_bytes: PAUSE },
            1_000,
            vec![Mask::new(&token)],
        );
        let all = watched.collect().await.unwrap();
        assert!(all.trailers().is_none());
        assert_eq!(all.to_bytes(), "all of it, bkua_");
    }
}
