//! A type that the remote does not know is named and left out; the others are read, and when it becomes known, its
//! events come too.

use fake_buildkite::{Fault, Options, Truth};
use host_kit::{World, assert_same, stderr, stdout, until};
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The remote's words for a type that its enum does not have.
const REFUSAL: &str = r#"{"errors": [{"message": "Variable $types of type [AuditEventType!] was provided invalid value for 0 (Expected \"USER_UPDATED\" to be one of: TEAM_CREATED)", "locations": [{"line": 1, "column": 1}]}]}"#;

/// The uuids of all events of these types.
fn of_types(world: &World, types: &[&str]) -> Vec<String> {
    let is_one = |truth: &Truth| types.contains(&truth.kind.as_str());
    world.fake.truth().into_iter().filter(is_one).map(|truth| truth.uuid).collect()
}

#[test]
fn the_others_are_read() {
    let world = World::new(600);
    world.config(json!({
        "backfill_start_time": "2024-12-31T00:00:00Z",
        "event_types": ["USER_UPDATED", "USER_UPDATD", "TEAM_CREATED"],
    }));
    let output = world.good("run --config c.json --output o.ndjson --until-idle");
    let words = "event_types: Buildkite does not know the type USER_UPDATD; the others are read";
    assert_eq!(stderr(&output).matches(words).count(), 1, "{}", stderr(&output));
    assert_same(&world.in_file("o.ndjson"), &of_types(&world, &["USER_UPDATED", "TEAM_CREATED"]));
    let output = world.good("check --config c.json");
    assert!(stdout(&output).contains("warned   event types"), "{}", stdout(&output));
}

#[test]
fn a_type_that_becomes_known_within_an_hour_has_missed_nothing() {
    let known = Arc::new(AtomicBool::new(false));
    let is_known = Arc::clone(&known);
    let fault = move |_, variables: &serde_json::Value| {
        let asks = variables["types"].to_string().contains("USER_UPDATED");
        match asks && !is_known.load(Ordering::Relaxed) {
            true => Fault::Status { status: 200, headers: vec![], body: REFUSAL.to_owned() },
            false => Fault::None,
        }
    };
    let world = World::with(Options { fault: Some(Arc::new(fault)), ..Options::default() });
    world.config(json!({"lookback_seconds": 1, "event_types": ["USER_UPDATED", "TEAM_CREATED"]}));
    let run = || {
        world.good("run --config c.json --output o.ndjson --once");
        world.in_file("o.ndjson")
    };
    // From its first run on everything is new.
    run();
    let mut new = world.fake.add_events(1_000, None);
    new.extend({
        run();
        world.fake.add_events(1_000, None)
    });
    run();
    known.store(true, Ordering::Relaxed);
    new.extend(world.fake.add_events(1_000, None));
    let is_in = |list: &[String]| {
        let list: HashSet<String> = list.iter().cloned().collect();
        move |uuid: &String| list.contains(uuid)
    };
    let mut wanted = of_types(&world, &["USER_UPDATED"]);
    wanted.retain(is_in(&new));
    assert!(wanted.len() > 1);
    let mut always = of_types(&world, &["TEAM_CREATED"]);
    always.retain(is_in(&new));
    until("the type's events", || wanted.iter().all(is_in(&run())));
    let got = run();
    assert!(!always.is_empty());
    assert!(always.iter().all(is_in(&got)), "the type that was always known");
    let once: HashSet<&String> = got.iter().collect();
    assert_eq!(once.len(), got.len(), "none twice");
}

#[test]
fn a_long_list_of_slips_takes_its_time_and_is_read_past() {
    let world = World::new(600);
    let mut types: Vec<String> = (0..8).map(|number| format!("NO_SUCH_{number}")).collect();
    types.push("USER_UPDATED".into());
    world.config(json!({"backfill_start_time": "2024-12-31T00:00:00Z", "event_types": types}));
    // The made-up remote names one at a time.
    let output = world.good("run --config c.json --output o.ndjson --once");
    assert_eq!(world.fake.requests().len(), 4, "then it waits: {}", stderr(&output));
    let output = world.good("check --config c.json");
    let words = "knows no type NO_SUCH_0, NO_SUCH_1; fix it or remove it, and perhaps others";
    assert!(stdout(&output).contains(words), "{}", stdout(&output));
    let output = world.good("run --config c.json --output o.ndjson --until-idle");
    assert!(stderr(&output).contains("knows no type NO_SUCH_7"), "{}", stderr(&output));
    assert_same(&world.in_file("o.ndjson"), &of_types(&world, &["USER_UPDATED"]));
}

#[test]
fn where_no_type_is_known_the_config_is_wrong() {
    let world = World::new(3);
    world.config(json!({"event_types": ["USER_UPDATD"]}));
    let words = "Buildkite does not know the type USER_UPDATD; fix it or remove it";
    let said = world.bad("run --config c.json --once --output o.ndjson", 2);
    assert!(said.contains(words), "{said}");
    let output = world.host("check --config c.json");
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains(words), "{}", stdout(&output));
}
