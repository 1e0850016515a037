//! Records that went through a transform: each once, with everything that the source delivered.

use crate::walk::missing;
use host_kit::{World, assert_same, copy, uuids};
use serde_json::Value;
use std::collections::HashMap;

fn by_uuid(text: &str) -> HashMap<String, String> {
    uuids(text).into_iter().zip(text.lines().map(str::to_owned)).collect()
}

#[test]
fn nothing_of_an_event_is_missing_after_the_transform() {
    let world = World::new(2_500);
    let run = "run --config c.json --until-idle --output";
    world.good(&format!("{run} o.ndjson --state s0"));
    let raw = by_uuid(&std::fs::read_to_string(world.path("o.ndjson")).unwrap());
    assert_eq!(raw.len(), 2_500);
    for (number, transform) in
        ["ocsf", "ocsf --transform-settings {\"version\":\"1.9.0\"}", "ecs"].iter().enumerate()
    {
        let name = format!("t{number}.ndjson");
        world.good(&format!("{run} {name} --state t{number} --transform {transform}"));
        assert_same(&world.in_file(&name), &world.truth());
        let text = std::fs::read_to_string(world.path(&name)).unwrap();
        for (uuid, line) in by_uuid(&text) {
            assert_eq!(missing(&raw[&uuid], &line), Vec::<String>::new(), "{line}");
        }
    }
}

#[test]
fn a_transform_can_be_added_and_removed_between_runs() {
    let world = World::new(90);
    let run = "run --config c.json --output sqlite:o.sqlite --until-idle";
    for (number, transform) in [(90, ""), (30, " --transform ocsf"), (30, " --transform ecs")] {
        if number == 30 {
            world.fake.add_events(number, None);
        }
        world.good(&format!("{run}{transform}"));
    }
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
    let database = rusqlite::Connection::open(world.path("o.sqlite")).unwrap();
    let count = |like: &str| -> u64 {
        let query = format!("SELECT count(*) FROM events WHERE payload LIKE '{like}'");
        database.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("%\"class_uid\":%"), count("%\"@timestamp\":%")), (30, 30));
}

#[test]
fn a_file_with_transformed_records_is_not_taken_for_a_stranger_s() {
    for transform in ["ocsf", "ecs"] {
        let world = World::new(20);
        let run =
            format!("run --config c.json --output o.ndjson --until-idle --transform {transform}");
        world.good(&run);
        // As if the state were lost.
        let message = world.bad(&format!("{run} --state other.sqlite"), 2);
        assert!(message.contains("--accept-output"), "{message}");
        copy(&world, "o.ndjson", "copy.ndjson");
        assert_same(&world.in_file("copy.ndjson"), &world.truth());
    }
}

#[test]
fn preview_and_demo_show_transformed_records() {
    let world = World::new(20);
    let output = world.good("preview --config c.json -n 3 --transform ocsf");
    let lines = host_kit::stdout(&output);
    assert_eq!(lines.lines().count(), 3);
    for line in lines.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["metadata"]["tenant_uid"], fake_buildkite::SLUG);
    }
    let output = world.good("demo --events 5 --transform ecs");
    assert!(host_kit::stdout(&output).lines().all(|line| line.contains("\"ecs\":{")));
}

#[test]
fn flags_that_do_not_fit_are_refused_and_named() {
    let world = World::new(2);
    for (flags, words) in [
        (
            "ocsf --transform-settings {\"version\":\"1.7.0\"}",
            "version: for ocsf, must be \"1.8.0\" (the default) or",
        ),
        (
            "ecs --transform-settings {\"schema\":\"ocsf\"}",
            "schema: --transform ecs already chose it",
        ),
        ("ecs --transform-settings 5", "--transform-settings: must be a JSON object"),
        ("nothing.wasm", "--transform nothing.wasm: does not exist; use ocsf, ecs or"),
        ("c.json", "--transform c.json: not a component"),
    ] {
        let line = format!("run --config c.json --output o.ndjson --once --transform {flags}");
        let message = world.bad(&line, 2);
        assert!(message.contains(words), "{flags}: {message}");
    }
    assert!(!world.path("o.ndjson").exists());
}
