//! `run` with a file as its output: every event once, in whole lines.

use host_kit::{World, assert_same, until};
use serde_json::json;
use std::fs;

const RUN: &str = "run --config c.json --output o.ndjson --until-idle";

#[test]
fn twenty_thousand_events_arrive_exactly_once() {
    let world = World::new(20_000);
    world.good(RUN);
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}

#[test]
fn a_second_run_adds_only_new_events() {
    let world = World::new(1_200);
    world.good(RUN);
    let before = fs::read(world.path("o.ndjson")).unwrap();
    let new = world.fake.add_events(7, None);
    world.good(RUN);
    let after = fs::read(world.path("o.ndjson")).unwrap();
    assert!(after.starts_with(&before));
    let all = world.in_file("o.ndjson");
    assert_same(&all[1_200..], &new);
}

#[test]
fn without_a_backfill_start_only_later_events_are_delivered() {
    let world = World::new(300);
    world.config(json!({}));
    world.good(RUN);
    assert_eq!(world.in_file("o.ndjson"), Vec::<String>::new());
    let new = world.fake.add_events(3, None);
    world.good(RUN);
    assert_same(&world.in_file("o.ndjson"), &new);
}

#[test]
fn batches_of_any_size_deliver_the_same_events() {
    let world = World::new(1_100);
    world.good(&format!("{RUN} --max-records 77"));
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}

#[test]
fn the_state_is_beside_the_config_unless_it_is_named() {
    let world = World::new(1);
    world.good(RUN);
    assert!(world.path("c.state.sqlite").is_file());
    world.good("run --config c.json --output other.ndjson --until-idle --state other");
    assert!(world.path("other").is_file());
}

#[test]
fn a_deleted_file_is_created_again_with_only_new_events() {
    let world = World::new(600);
    world.good(RUN);
    fs::remove_file(world.path("o.ndjson")).unwrap();
    let new = world.fake.add_events(2, None);
    world.good(RUN);
    assert_same(&world.in_file("o.ndjson"), &new);
}

#[test]
fn a_file_of_another_program_is_appended_to_and_its_incomplete_line_is_ended() {
    let world = World::new(10);
    fs::write(world.path("o.ndjson"), "{\"uuid\":\"theirs\"}").unwrap();
    let output = world.good(RUN);
    assert!(host_kit::stderr(&output).contains("the last line of o.ndjson is incomplete"));
    let all = world.in_file("o.ndjson");
    assert_eq!(all[0], "theirs");
    assert_same(&all[1..], &world.truth());
}

#[test]
fn a_rewritten_file_with_the_same_inode_is_not_truncated() {
    let world = World::new(600);
    world.good(RUN);
    let size = fs::metadata(world.path("o.ndjson")).unwrap().len() as usize;
    // The same file with other content: the bytes before the remembered length are gone.
    let theirs = "x".repeat(size + 1_000) + "\n";
    fs::write(world.path("o.ndjson"), &theirs).unwrap();
    let message = world.bad(RUN, 2);
    assert!(message.contains("is not the file that this state wrote"), "{message}");
    world.good(&format!("{RUN} --accept-output"));
    assert_eq!(fs::read_to_string(world.path("o.ndjson")).unwrap(), theirs);
}

#[test]
fn a_signal_ends_the_run_with_success_and_a_stored_checkpoint() {
    for signal in ["INT", "TERM"] {
        let world = World::new(700);
        let mut command = world.command("run --config c.json --output o.ndjson");
        command.stderr(std::process::Stdio::null());
        let running = host_kit::Running::start(command);
        let truth = world.truth();
        until("all events", || {
            let text = fs::read_to_string(world.path("o.ndjson")).unwrap_or_default();
            text.lines().count() == truth.len()
        });
        assert_eq!(running.signal(signal), Some(0), "{signal}");
        world.good(RUN);
        assert_same(&world.in_file("o.ndjson"), &truth);
    }
}

#[test]
fn standard_output_holds_records_and_nothing_else() {
    let world = World::new(600);
    let output = world.good("run --config c.json --until-idle");
    assert_same(&host_kit::uuids(&host_kit::stdout(&output)), &world.truth());
    assert!(host_kit::stderr(&output).contains("600 events"));
}

#[test]
fn an_output_that_is_moved_during_a_run_continues_in_a_new_file() {
    let world = World::new(2_000);
    let mut command = world.command("run --config c.json --output o.ndjson --max-records 1");
    command.stderr(std::process::Stdio::null());
    let running = host_kit::Running::start(command);
    let size = |name: &str| fs::metadata(world.path(name)).map_or(0, |metadata| metadata.len());
    until("some events", || size("o.ndjson") > 0);
    fs::rename(world.path("o.ndjson"), world.path("moved")).unwrap();
    until("a new file", || size("o.ndjson") > 0);
    assert_eq!(running.signal("TERM"), Some(0));
    world.good(RUN);
    let both = [world.in_file("moved"), world.in_file("o.ndjson")].concat();
    assert_same(&both, &world.truth());
}
