//! A request body that signals when sending begins. From then on, the connection is established, and the wait for the
//! first byte of the response has begun.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// A complete body that signals when it is sent.
pub(crate) struct Sent {
    bytes: Full<Bytes>,
    begun: Option<oneshot::Sender<()>>,
}

impl Sent {
    /// Returns a body, and a receiver that resolves once the body is polled or dropped. An empty body is never polled.
    pub(crate) fn new(bytes: Bytes) -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self { bytes: Full::new(bytes), begun: Some(sender) }, receiver)
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(begun) = self.begun.take() {
            // The receiver is gone when the caller has given up.
            let _ = begun.send(());
        }
        Pin::new(&mut self.bytes).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use crate::egress::network::Network;
    use crate::egress::origin::Origin;
    use crate::egress::resolve;
    use crate::egress::waits::Waits;
    use crate::limits::Limits;
    use bytes::Bytes;
    use http::Request;
    use std::time::{Duration, Instant};
    use wasmtime_wasi_http::Error as HttpError;

    #[tokio::test]
    async fn the_wait_for_the_first_byte_does_not_include_the_wait_for_the_connection() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let network = Network::new(
            vec![Origin::parse(&url).unwrap()],
            None,
            resolve::system(),
            &Limits::default(),
        )
        .unwrap();
        let waits = Waits {
            connect: Duration::from_secs(30),
            first_byte: Duration::from_millis(100),
            between_bytes: Duration::from_secs(30),
        };
        for body in ["a body", ""] {
            let request = Request::post(&url).body(Bytes::from(body)).unwrap();
            let began = Instant::now();
            let error = network.send(request, waits).await.unwrap_err();
            assert!(matches!(error, HttpError::HttpResponseTimeout), "{error:?}");
            assert!(began.elapsed() < Duration::from_secs(20));
        }
    }
}
