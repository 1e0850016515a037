//! A type that the remote does not know is named and left out. The others are read, and when it becomes known, its
//! events are delivered too.

use fake_buildkite::{Fault, Options, Truth};
use host_kit::{World, assert_same, stderr, stdout, until};
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The remote's message for a type that its enum does not have.
const REFUSAL: &str = r#"{"errors": [{"message": "Variable $types of type [AuditEventType!] was provided invalid value for 0 (Expected \"USER_UPDATED\" to be one of: TEAM_CREATED)", "locations": [{"line": 1, "column": 1}]}]}"#;

/// Returns the uuids of all events of these types.
fn of_types(world: &World, types: &[&str]) -> Vec<String> {
    let is_one = |truth: &Truth| types.contains(&truth.kind.as_str());
    world.fake.truth().into_iter().filter(is_one).map(|truth| truth.uuid).collect()
}

#[test]
fn an_unknown_type_is_named_and_the_others_are_read() {
    let world = World::new(600);
    world.config(json!({
        "backfill_start_time": "2024-12-31T00:00:00Z",
        "event_types": ["USER_UPDATED", "USER_UPDATD", "TEAM_CREATED"],
    }));
    let output = world.good("run --config c.json --output o.ndjson --until-idle");
    let words =
        "event_types: Buildkite does not know the type USER_UPDATD; the other types are read";
    assert_eq!(stderr(&output).matches(words).count(), 1, "{}", stderr(&output));
    assert_same(&world.in_file("o.ndjson"), &of_types(&world, &["USER_UPDATED", "TEAM_CREATED"]));
    let output = world.good("check --config c.json");
    assert!(stdout(&output).contains("warned   event types"), "{}", stdout(&output));
}

#[test]
fn a_type_that_becomes_known_within_an_hour_misses_no_events() {
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
    // Everything after the first run is new.
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
    assert!(
        always.iter().all(is_in(&got)),
        "an event of the type that was always known is missing"
    );
    let once: HashSet<&String> = got.iter().collect();
    assert_eq!(once.len(), got.len(), "an event was delivered twice");
}

#[test]
fn a_long_list_of_typos_takes_several_runs() {
    let world = World::new(600);
    let mut types: Vec<String> = (0..8).map(|number| format!("NO_SUCH_{number}")).collect();
    types.push("USER_UPDATED".into());
    world.config(json!({"backfill_start_time": "2024-12-31T00:00:00Z", "event_types": types}));
    // The fake names one type at a time.
    let output = world.good("run --config c.json --output o.ndjson --once");
    assert_eq!(world.fake.requests().len(), 4, "then it waits: {}", stderr(&output));
    let output = world.good("check --config c.json");
    let words = "the types NO_SUCH_0, NO_SUCH_1; fix or remove them; it may refuse others too";
    assert!(stdout(&output).contains(words), "{}", stdout(&output));
    let output = world.good("run --config c.json --output o.ndjson --until-idle");
    assert!(stderr(&output).contains("does not know the type NO_SUCH_7"), "{}", stderr(&output));
    assert_same(&world.in_file("o.ndjson"), &of_types(&world, &["USER_UPDATED"]));
}

#[test]
fn a_config_without_a_known_type_is_invalid() {
    let world = World::new(3);
    world.config(json!({"event_types": ["USER_UPDATD"]}));
    let words = "Buildkite does not know the type USER_UPDATD; fix it or remove it";
    let message = world.bad("run --config c.json --once --output o.ndjson", 2);
    assert!(message.contains(words), "{message}");
    let output = world.host("check --config c.json");
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains(words), "{}", stdout(&output));
}
