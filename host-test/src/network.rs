//! The way to the network: allowed origins, checked addresses, TLS, pooled connections, the token.
//! No redirect is followed and no proxy is taken from the environment.

use crate::egress::{HttpError, Waits};
use crate::exit::Result;
use crate::failures::{chain, classify};
use crate::limits::Limits;
use crate::origin::{Origin, list};
use crate::resolve::{Guarded, Lookup, Prohibited, may_dial};
use crate::sent::Sent;
use crate::tls;
use crate::token::Token;
use bytes::Bytes;
use http::{Request, Response, Uri, header};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// An unused connection is closed after this time, which is longer than a usual poll interval.
const POOL_IDLE: Duration = Duration::from_secs(90);

/// Read at once, at most: what comes in small pieces costs a change between tasks for each.
const READ_BYTES: usize = 512 << 10;

type BoxError = Box<dyn Error + Send + Sync>;
type Https = HttpsConnector<HttpConnector<Guarded>>;

/// A way to the allowed origins, for one tenant. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    client: Client<Timed, Sent>,
    origins: Vec<Origin>,
    token: Option<Token>,
    header_bytes: u64,
    connect_ms: Arc<AtomicU64>,
    /// Whether a request was denied by us: that is for the operator to change.
    denied: AtomicBool,
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
    /// [`crate::exit::Failure::Failed`] when TLS cannot be set up.
    pub fn new(
        origins: Vec<Origin>,
        token: Option<Token>,
        lookup: Lookup,
        limits: &Limits,
    ) -> Result<Self> {
        let loopback = origins.iter().filter(|origin| origin.is_loopback());
        let loopback = loopback.map(|origin| origin.host().to_owned()).collect();
        let mut http = HttpConnector::new_with_resolver(Guarded::new(lookup, loopback));
        http.enforce_http(false);
        http.set_nodelay(true);
        // Plain http is for loopback origins alone: no request to another passes the check of its origin.
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client(origins.iter().any(Origin::is_https))?)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(http);
        let connect_ms = Arc::new(AtomicU64::new(0));
        let header_bytes = limits.header_kib << 10;
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http1_max_buf_size(READ_BYTES.max(usize::try_from(header_bytes).unwrap_or(0)))
            .http2_max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
            .build(Timed { inner: https, limit_ms: Arc::clone(&connect_ms) });
        let denied = AtomicBool::new(false);
        let told = AtomicU64::new(0);
        let inner = Inner { client, origins, token, header_bytes, connect_ms, denied, told };
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

    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
        waits: Waits,
    ) -> std::result::Result<Response<Incoming>, HttpError> {
        let answer = self.exchange(request, waits).await;
        if let Err(HttpError::HttpRequestDenied | HttpError::DestinationIpProhibited) = answer {
            self.0.denied.store(true, Ordering::Relaxed);
        }
        answer
    }

    async fn exchange(
        &self,
        mut request: Request<Bytes>,
        waits: Waits,
    ) -> std::result::Result<Response<Incoming>, HttpError> {
        let Inner { client, origins, token, connect_ms, .. } = &*self.0;
        let asked = Origin::of(request.uri());
        let Some(origin) = origins.iter().find(|origin| Some(*origin) == asked.as_ref()) else {
            // Path and query stay out of the log: they are the guest's words.
            let asked = asked.map_or("no origin".to_owned(), |origin| origin.to_string());
            self.tell(&format!("denied a request to {asked}: allowed is {}", list(origins)));
            return Err(HttpError::HttpRequestDenied);
        };
        // A host written as an address never reaches the resolver.
        if let Some(address) = origin.address()
            && !may_dial(address, origin.is_loopback())
        {
            self.tell(&format!("denied a request to {origin}: {}", Prohibited(address)));
            return Err(HttpError::DestinationIpProhibited);
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
                .map_err(|_| HttpError::HttpResponseTimeout),
            () = tokio::time::sleep(waits.connect) => Err(HttpError::ConnectionTimeout),
        };
        let response = done?.map_err(|error| {
            tracing::debug!("request to {origin} failed: {}", chain(&error));
            classify(&error)
        })?;
        let lines = response.headers().iter();
        let size: usize = lines.map(|(name, value)| name.as_str().len() + value.len()).sum();
        if size as u64 > self.0.header_bytes {
            self.tell(&format!(
                "denied an answer whose head is larger than {} KiB",
                self.0.header_bytes >> 10
            ));
            return Err(HttpError::HttpResponseHeaderSectionSize(None));
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
