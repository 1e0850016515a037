//! Measures the cost of WebAssembly: from a response's bytes to records and a checkpoint, alternately through the
//! component and through the same core compiled natively. For comparison, it also measures native readers of the same
//! bytes that use `serde_json`: one with raw values, and a naive one.

use crate::raw;
use crate::report::Section;
use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::source::{Source as Native, Turn};
use buildkite_audit_logs::text::time::Millis;
use bytes::Bytes;
use fake_buildkite::{FakeBuildkite, Options};
use host_kit::scripted::ScriptedBody;
use host_test::egress::hook::Egress;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::engine::{CodeCache, engine};
use host_test::guest::source::{Configuration, Event, Limits, Secret, Source};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const PAGES: usize = 40;
const PAGE_ROWS: usize = 500;
/// Number of passes over all pages. The fastest of each kind counts, since other work on the machine only adds
/// time.
pub const ROUNDS: usize = 15;

const SETTINGS: &str =
    r#"{"org_slug": "example-org", "backfill_start_time": "2024-12-31T00:00:00Z"}"#;

const HEADERS: [(&str, &str); 4] = [
    ("date", "Wed, 01 Jan 2026 00:00:00 GMT"),
    ("ratelimit-user-limit", "1000000000"),
    ("ratelimit-user-remaining", "1000000000"),
    ("ratelimit-user-reset", "300"),
];

/// Returns pages as Buildkite would send them, newest first.
fn pages(runtime: &Runtime) -> Vec<Bytes> {
    let events = (PAGES * PAGE_ROWS) as u64;
    let options = Options { events, ..Options::default() };
    let fake = runtime.block_on(FakeBuildkite::start(options)).unwrap();
    let nodes: Vec<String> = fake.truth().into_iter().map(|truth| truth.node).collect();
    let page = |(number, nodes): (usize, &[String])| {
        let edges: Vec<String> =
            nodes.iter().map(|node| format!(r#"{{"cursor":"x","node":{node}}}"#)).collect();
        let has_next = number + 1 < PAGES;
        Bytes::from(format!(
            r#"{{"data":{{"organization":{{"permissions":{{"auditEventsView":{{"allowed":true,"code":null,"message":null}}}},"auditEvents":{{"pageInfo":{{"hasNextPage":{has_next},"endCursor":"c{number}"}},"edges":[{}]}}}}}}}}"#,
            edges.join(",")
        ))
    };
    nodes.chunks(PAGE_ROWS).enumerate().map(page).collect()
}

fn native(pages: &[Bytes]) -> Duration {
    let headers: Vec<(String, String)> =
        HEADERS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let now = Millis::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
    let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
    let mut source = Native::configure(SETTINGS, &secrets, None, now).unwrap();
    let began = Instant::now();
    let mut rows = 0;
    for page in pages {
        let Turn::Send(call) = source.read_batch(PAGE_ROWS as u32, now) else { break };
        // The component's shell also copies the body out of the host.
        let body = page.to_vec();
        let response = Response { status: 200, headers: headers.clone(), body, elapsed_ms: 0 };
        rows += call.receive(Ok(response), now).unwrap().rows.len();
        std::hint::black_box(source.checkpoint());
    }
    assert_eq!(rows, PAGES * PAGE_ROWS);
    began.elapsed()
}

/// Returns the time of a pass. `each` gets the records of each page.
fn wasm(
    runtime: &Runtime,
    plugin: &Plugin,
    pages: &Arc<Vec<Bytes>>,
    mut each: impl FnMut(Vec<Event>),
) -> Duration {
    let (next, pages) = (AtomicUsize::new(0), Arc::clone(pages));
    let egress = Egress::Scripted(Arc::new(move |_| {
        let mut response = http::Response::builder().status(200);
        for (name, value) in HEADERS {
            response = response.header(name, value);
        }
        let page = pages[next.fetch_add(1, Ordering::Relaxed)].clone();
        Ok(response.body(ScriptedBody::Whole(page).into()).unwrap())
    }));
    runtime.block_on(async {
        let mut source = Source::start(plugin, egress, Limits::default(), None).await.unwrap();
        let configuration = Configuration {
            settings: SETTINGS.to_owned(),
            secrets: vec![Secret {
                name: "api_token".to_owned(),
                value: "bkua_0123456789abcdef".to_owned(),
            }],
            checkpoint: None,
        };
        source.configure(&configuration).await.unwrap();
        let began = Instant::now();
        let mut rows = 0;
        for _ in 0..PAGES {
            let records = source.read_batch(PAGE_ROWS as u32).await.unwrap().records;
            rows += records.len();
            each(records);
            std::hint::black_box(source.checkpoint().await.unwrap());
        }
        assert_eq!(rows, PAGES * PAGE_ROWS);
        began.elapsed()
    })
}

/// Decodes the pages as a typical tool might: parses the whole body into values, writes each event again, and inserts
/// its parsed `data`.
fn naive(pages: &[Bytes]) -> Duration {
    let began = Instant::now();
    for page in pages {
        let body: Value = serde_json::from_slice(page).unwrap();
        let edges = body["data"]["organization"]["auditEvents"]["edges"].as_array().unwrap();
        for edge in edges {
            let mut node = edge["node"].clone();
            if let Some(data) =
                node["data"].as_str().and_then(|text| serde_json::from_str(text).ok())
            {
                node["data"] = data;
            }
            std::hint::black_box(node.to_string());
        }
    }
    began.elapsed()
}

/// Decodes the pages with raw values.
fn with_raw_values(pages: &[Bytes]) -> Duration {
    let began = Instant::now();
    for page in pages {
        // The component's shell also copies the body out of the host.
        let records = raw::records(&std::hint::black_box(page.to_vec()));
        assert_eq!(std::hint::black_box(records).len(), PAGE_ROWS);
    }
    began.elapsed()
}

/// Returns the fastest passes: native, through the component that can be interrupted and the one that cannot, with raw
/// values, and naive.
fn measure(runtime: &Runtime, pages: &Arc<Vec<Bytes>>) -> [f64; 5] {
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    let trusted = Plugin::trusted(&CodeCache::off(), BUNDLED).unwrap();
    let mut best = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        let times = [
            native(pages),
            wasm(runtime, &plugin, pages, drop),
            wasm(runtime, &trusted, pages, drop),
            with_raw_values(pages),
            naive(pages),
        ];
        for (best, time) in best.iter_mut().zip(times) {
            *best = time.min(*best);
        }
    }
    best.map(|time| time.as_secs_f64())
}

/// Returns the fastest pass through the component that can be interrupted, in seconds, and the records of each page.
pub fn through_the_component(runtime: &Runtime) -> (f64, Vec<Vec<Event>>) {
    let pages = Arc::new(pages(runtime));
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    let times = (0..ROUNDS).map(|_| wasm(runtime, &plugin, &pages, drop));
    let time = times.min().unwrap();
    let mut records = Vec::new();
    wasm(runtime, &plugin, &pages, |page| records.push(page));
    (time.as_secs_f64(), records)
}

pub fn section() -> Section {
    let runtime = Runtime::new().unwrap();
    let pages = Arc::new(pages(&runtime));
    let bytes: usize = pages.iter().map(Bytes::len).sum();
    let [native, tenant, run, raw, naive] = measure(&runtime, &pages);
    let us = |time: f64| format!("{:.0} µs", 1e6 * time / PAGES as f64);
    let ratios = |other: f64| format!("{:.2}, {:.2}", tenant / other, run / other);
    Section {
        title: "Decoding a page",
        about: "A page of 500 events is decoded, from the response's bytes to records and a checkpoint. The figures \
                are the fastest of fifteen passes over forty pages. The component runs as in `tenants`, where the host \
                can interrupt it, and as in `run`, where a watchdog ends the process instead.",
        rows: vec![
            [
                "time of the component (`tenants`, `run`) / the same code natively".into(),
                ratios(native),
                "≤ 2.0".into(),
            ],
            [
                "time of the component (`tenants`, `run`) / native `serde_json` with `RawValue`"
                    .into(),
                ratios(raw),
                "≤ 0.75".into(),
            ],
            [
                "time of the component (`tenants`, `run`) / native `serde_json::Value`".into(),
                ratios(naive),
                String::new(),
            ],
            [
                format!("a page of {} kB: `tenants`, `run`", bytes / PAGES / 1_000),
                format!("{}, {}", us(tenant), us(run)),
                String::new(),
            ],
            [
                "natively: the same code, `RawValue`, `Value`".into(),
                format!("{}, {}, {}", us(native), us(raw), us(naive)),
                String::new(),
            ],
            ["component size".into(), format!("{} bytes", BUNDLED.len()), "≤ 220,000".into()],
        ],
        plots: Vec::new(),
    }
}
