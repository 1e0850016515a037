//! A source that is composed with the transform runs like any source.

use compose::Part;
use host_kit::{Tenants, World, assert_same, stderr};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Writes the composed component beside what it is used for.
fn composed(path: PathBuf) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    let wasm = compose::source(&Part::Own, Some(&Part::Own), &target).unwrap();
    std::fs::write(&path, wasm).unwrap();
    path.display().to_string()
}

#[test]
fn a_run_writes_each_event_once_in_the_schema_of_the_settings() {
    let world = World::new(90);
    world.config(json!({
        "backfill_start_time": "2024-12-31T00:00:00Z", "page_size": 20, "transform": {"schema": "ecs"},
    }));
    let file = composed(world.path("c.wasm"));
    let run = format!("run --config c.json --output o.ndjson --until-idle --component {file}");
    world.good(&run);
    assert_same(&world.in_file("o.ndjson"), &world.truth());
    let text = std::fs::read_to_string(world.path("o.ndjson")).unwrap();
    let event: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    // The slug is that of the source.
    assert_eq!(event["organization"]["name"], fake_buildkite::SLUG);
    let message = world.bad(&format!("{run} --transform ocsf"), 2);
    assert!(
        message.contains("--transform: the component contains a transform already"),
        "{message}"
    );
}

#[test]
fn tenants_run_it_too() {
    let all = Tenants::with(fake_buildkite::Options { events: 30, ..Default::default() });
    all.add("a", json!({"transform": {"version": "1.9.0"}}));
    let file = composed(all.0.path("c.wasm"));
    let output = all.command(&format!("--until-idle --component {file}")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_same(&all.got("a"), &all.0.truth());
}
