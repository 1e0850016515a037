//! The way to the network: allowed origins, checked addresses, TLS, pooled connections, the token.
//! No redirect is followed. Through a proxy, which only the operator names, the origin is checked as
//! ever and TLS ends at the origin; but the proxy resolves names, so addresses are its to check.

use crate::egress::chain::chain;
use crate::egress::dialer::Dialer;
use crate::egress::failures::{Failed, classify, prohibited, timed_out};
use crate::egress::origin::{Origin, list};
use crate::egress::outbound::Outbound;
use crate::egress::resolve::Lookup;
use crate::egress::sent::Sent;
use crate::egress::token::Token;
use crate::egress::waits::Waits;
use crate::exit::{Failure, Result};
use crate::guest::limits::Limits;
use bytes::Bytes;
use http::{Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use wasmtime_wasi_http::Error as HttpError;

/// An unused connection is closed after this time, which is longer than a usual poll interval.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// Read at once, at most: what comes in small pieces costs a change between tasks for each.
const READ_BYTES: usize = 512 << 10;

type BoxError = Box<dyn Error + Send + Sync>;
type Https = HttpsConnector<Dialer>;

/// A way to the allowed origins, for one tenant. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    client: Client<Timed, Sent>,
    dialer: Dialer,
    token: Option<Token>,
    header_bytes: u64,
    connect_ms: Arc<AtomicU64>,
    /// Whether a request was denied by us: that is for the operator to change.
    denied: AtomicBool,
    /// Why the last request failed, in the operator's words: those of `wasi:http`, which the guest
    /// sees, cannot hold it.
    cause: Mutex<Option<String>>,
    /// What was said of a guest's requests so far.
    told: AtomicU64,
}

/// So many words on a guest's requests, and no more: it may ask as often as it likes.
const TOLD_MAX: u64 = 5;

impl Network {
    /// A way to these origins, where requests carry `token`. Names are looked up with `lookup`.
    ///
    /// # Errors
    ///
    /// As [`Network::through`].
    pub fn new(
        origins: Vec<Origin>,
        token: Option<Token>,
        lookup: Lookup,
        limits: &Limits,
    ) -> Result<Self> {
        Self::through(origins, token, &Outbound::direct(lookup), limits)
    }

    /// A way to these origins as the operator wants it, where requests carry `token`.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when certificates or the proxy's URL are not usable, and
    /// [`Failure::Failed`] when TLS cannot be set up.
    pub fn through(
        origins: Vec<Origin>,
        token: Option<Token>,
        outbound: &Outbound,
        limits: &Limits,
    ) -> Result<Self> {
        let tls = outbound.trust().client(origins.iter().any(Origin::is_https))?;
        let dialer = Dialer::new(origins, outbound, &tls).map_err(Failure::Refused)?;
        // Plain http is for loopback origins alone: no request to another passes the check of its origin.
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(dialer.clone());
        let connect_ms = Arc::new(AtomicU64::new(0));
        let header_bytes = limits.header_kib << 10;
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http1_max_buf_size(READ_BYTES.max(usize::try_from(header_bytes).unwrap_or(0)))
            .http2_max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
            .build(Timed { inner: https, limit_ms: Arc::clone(&connect_ms) });
        let (denied, told) = (AtomicBool::new(false), AtomicU64::new(0));
        let cause = Mutex::default();
        let inner = Inner { client, dialer, token, header_bytes, connect_ms, denied, cause, told };
        Ok(Self(Arc::new(inner)))
    }

    /// Whether a request was denied because of where it was to go.
    pub fn has_denied(&self) -> bool {
        self.0.denied.load(Ordering::Relaxed)
    }

    /// Logs what became of a guest's request, a few times at most.
    pub(crate) fn tell(&self, what: &str) {
        let told = self.0.told.fetch_add(1, Ordering::Relaxed);
        if told < TOLD_MAX {
            let rest = if told + 1 == TOLD_MAX { " (no more of this is told)" } else { "" };
            tracing::warn!("{what}{rest}");
        }
    }

    /// The token that requests carry.
    pub(crate) fn token(&self) -> Option<&Token> {
        self.0.token.as_ref()
    }

    /// Why the last request failed, if it did and there is more to say than the guest can. Asked
    /// again, it has nothing more to say.
    pub(crate) fn take_cause(&self) -> Option<String> {
        self.0.cause.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        waits: Waits,
    ) -> std::result::Result<Response<Incoming>, HttpError> {
        let (answer, cause) = match self.exchange(request, waits).await {
            Ok(response) => (Ok(response), None),
            Err((code, cause)) => (Err(code), cause),
        };
        if let Err(HttpError::HttpRequestDenied | HttpError::DestinationIpProhibited) = answer {
            self.0.denied.store(true, Ordering::Relaxed);
            if let Some(cause) = &cause {
                self.tell(&format!("denied a request: {cause}"));
            }
        }
        *self.0.cause.lock().unwrap_or_else(PoisonError::into_inner) = cause;
        answer
    }

    async fn exchange(
        &self,
        mut request: Request<Bytes>,
        waits: Waits,
    ) -> std::result::Result<Response<Incoming>, Failed> {
        let Inner { client, dialer, token, connect_ms, .. } = &*self.0;
        let asked = Origin::of(request.uri());
        let Some(way) = asked.as_ref().and_then(|origin| dialer.way(origin)) else {
            // Path and query stay out of the log: they are the guest's words.
            let asked = asked.map_or("no origin".to_owned(), |origin| origin.to_string());
            let allowed = list(&dialer.origins());
            self.tell(&format!("denied a request to {asked}: allowed is {allowed}"));
            return Err((HttpError::HttpRequestDenied, None));
        };
        let origin = &way.origin;
        // A host written as an address never reaches the resolver.
        if let Some(address) = origin.address() {
            way.guard.judge(address).await.map_err(|no| prohibited(&no, way))?;
        }
        if let Some(token) = token {
            request.headers_mut().insert(header::AUTHORIZATION, token.authorization());
        }
        connect_ms.store(waits.connect.as_millis() as u64, Ordering::Relaxed);
        let (parts, body) = request.into_parts();
        let (body, begun) = Sent::new(body);
        let mut call = std::pin::pin!(client.request(Request::from_parts(parts, body)));
        // Each wait begins when the one before has ended.
        let done = tokio::select! {
            done = &mut call => Ok(done),
            _ = begun => tokio::time::timeout(waits.first_byte, call)
                .await
                .map_err(|_| (HttpError::HttpResponseTimeout, None)),
            () = tokio::time::sleep(waits.connect) => Err(timed_out(way)),
        };
        let response = done?.map_err(|error| {
            tracing::debug!("request to {origin} failed: {}", chain(&error));
            classify(&error, way)
        })?;
        let lines = response.headers().iter();
        let size: usize = lines.map(|(name, value)| name.as_str().len() + value.len()).sum();
        if size as u64 > self.0.header_bytes {
            self.tell(&format!(
                "denied an answer whose head is larger than {} KiB",
                self.0.header_bytes >> 10
            ));
            return Err((HttpError::HttpResponseHeaderSectionSize(None), None));
        }
        Ok(response)
    }
}

/// A connector with a time limit for all of it: look-up, TCP and TLS.
#[derive(Clone)]
struct Timed {
    inner: Https,
    limit_ms: Arc<AtomicU64>,
}

impl tower_service::Service<Uri> for Timed {
    type Response = <Https as tower_service::Service<Uri>>::Response;
    type Error = BoxError;
    type Future =
        Pin<Box<dyn Future<Output = std::result::Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let limit = Duration::from_millis(self.limit_ms.load(Ordering::Relaxed));
        let connect = self.inner.call(uri);
        Box::pin(async move {
            match tokio::time::timeout(limit, connect).await {
                Ok(done) => done,
                Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
            }
        })
    }
}
