//! Sends requests: allowed origins, checked addresses, TLS, pooled connections.
//! Redirects are not followed. Only the operator can name a proxy. With a proxy, the origin is still
//! checked and TLS still ends at the origin; but the proxy resolves names, so it must check addresses.

use crate::egress::chain::chain;
use crate::egress::dialer::Dialer;
use crate::egress::failures::{Failed, classify, prohibited, timed_out};
use crate::egress::origin::{Origin, list};
use crate::egress::outbound::Outbound;
use crate::egress::sent::Sent;
use crate::egress::waits::Waits;
use crate::exit::{Failure, Result};
use crate::limits::Limits;
use bytes::Bytes;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use wasmtime_wasi_http::Error as HttpError;

/// The time after which an idle connection is closed: longer than the usual poll interval.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// Maximum number of bytes per read. Small reads would cost a task switch each.
const READ_BYTES: usize = 512 << 10;

type BoxError = Box<dyn Error + Send + Sync>;
type Https = HttpsConnector<Dialer>;

/// Connections to the allowed origins. Cheap to clone; clones share them.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Inner>);

struct Inner {
    client: Client<Timed, Sent>,
    dialer: Dialer,
    header_bytes: u64,
    connect_ms: Arc<AtomicU64>,
    /// Whether the host denied a request, which the operator has to resolve.
    denied: AtomicBool,
    /// Number of warnings about the guest's requests so far.
    warnings: AtomicU64,
}

/// Maximum number of warnings about a guest's requests: a guest may make any number of requests.
const WARNINGS_MAX: u64 = 5;

impl Transport {
    /// Creates connections to these origins as the operator configured them.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if certificates or the proxy's URL are not usable, and [`Failure::Failed`] if TLS
    /// cannot be set up.
    pub(crate) fn new(origins: Vec<Origin>, outbound: &Outbound, limits: &Limits) -> Result<Self> {
        let tls = outbound.trust().client(origins.iter().any(Origin::is_https))?;
        let dialer = Dialer::new(origins, outbound, &tls).map_err(Failure::Refused)?;
        // Only loopback origins can use plain http: parsing refuses all other origins.
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
        let (denied, warnings) = (AtomicBool::new(false), AtomicU64::new(0));
        let inner = Inner { client, dialer, header_bytes, connect_ms, denied, warnings };
        Ok(Self(Arc::new(inner)))
    }

    /// Returns whether a request was denied because of its destination.
    pub(crate) fn has_denied(&self) -> bool {
        self.0.denied.load(Ordering::Relaxed)
    }

    /// Logs a warning about a guest's request, at most [`WARNINGS_MAX`] times.
    pub(crate) fn warn(&self, what: &str) {
        let count = self.0.warnings.fetch_add(1, Ordering::Relaxed);
        if count < WARNINGS_MAX {
            let is_last = count + 1 == WARNINGS_MAX;
            let rest = if is_last { " (further messages are suppressed)" } else { "" };
            tracing::warn!("{what}{rest}");
        }
    }

    /// Sends a request. An error comes with what the operator should know about it.
    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        waits: Waits,
    ) -> std::result::Result<Response<Incoming>, Failed> {
        let answer = self.exchange(request, waits).await;
        if let Err((HttpError::HttpRequestDenied | HttpError::DestinationIpProhibited, cause)) =
            &answer
        {
            self.deny();
            if let Some(cause) = cause {
                self.warn(&format!("denied a request: {cause}"));
            }
        }
        answer
    }

    /// Notes that a request was denied.
    pub(crate) fn deny(&self) {
        self.0.denied.store(true, Ordering::Relaxed);
    }

    /// Returns whether requests to the origin of this URL are allowed.
    pub(crate) fn allows(&self, uri: &Uri) -> bool {
        Origin::of(uri).is_some_and(|origin| self.0.dialer.way(&origin).is_some())
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        waits: Waits,
    ) -> std::result::Result<Response<Incoming>, Failed> {
        let Inner { client, dialer, connect_ms, .. } = &*self.0;
        let asked = Origin::of(request.uri());
        let Some(way) = asked.as_ref().and_then(|origin| dialer.way(origin)) else {
            // Path and query stay out of the log: the guest controls them.
            let asked = asked.map_or("an unsupported URL".to_owned(), |origin| origin.to_string());
            let allowed = list(&dialer.origins());
            self.warn(&format!("denied a request to {asked}; allowed: {allowed}"));
            return Err((HttpError::HttpRequestDenied, None));
        };
        let origin = &way.origin;
        // A host written as an address never reaches the resolver.
        if let Some(address) = origin.address() {
            way.guard.judge(address).await.map_err(|no| prohibited(&no, way))?;
        }
        connect_ms.store(waits.connect.as_millis() as u64, Ordering::Relaxed);
        let (parts, body) = request.into_parts();
        let (body, begun) = Sent::new(body);
        let mut call = std::pin::pin!(client.request(Request::from_parts(parts, body)));
        // Each wait begins when the previous one has ended.
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
            self.warn(&format!(
                "rejected a response with more than {} KiB of headers",
                self.0.header_bytes >> 10
            ));
            return Err((HttpError::HttpResponseHeaderSectionSize(None), None));
        }
        Ok(response)
    }
}

/// A connector with one time limit for lookup, TCP and TLS together.
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
