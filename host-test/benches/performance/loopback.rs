//! Measures whole calls of `read-batch`, including HTTP over loopback: the component in its host, and a native program
//! around the same core with the same HTTP client.

use crate::pages::Remote;
use crate::report::Section;
use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::source::{Source as Native, Turn};
use buildkite_audit_logs::text::time::Millis;
use bytes::Bytes;
use host_test::credential::token::{PLACEHOLDER, Token};
use host_test::egress::hook::Egress;
use host_test::egress::network::Network;
use host_test::egress::origin::Origin;
use host_test::egress::resolve::system;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::engine::engine;
use host_test::guest::source::{Configuration, Limits, Secret, Source};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;

const PAGES: usize = 40;
const PAGE_ROWS: u32 = 500;
const EVENTS: usize = PAGES * PAGE_ROWS as usize;
/// Number of passes over all pages. The fastest of each kind counts, since other work on the machine only adds
/// time.
const ROUNDS: usize = 15;

fn settings(remote: &Remote) -> String {
    let endpoint = &remote.endpoint;
    format!(
        r#"{{"org_slug": "acme-inc", "endpoint": "{endpoint}", "backfill_start_time": "2000-01-01T00:00:00Z"}}"#
    )
}

fn now() -> Millis {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Millis::new(now.as_millis() as i64)
}

async fn native(remote: &Remote) -> Duration {
    let secrets = [("api_token".to_owned(), "bkua_bench_0123456789".to_owned())];
    let mut source = Native::configure(&settings(remote), &secrets, None, now()).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let began = Instant::now();
    let mut rows = 0;
    while rows < EVENTS {
        let Turn::Send(call) = source.read_batch(PAGE_ROWS, now()) else { break };
        let mut request = http::Request::post(&remote.endpoint)
            .header("authorization", call.source().config().token.bearer());
        for (name, value) in &call.request().headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(call.request().body.clone()))).unwrap();
        let (head, body) = client.request(request).await.unwrap().into_parts();
        let headers = head.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
        let response = Response {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: body.collect().await.unwrap().to_bytes().into(),
            elapsed_ms: 0,
        };
        rows += call.receive(Ok(response), now()).unwrap().rows.len();
        std::hint::black_box(source.checkpoint());
    }
    assert_eq!(rows, EVENTS);
    began.elapsed()
}

async fn wasm(plugin: &Plugin, remote: &Remote) -> Duration {
    let limits = Limits::default();
    let origin = Origin::parse(&remote.endpoint).unwrap();
    let token = Token::new("bkua_bench_0123456789").unwrap();
    let network = Network::new(vec![origin], Some(token), system(), &limits).unwrap();
    let egress = Egress::Network(network);
    let mut source = Source::start(plugin, egress, limits, None).await.unwrap();
    let configuration = Configuration {
        settings: settings(remote),
        secrets: vec![Secret { name: "api_token".to_owned(), value: PLACEHOLDER.to_owned() }],
        checkpoint: None,
    };
    source.configure(&configuration).await.unwrap();
    let began = Instant::now();
    let mut rows = 0;
    // One call for each page returns everything.
    for _ in 0..PAGES {
        rows += source.read_batch(PAGE_ROWS).await.unwrap().records.len();
        std::hint::black_box(source.checkpoint().await.unwrap());
    }
    assert_eq!(rows, EVENTS);
    began.elapsed()
}

pub fn section() -> Section {
    let runtime = Runtime::new().unwrap();
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    let remote = Remote::start(EVENTS as u64);
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        let times =
            runtime.block_on(async { [native(&remote).await, wasm(&plugin, &remote).await] });
        for (best, time) in best.iter_mut().zip(times) {
            *best = time.min(*best);
        }
    }
    let [fast, slow] = best.map(|time| time.as_secs_f64());
    let us = |time: f64| format!("{:.0} µs", 1e6 * time / PAGES as f64);
    Section {
        title: "A whole call over loopback",
        about: "One call reads 500 events over HTTP, and another takes the checkpoint. A server in another process \
                sends pre-rendered pages. The comparison is a native program around the same core, with the same HTTP \
                client. The figures are the fastest of fifteen passes over forty pages.",
        rows: vec![
            ["wasm / native throughput".into(), format!("{:.2}", fast / slow), String::new()],
            ["a page: native, wasm".into(), format!("{}, {}", us(fast), us(slow)), String::new()],
        ],
        plots: Vec::new(),
    }
}
