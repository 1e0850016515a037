//! Metrics of a run for Prometheus, served as text at an address that the operator names.
//!
//! Names and units follow <https://prometheus.io/docs/practices/naming/>.

use crate::exit::{Failure, Result};
use crate::guest::contract::Batch;
use crate::run::lag::{Lag, seconds};
use crate::run::listen::Listen;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::JoinHandle;

/// The media type of the response. Source: OpenMetrics 1.0, "Overall Structure".
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Maximum time for a scraper to send its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Wait after the system failed to accept a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Counts since the process started. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    events: Counter,
    batches: Counter,
    requests: Counter,
    points: Counter,
    repeats: Counter,
    excluded: Counter,
    null_nodes: Counter,
    retries: Counter,
    newest: Gauge,
    lag: Gauge,
    stored: Gauge,
}

impl Metrics {
    fn registry(&self) -> Registry {
        let mut all = Registry::with_prefix("host_test");
        for (name, help, counter) in [
            ("events", "Events made durable", &self.events),
            ("batches", "Batches made durable, including empty ones", &self.batches),
            ("requests", "HTTP requests made by the component", &self.requests),
            ("api_points", "Points charged by the API", &self.points),
            ("repeats_dropped", "Events read again and dropped", &self.repeats),
            ("excluded", "Events dropped because the settings exclude them", &self.excluded),
            ("null_nodes", "Events that the API returned as null", &self.null_nodes),
            ("retries", "Retries after transient failures", &self.retries),
        ] {
            all.register(name, help, counter.clone());
        }
        for (name, help, gauge) in [
            ("newest_event_timestamp_seconds", "Time of the newest event", &self.newest),
            ("lag_seconds", "Age of the newest event at its delivery", &self.lag),
            ("checkpoint_timestamp_seconds", "Time of the last stored checkpoint", &self.stored),
        ] {
            all.register(name, help, gauge.clone());
        }
        all
    }

    /// Counts a batch that is durable. `lag` describes the newest event ever delivered.
    pub fn count(&self, batch: &Batch, lag: &Lag) {
        let stats = &batch.stats;
        self.events.inc_by(batch.records.len() as u64);
        self.batches.inc();
        self.requests.inc_by(stats.requests);
        self.points.inc_by(stats.points);
        self.repeats.inc_by(stats.repeats);
        self.excluded.inc_by(stats.excluded);
        self.null_nodes.inc_by(stats.null_nodes);
        self.stored.set(seconds(SystemTime::now()));
        if let Some(newest) = lag.newest_seconds() {
            self.newest.set(newest);
            self.lag.set(lag.seconds);
        }
    }

    /// Counts a retry.
    pub fn retried(&self) {
        self.retries.inc();
    }
}

/// A listening endpoint. Dropping it closes it.
#[derive(Debug)]
pub struct Endpoint {
    task: JoinHandle<()>,
    /// The address that it listens on.
    pub address: SocketAddr,
}

impl Endpoint {
    /// Starts to listen, and answers `GET /metrics`.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the address is not available.
    pub async fn listen(listen: &Listen, metrics: &Metrics) -> Result<Self> {
        let listener = listen.bind("--metrics").await?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::Refused(format!("--metrics {listen}: {error}")))?;
        let registry = Arc::new(metrics.registry());
        let task = tokio::spawn(async move {
            // Ends with the run. Scrapers are served one at a time, each with a timeout.
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    // For example, too many open files: an immediate retry would only spin.
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                };
                let registry = Arc::clone(&registry);
                let answer = service_fn(move |request| {
                    std::future::ready(Ok::<_, Infallible>(answer(&registry, &request)))
                });
                let serve = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_TIMEOUT)
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), answer);
                // A scraper that disconnects does not matter.
                let _ = tokio::time::timeout(2 * HEAD_TIMEOUT, serve).await;
            }
        });
        Ok(Self { task, address })
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(registry: &Registry, request: &http::Request<Incoming>) -> Response<Full<Bytes>> {
    let mut text = String::new();
    let is_known = request.method() == http::Method::GET && request.uri().path() == "/metrics";
    let status = match () {
        () if !is_known => StatusCode::NOT_FOUND,
        () if encode(&mut text, registry).is_err() => StatusCode::INTERNAL_SERVER_ERROR,
        () => StatusCode::OK,
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static(CONTENT_TYPE);
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
