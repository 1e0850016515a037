//! Measures the cost of a new instance: instantiate, configure and checkpoint on a warm engine with a pool.

use crate::report::Section;
use compose::compile;
use host_test::egress::hook::Egress;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::engine::{CodeCache, Options, build};
use host_test::guest::source::{Configuration, Limits, Secret, Source};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ROUNDS: usize = 3_000;

fn configuration() -> Configuration {
    Configuration {
        settings: r#"{"org_slug": "acme-inc"}"#.to_owned(),
        secrets: vec![Secret {
            name: "api_token".to_owned(),
            value: "bkua_0123456789abcdef".to_owned(),
        }],
        checkpoint: None,
    }
}

async fn once(plugin: &Plugin) -> Duration {
    let configuration = configuration();
    let began = Instant::now();
    let mut source = Source::start(plugin, Egress::Closed, Limits::default(), None).await.unwrap();
    source.configure(&configuration).await.unwrap();
    std::hint::black_box(source.checkpoint().await.unwrap());
    drop(source);
    began.elapsed()
}

pub fn section() -> Section {
    let runtime = Runtime::new().unwrap();
    let options = Options { instances: Some(4), code: CodeCache::off(), ..Options::default() };
    let engine = build(&options).unwrap();
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/constant");
    let constant = compile("constant-guest", Path::new(target)).unwrap();
    let ours = Plugin::new(&engine, BUNDLED).unwrap();
    let floor = Plugin::new(&engine, &std::fs::read(constant).unwrap()).unwrap();
    let (mut ours_us, mut floor_us) = (Vec::new(), Vec::new());
    // Alternates, so that other load on the machine affects both.
    for _ in 0..ROUNDS {
        ours_us.push(runtime.block_on(once(&ours)).as_secs_f64() * 1e6);
        floor_us.push(runtime.block_on(once(&floor)).as_secs_f64() * 1e6);
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (ours, floor) = (median(&mut ours_us), median(&mut floor_us));
    Section {
        title: "A new instance",
        about: "An instance is created and configured, and returns a checkpoint. The comparison is a component with \
                the same world and toolchain whose exports return constants. The figures are medians.",
        rows: vec![
            ["ours / constant".into(), format!("{:.2}", ours / floor), "≤ 3".into()],
            ["ours, constant".into(), format!("{ours:.0} µs, {floor:.0} µs"), String::new()],
        ],
        plots: Vec::new(),
    }
}
