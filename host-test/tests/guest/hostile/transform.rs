//! Hostile transforms: each is stopped, nothing that it returned is written, and no event is lost.

use host_kit::{Tenants, World, assert_same, stderr};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// An attack, and the message that ends the run.
const ATTACKS: [(&str, &str); 9] = [
    ("loop", "transform: the CPU limit of 1 s was exceeded"),
    ("memory", "transform: the memory limit of 128 MiB was exceeded; raise memory_mib"),
    ("trap", "transform: the component trapped: wasm trap: wasm `unreachable`"),
    ("drop", "transform: 9 events were returned for 10"),
    ("add", "transform: 11 events were returned for 10"),
    ("swap", "transform: another event was returned in the place of "),
    ("rename", "transform: another event was returned in the place of "),
    ("date", "transform: another event was returned in the place of "),
    ("fail", "transform: no 2026 ERROR that forges a linexxxx"),
];

fn hostile() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    BUILT.get_or_init(|| compose::compile("hostile-transform", &target).unwrap())
}

/// Runs through the transform that attacks. The settings have no white space, which would split the line.
fn attacked(world: &World, attack: &str) -> std::process::Output {
    let mut command =
        world.command("run --config c.json --output o.ndjson --until-idle --max-records 10");
    let settings = json!({"attack": attack}).to_string();
    command.arg("--transform").arg(hostile()).args(["--transform-settings", &settings]);
    command.output().unwrap()
}

#[test]
fn a_transform_that_misbehaves_is_stopped_and_the_next_run_has_every_event_once() {
    for (attack, words) in ATTACKS {
        let world = World::new(40);
        let config = world.path("c.json");
        let mut whole: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&config).unwrap()).unwrap();
        whole["limits"] = json!({"cpu_seconds": 1});
        world.whole_config(&whole);
        // Two batches are good.
        let output = attacked(&world, &format!("{attack} 2"));
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{attack}: {message}");
        assert!(message.contains(words), "{attack}: {message}");
        assert!(message.lines().all(|line| line.len() < 5_000), "{attack}: a long line");
        assert_eq!(world.in_file("o.ndjson").len(), 20, "{attack}");
        world.good("run --config c.json --output o.ndjson --until-idle");
        assert_same(&world.in_file("o.ndjson"), &world.truth());
    }
}

#[test]
fn what_a_transform_returns_is_bounded_and_stays_on_one_line() {
    let world = World::new(40);
    let output = attacked(&world, "huge 0");
    assert_eq!(output.status.code(), Some(0), "20 MiB in a batch: {}", stderr(&output));
    let world = World::new(40);
    let mut command = world.command("run --config c.json --output o.ndjson --until-idle");
    command
        .arg("--transform")
        .arg(hostile())
        .args(["--transform-settings", r#"{"attack":"huge"}"#]);
    let output = command.output().unwrap();
    let words = "transform: the limit of 64 MiB of returned data was exceeded";
    assert!(stderr(&output).contains(words), "{}", stderr(&output));
    let world = World::new(40);
    assert!(attacked(&world, "lines").status.success());
    let text = std::fs::read_to_string(world.path("o.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 40, "{text}");
}

#[test]
fn settings_that_a_transform_refuses_end_the_run_before_it_reads() {
    let world = World::new(4);
    let output = attacked(&world, "refuse");
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    let words =
        "--transform-settings: the settings are not valid\n  attack: no 2026 ERROR that forges";
    assert!(message.contains(words), "{message}");
    assert!(!world.path("o.ndjson").exists());
    assert!(world.fake.requests().is_empty());
}

#[test]
fn tenants_behind_a_transform_that_traps_lose_nothing() {
    let all = Tenants::with(fake_buildkite::Options { events: 60, ..Default::default() });
    for name in ["a", "b"] {
        all.add(name, json!({"page_size": 20}));
    }
    let mut command = all.command("--until-idle --max-records 10");
    command
        .arg("--transform")
        .arg(hostile())
        .args(["--transform-settings", r#"{"attack":"trap 2"}"#]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    for name in ["a", "b"] {
        assert_eq!(all.status(name).0, "failing");
        assert!(all.status(name).1.contains("transform: the component trapped"), "{name}");
        assert_eq!(all.got(name).len(), 20);
    }
    let output = all.command("--until-idle --transform ecs").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["a", "b"] {
        assert_same(&all.got(name), &all.0.truth());
        let text = std::fs::read_to_string(all.0.path(&format!("out/{name}.ndjson"))).unwrap();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["organization"]["name"], fake_buildkite::SLUG);
    }
}
