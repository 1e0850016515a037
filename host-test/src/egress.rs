//! What happens to a guest's HTTP request: it goes to the network, to a script, or nowhere.
//! The bounds that hold for all of them are here: one body size out, one body size in.

use crate::network::Network;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

pub use wasmtime_wasi_http::Error as HttpError;

/// Largest request body, in bytes: 1 MiB. A GraphQL request has a few kB.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// Longest wait that a guest may ask for, each for connecting, the first byte and between bytes.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Answers requests without a network.
pub type Responder =
    dyn Fn(Request<Bytes>) -> Result<Response<ScriptedBody>, HttpError> + Send + Sync;

/// The body of a scripted response.
#[derive(Debug, Clone)]
pub enum ScriptedBody {
    /// All of it.
    Whole(Bytes),
    /// So much of it, and then the connection breaks.
    Cut(Bytes),
}

/// Where the requests of an instance go.
#[derive(Clone)]
pub enum Egress {
    /// To one origin, with the operator's token.
    Network(Network),
    /// To a closure, for tests that must not depend on a network.
    Scripted(Arc<Responder>),
    /// Nowhere: every request is denied.
    Closed,
}

/// The waits of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) between_bytes: Duration,
}

impl Waits {
    fn of(options: Option<RequestOptions>) -> Self {
        let options = options.unwrap_or_default();
        let cap = |wish: Option<Duration>| wish.unwrap_or(WAIT_MAX).min(WAIT_MAX);
        Self {
            connect: cap(options.connect_timeout),
            first_byte: cap(options.first_byte_timeout),
            between_bytes: cap(options.between_bytes_timeout),
        }
    }
}

/// The hooks that wasmtime calls for one instance.
pub(crate) struct Hooks {
    egress: Egress,
    response_bytes_max: u64,
}

impl Hooks {
    pub(crate) fn new(egress: Egress, response_bytes_max: u64) -> Self {
        Self { egress, response_bytes_max }
    }
}

type Io = Box<dyn Future<Output = Result<(), HttpError>> + Send>;
type Answered = Result<(Response<WasiBody>, Io), HttpError>;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _fut: Io,
    ) -> Box<dyn Future<Output = Answered> + Send> {
        let egress = self.egress.clone();
        let response_bytes_max = self.response_bytes_max;
        Box::new(async move {
            let waits = Waits::of(options);
            let response = egress.send(request, waits, response_bytes_max).await?;
            Ok((response, Box::new(async { Ok(()) }) as Io))
        })
    }
}

impl Egress {
    /// The way to the network, if that is what it is.
    pub(crate) fn network(&self) -> Option<&Network> {
        match self {
            Self::Network(network) => Some(network),
            Self::Scripted(_) | Self::Closed => None,
        }
    }

    async fn send(
        self,
        request: Request<WasiBody>,
        waits: Waits,
        bytes_max: u64,
    ) -> Result<Response<WasiBody>, HttpError> {
        if let Self::Closed = self {
            return Err(HttpError::HttpRequestDenied);
        }
        let (parts, body) = request.into_parts();
        // Whole bodies only: so a request on a pooled connection that just died can be repeated.
        let collected = tokio::time::timeout(waits.first_byte, collect(body))
            .await
            .map_err(|_| HttpError::ConnectionWriteTimeout)??;
        let request = Request::from_parts(parts, collected);
        match self {
            Self::Closed => Err(HttpError::HttpRequestDenied),
            Self::Network(network) => {
                let response = network.send(request, waits).await?;
                Ok(response.map(|body| Watched::new(body, waits, bytes_max).boxed_unsync()))
            }
            Self::Scripted(respond) => Ok(respond(request)?.map(|body| {
                Watched::new(Scripted { body: Some(body) }, waits, bytes_max).boxed_unsync()
            })),
        }
    }
}

async fn collect(body: WasiBody) -> Result<Bytes, HttpError> {
    match Limited::new(body, REQUEST_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(HttpError::HttpRequestBodySize(Some(REQUEST_BYTES_MAX as u64)))
        }
        Err(error) => Err(HttpError::InternalError(Some(error.to_string()))),
    }
}

/// A response body that ends with an error when it grows too large or stands still too long.
struct Watched<B> {
    inner: B,
    left: u64,
    bytes_max: u64,
    wait: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl<B> Watched<B> {
    fn new(inner: B, waits: Waits, bytes_max: u64) -> Self {
        let wait = waits.between_bytes;
        Self { inner, left: bytes_max, bytes_max, wait, alarm: Box::pin(tokio::time::sleep(wait)) }
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
        let frame = match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(Some(Err(_))) => {
                return Poll::Ready(Some(Err(HttpError::HttpResponseIncomplete)));
            }
            Poll::Ready(None) => return Poll::Ready(None),
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
            return Poll::Ready(Some(Err(HttpError::HttpResponseBodySize(Some(this.bytes_max)))));
        }
        this.left -= size;
        this.alarm.as_mut().reset(Instant::now() + this.wait);
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Plays a [`ScriptedBody`].
struct Scripted {
    body: Option<ScriptedBody>,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Poll::Ready(match self.body.take() {
            None => None,
            Some(ScriptedBody::Whole(bytes)) if bytes.is_empty() => None,
            Some(ScriptedBody::Whole(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(ScriptedBody::Cut(bytes)) if bytes.is_empty() => {
                Some(Err(HttpError::HttpResponseIncomplete))
            }
            Some(ScriptedBody::Cut(bytes)) => {
                self.body = Some(ScriptedBody::Cut(Bytes::new()));
                Some(Ok(Frame::data(bytes)))
            }
        })
    }
}
