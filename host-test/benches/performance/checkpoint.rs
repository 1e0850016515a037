//! Measures how fast checkpoints are read and written, from small ones to the largest, through the component and
//! natively.

use crate::report::Section;
use buildkite_audit_logs::source::Source as Native;
use buildkite_audit_logs::sync::delivered::{KNOWN_MAX, Known};
use buildkite_audit_logs::text::time::Millis;
use host_test::egress::hook::Egress;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::engine::engine;
use host_test::guest::source::{Configuration, Limits, Secret, Source};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ROUNDS: usize = 30;
const SETTINGS: &str = r#"{"org_slug": "acme-inc"}"#;

/// Returns a checkpoint with this many known UUIDs.
fn checkpoint(known: usize) -> String {
    let mut all = Known::default();
    let base = Millis::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
    for number in 0..known {
        assert!(all.insert(base.plus(number as i64), number as u128));
    }
    let time = base.plus(known as i64);
    format!(
        r#"{{"format":"buildkite-audit-logs","version":1,"org_slug":"acme-inc","origin":"https://graphql.buildkite.com","event_types":[],"start":"{base}","high_water":"{time}","full":"{time}","full_polled":"{time}","covered":"{base}","polled":"{time}","live_points":0,"old_points":0,"front_pages":0,"gaps":[],"known":"{}"}}"#,
        all.pack()
    )
}

fn native(text: &str) -> Duration {
    let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
    let now = Millis::parse_rfc3339("2026-02-01T00:00:00Z").unwrap();
    let began = Instant::now();
    let source = Native::configure(SETTINGS, &secrets, Some(text), now).unwrap();
    std::hint::black_box(source.checkpoint());
    began.elapsed()
}

async fn wasm(plugin: &Plugin, text: &str) -> Duration {
    let mut source = Source::start(plugin, Egress::Closed, Limits::default(), None).await.unwrap();
    let configuration = Configuration {
        settings: SETTINGS.to_owned(),
        secrets: vec![Secret {
            name: "api_token".to_owned(),
            value: "bkua_0123456789abcdef".to_owned(),
        }],
        checkpoint: Some(text.to_owned()),
    };
    let began = Instant::now();
    source.configure(&configuration).await.unwrap();
    std::hint::black_box(source.checkpoint().await.unwrap());
    began.elapsed()
}

pub fn section() -> Section {
    let runtime = Runtime::new().unwrap();
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    let row = |(name, known): (&str, usize)| {
        let text = checkpoint(known);
        let (mut fast, mut slow) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            fast = fast.min(native(&text));
            slow = slow.min(runtime.block_on(wasm(&plugin, &text)));
        }
        let ratio = fast.as_secs_f64() / slow.as_secs_f64();
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let measured = format!("{ratio:.2} (native {:.0} µs, wasm {:.0} µs)", us(fast), us(slow));
        [format!("{name}, {} bytes: wasm / native throughput", text.len()), measured, String::new()]
    };
    Section {
        title: "Checkpoints",
        about: "An instance is configured with a checkpoint, and writes it again.",
        rows: [("ordinary use", 20), ("a busy lookback", 1_000), ("the largest", KNOWN_MAX)]
            .map(row)
            .into(),
        plots: Vec::new(),
    }
}
