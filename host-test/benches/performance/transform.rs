//! Measures what a transform costs: per page beside decoding it, and in a whole run.

use crate::backfill::run;
use crate::decode;
use crate::pages::Remote;
use crate::report::Section;
use host_test::guest::engine::engine;
use host_test::guest::source::{Event, Limits};
use host_test::guest::transform::{BUNDLED, Transform, TransformPlugin};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Number of events that a whole run reads.
const EVENTS: u64 = 100_000;

/// Number of whole runs of each kind. The fastest counts.
const RUNS: usize = 5;

const SCHEMAS: [&str; 2] = ["ocsf", "ecs"];

/// Returns the fastest pass of a transform over all pages. The copies that it takes are not part of the time.
fn fastest(runtime: &Runtime, schema: &str, pages: &[Vec<Event>]) -> f64 {
    let plugin = TransformPlugin::new(&engine().unwrap(), BUNDLED, false).unwrap();
    runtime.block_on(async {
        let mut transform = Transform::start(&plugin, Limits::default()).await.unwrap();
        transform.configure(&format!(r#"{{"schema":"{schema}"}}"#)).await.unwrap();
        let mut best = Duration::MAX;
        for _ in 0..decode::ROUNDS {
            let mut time = Duration::ZERO;
            for page in pages {
                let mut page = page.clone();
                let began = Instant::now();
                transform.apply(&mut page).await.unwrap();
                time += began.elapsed();
            }
            best = best.min(time);
        }
        best.as_secs_f64()
    })
}

pub fn section() -> Section {
    let runtime = Runtime::new().unwrap();
    let (decoding, pages) = decode::through_the_component(&runtime);
    let times = SCHEMAS.map(|schema| fastest(&runtime, schema, &pages));
    let remote = Remote::start(EVENTS);
    let rate = |transform: &str| {
        let output = format!("o.ndjson{transform}");
        let times = (0..RUNS).map(|_| run(&remote, EVENTS, &output, &[]).time);
        EVENTS as f64 / times.min().unwrap().as_secs_f64()
    };
    let rates = ["", " --transform ocsf", " --transform ecs"].map(rate);
    let us = |time: f64| format!("{:.0} µs", 1e6 * time / pages.len() as f64);
    let [ocsf, ecs] = times;
    Section {
        title: "A transform",
        about: "The transform maps the 500 events of a page to OCSF or ECS, after the component decoded the page; both \
                run as in `tenants`. The whole run reads 100,000 events from a server that sends pre-rendered pages, \
                and writes them to a file. The figures are the fastest of fifteen passes and of five runs.",
        rows: vec![
            [
                "time of the transform (OCSF, ECS) / time of the component to decode the page"
                    .into(),
                format!("{:.2}, {:.2}", ocsf / decoding, ecs / decoding),
                "≤ 1.0".into(),
            ],
            [
                "a page: decoded, to OCSF, to ECS".into(),
                format!("{}, {}, {}", us(decoding), us(ocsf), us(ecs)),
                String::new(),
            ],
            [
                "a whole run: without a transform, with OCSF, with ECS".into(),
                rates.map(|rate| format!("{rate:.0} events/s")).join(", "),
                String::new(),
            ],
            ["component size".into(), format!("{} bytes", BUNDLED.len()), "≤ 150,000".into()],
        ],
        plots: Vec::new(),
    }
}
