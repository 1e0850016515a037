//! A database and its state, when one of them is not what the other remembers.

use host_kit::{Running, World, assert_same, copy, put_back, stderr, until};
use std::fs;

const RUN: &str = "run --config c.json --output sqlite:o.sqlite --until-idle";

/// Asserts that the run is refused for this reason, and that the events are unchanged.
fn refused(world: &World, reason: &str) {
    let before = world.in_sqlite("o.sqlite");
    let message = world.bad(RUN, 2);
    assert!(message.contains(reason) && message.contains("--accept-output"), "{message}");
    assert_eq!(world.in_sqlite("o.sqlite"), before);
}

fn run_on(world: &World, events: u64) {
    world.fake.add_events(events, None);
    world.good(RUN);
}

#[test]
fn an_empty_or_missing_state_is_refused_if_the_output_has_events() {
    for is_gone in [false, true] {
        let world = World::new(30);
        world.good(RUN);
        match is_gone {
            true => fs::remove_file(world.path("c.state.sqlite")).unwrap(),
            false => fs::write(world.path("c.state.sqlite"), "").unwrap(),
        }
        refused(&world, "the state is new or empty");
        refused(&world, "the state is new or empty");
        world.good(&format!("{RUN} --accept-output"));
        assert_eq!(world.in_sqlite("o.sqlite").len(), 60);
        // Once accepted, they belong together.
        run_on(&world, 2);
        assert_eq!(world.in_sqlite("o.sqlite").len(), 62);
    }
}

#[test]
fn a_state_from_a_backup_is_refused() {
    let world = World::new(30);
    world.good(RUN);
    copy(&world, "c.state.sqlite", "backup");
    run_on(&world, 7);
    copy(&world, "c.state.sqlite", "newer");
    put_back(&world, "backup", "c.state.sqlite");
    refused(&world, "the state was restored from a backup");
    put_back(&world, "newer", "c.state.sqlite");
    run_on(&world, 1);
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn an_output_from_a_backup_is_refused() {
    let world = World::new(30);
    world.good(RUN);
    copy(&world, "o.sqlite", "backup");
    run_on(&world, 7);
    copy(&world, "o.sqlite", "newer");
    put_back(&world, "backup", "o.sqlite");
    refused(&world, "the output was restored from a backup");
    put_back(&world, "newer", "o.sqlite");
    run_on(&world, 1);
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn state_and_output_from_one_backup_continue() {
    let world = World::new(30);
    world.good(RUN);
    copy(&world, "c.state.sqlite", "state");
    copy(&world, "o.sqlite", "output");
    run_on(&world, 7);
    put_back(&world, "state", "c.state.sqlite");
    put_back(&world, "output", "o.sqlite");
    world.good(RUN);
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn the_output_of_another_state_and_a_copied_state_are_refused() {
    let world = World::new(30);
    world.good(RUN);
    world.good("run --config c.json --output sqlite:other --until-idle --state s");
    copy(&world, "o.sqlite", "mine");
    copy(&world, "other", "o.sqlite");
    refused(&world, "holds events of another state");
    copy(&world, "mine", "o.sqlite");
    copy(&world, "c.state.sqlite", "copied");
    world.fake.add_events(3, None);
    world.good(&format!("{RUN} --state copied"));
    refused(&world, "the state was restored from a backup");
}

#[test]
fn an_output_of_another_kind_is_announced_as_new() {
    let world = World::new(30);
    world.good(RUN);
    world.fake.add_events(4, None);
    let message = stderr(&world.good("run --config c.json --output o.ndjson --until-idle"));
    assert!(message.contains("o.ndjson is a new file; earlier records are not in it"), "{message}");
    assert_eq!(world.in_file("o.ndjson").len(), 4);
}

#[test]
fn an_output_that_was_moved_away_starts_over_and_continues_when_it_is_back() {
    let world = World::new(30);
    world.good(RUN);
    fs::rename(world.path("o.sqlite"), world.path("first")).unwrap();
    world.fake.add_events(4, None);
    let message = stderr(&world.good(RUN));
    assert!(message.contains("o.sqlite is a new file; earlier records are not in it"), "{message}");
    assert_eq!(world.in_sqlite("o.sqlite").len(), 4);
    fs::rename(world.path("o.sqlite"), world.path("second")).unwrap();
    fs::rename(world.path("first"), world.path("o.sqlite")).unwrap();
    run_on(&world, 5);
    let both = [world.in_sqlite("o.sqlite"), world.in_sqlite("second")].concat();
    assert_same(&both, &world.truth());
}

#[test]
fn files_of_the_previous_version_continue_and_recognize_each_other_from_then_on() {
    let world = World::new(30);
    world.good(RUN);
    for name in ["c.state.sqlite", "o.sqlite"] {
        let database = rusqlite::Connection::open(world.path(name)).unwrap();
        database.execute_batch("DROP TABLE identity; DROP TABLE partner").unwrap();
    }
    world.good("state show --state c.state.sqlite");
    run_on(&world, 4);
    copy(&world, "c.state.sqlite", "backup");
    run_on(&world, 4);
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
    put_back(&world, "backup", "c.state.sqlite");
    refused(&world, "the state was restored from a backup");
}

#[test]
fn events_that_the_operator_deleted_are_not_reported_as_missing() {
    let world = World::new(30);
    world.good(RUN);
    let database = rusqlite::Connection::open(world.path("o.sqlite")).unwrap();
    database.execute_batch("DELETE FROM events; VACUUM").unwrap();
    drop(database);
    run_on(&world, 4);
    assert_eq!(world.in_sqlite("o.sqlite").len(), 4);
}

#[test]
fn a_first_output_is_not_announced_as_a_new_file() {
    let world = World::new(3);
    let message = stderr(&world.good(RUN));
    assert!(!message.contains("new file"), "{message}");
}

#[test]
fn a_damaged_state_or_output_is_left_unchanged_and_the_message_says_what_to_do() {
    for name in ["c.state.sqlite", "o.sqlite"] {
        let world = World::new(30);
        world.good(RUN);
        let whole = fs::read(world.path(name)).unwrap();
        for bytes in [whole[..whole.len() / 2].to_vec(), whole[..150].to_vec()] {
            fs::write(world.path(name), &bytes).unwrap();
            let message = world.bad(RUN, 2);
            assert!(
                message.contains(name) && message.contains("the file was not changed"),
                "{message}"
            );
            assert!(message.contains("restore a copy"), "{message}");
            assert_eq!(fs::read(world.path(name)).unwrap(), bytes);
        }
    }
}

#[test]
fn a_state_that_is_moved_away_during_a_run_is_named() {
    let world = World::new(30);
    world.config(serde_json::json!({
        "backfill_start_time": "2024-12-31T00:00:00Z", "poll_interval_seconds": 1
    }));
    let mut running = Running::start(world.command("run --config c.json --output o.ndjson"));
    until("all events", || {
        fs::read_to_string(world.path("o.ndjson")).unwrap_or_default().lines().count() == 30
    });
    fs::rename(world.path("c.state.sqlite"), world.path("away")).unwrap();
    world.fake.add_events(5, None);
    assert_eq!(running.0.wait().unwrap().code(), Some(1));
    let message = std::io::read_to_string(running.0.stderr.take().unwrap()).unwrap();
    assert!(message.contains("was moved or removed while it was in use"), "{message}");
    assert!(message.contains("c.state.sqlite"), "{message}");
    fs::rename(world.path("away"), world.path("c.state.sqlite")).unwrap();
    world.good("run --config c.json --output o.ndjson --until-idle");
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}
