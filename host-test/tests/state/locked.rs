//! Databases that another program has locked: the message names the database, the run waits, and nothing is lost.

use host_kit::{Running, World, assert_same, until};
use rusqlite::Connection;
use std::fs;
use std::process::Stdio;

const FILE: &str = "run --config c.json --output o.ndjson --max-records 10";
const SQLITE: &str = "run --config c.json --output sqlite:o.sqlite --max-records 10";

/// How another program locks a database.
const WAYS: [&str; 3] =
    ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN; SELECT count(*) FROM sqlite_schema"];

fn lock(world: &World, name: &str, way: &str) -> Connection {
    let database = Connection::open(world.path(name)).unwrap();
    database.busy_timeout(host_kit::PATIENCE).unwrap();
    database.execute_batch(way).unwrap();
    database
}

/// Starts a run whose log is a file.
fn start(world: &World, line: &str) -> Running {
    let mut command = world.command(line);
    command.stderr(Stdio::from(fs::File::create(world.path("log")).unwrap()));
    Running::start(command)
}

fn log_of(world: &World) -> String {
    fs::read_to_string(world.path("log")).unwrap()
}

/// Locks a database during a run that is idle after its first events, and so meets the lock at the next event.
fn locked_in_mid_run(line: &str, name: &str, words: &str, way: &str) {
    let world = World::new(20);
    world.config(serde_json::json!({
        "backfill_start_time": "2024-12-31T00:00:00Z", "poll_interval_seconds": 1
    }));
    world.good(&format!("{line} --until-idle"));
    let running = start(&world, line);
    until("the start", || log_of(&world).contains("started"));
    let lock = lock(&world, name, way);
    world.fake.add_events(25, None);
    until("a message about the lock", || log_of(&world).contains("retrying in"));
    let log = log_of(&world);
    assert!(log.contains(words) && log.contains("is locked by another program"), "{way}: {log}");
    drop(lock);
    let got = || match line == FILE {
        true => fs::read_to_string(world.path("o.ndjson")).unwrap().lines().count(),
        false => world.in_sqlite("o.sqlite").len(),
    };
    until("the rest", || got() == 45);
    assert_eq!(running.signal("TERM"), Some(0));
    match line == FILE {
        true => assert_same(&world.in_file("o.ndjson"), &world.truth()),
        false => assert_same(&world.in_sqlite("o.sqlite"), &world.truth()),
    }
}

#[test]
fn a_run_waits_for_a_locked_output_and_names_it() {
    WAYS.iter().for_each(|way| locked_in_mid_run(SQLITE, "o.sqlite", "output ", way));
}

#[test]
fn a_run_waits_for_a_locked_state_and_names_it() {
    for (line, way) in [(SQLITE, WAYS[0]), (FILE, WAYS[1]), (FILE, WAYS[2])] {
        locked_in_mid_run(line, "c.state.sqlite", "state ", way);
    }
}

#[test]
fn a_run_waits_for_a_lock_at_its_start() {
    for name in ["c.state.sqlite", "o.sqlite"] {
        let world = World::new(20);
        world.good(&format!("{SQLITE} --until-idle"));
        world.fake.add_events(3, None);
        let lock = lock(&world, name, "BEGIN EXCLUSIVE");
        let mut running = start(&world, &format!("{SQLITE} --until-idle"));
        until("a message about the lock", || log_of(&world).contains("retrying in"));
        assert!(log_of(&world).contains(&format!("{name} is locked")), "{}", log_of(&world));
        drop(lock);
        assert_eq!(running.0.wait().unwrap().code(), Some(0), "{}", log_of(&world));
        assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
    }
}

#[test]
fn a_signal_ends_a_run_that_waits_for_a_lock() {
    let world = World::new(20);
    world.good(&format!("{SQLITE} --until-idle"));
    let new = world.fake.add_events(15, None);
    for name in ["c.state.sqlite", "o.sqlite"] {
        let lock = lock(&world, name, "BEGIN EXCLUSIVE");
        let running = start(&world, SQLITE);
        until("a message about the lock", || log_of(&world).contains("retrying in"));
        assert_eq!(running.signal("TERM"), Some(0), "{}", log_of(&world));
        drop(lock);
    }
    // Again with a batch in progress, so that the lock is met after the start.
    world.config(serde_json::json!({
        "backfill_start_time": "2024-12-31T00:00:00Z", "poll_interval_seconds": 1
    }));
    let running = start(&world, SQLITE);
    until("the first", || world.in_sqlite("o.sqlite").len() == 20 + new.len());
    let lock = lock(&world, "o.sqlite", "BEGIN IMMEDIATE");
    world.fake.add_events(25, None);
    until("a message about the lock", || log_of(&world).contains("retrying in"));
    assert_eq!(running.signal("TERM"), Some(0), "{}", log_of(&world));
    drop(lock);
    world.good(&format!("{SQLITE} --until-idle"));
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn a_lock_that_outlasts_the_retries_ends_the_run_with_code_1() {
    let world = World::new(20);
    world.good(&format!("{SQLITE} --until-idle"));
    world.fake.add_events(3, None);
    for name in ["c.state.sqlite", "o.sqlite"] {
        let _lock = lock(&world, name, "BEGIN EXCLUSIVE");
        let message = world.bad(&format!("{SQLITE} --once --retries 0"), 1);
        assert!(message.contains("gave up after 0 retries") && message.contains(name), "{message}");
    }
    world.good(&format!("{SQLITE} --until-idle"));
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn a_locked_state_is_named_by_the_commands_for_states() {
    let world = World::new(3);
    world.good(&format!("{FILE} --until-idle"));
    let _lock = lock(&world, "c.state.sqlite", "BEGIN EXCLUSIVE");
    for what in ["show --state c.state.sqlite", "reset --state c.state.sqlite"] {
        let message = world.bad(&format!("state {what}"), 1);
        assert!(message.contains("c.state.sqlite is locked by another program"), "{message}");
    }
}
