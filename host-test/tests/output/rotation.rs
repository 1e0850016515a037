//! Log rotation: the output is moved away or emptied, with or without a SIGHUP.

use host_kit::{Running, World, assert_same, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn hang_up(running: &Running) {
    kill(Pid::from_raw(running.0.id().cast_signed()), Signal::SIGHUP).unwrap();
}

fn lines(world: &World, name: &str) -> usize {
    fs::read_to_string(world.path(name)).unwrap_or_default().lines().count()
}

fn start(world: &World, output: &str) -> Running {
    world.config(serde_json::json!({
        "backfill_start_time": "2024-12-31T00:00:00Z", "poll_interval_seconds": 1
    }));
    let mut command = world.command(&format!("run --config c.json --output {output}"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Running::start(command)
}

#[test]
fn a_hang_up_starts_a_new_file_at_once() {
    let world = World::new(30);
    let running = start(&world, "o.ndjson");
    for round in 1..=3 {
        until("all events", || lines(&world, "o.ndjson") == if round == 1 { 30 } else { 5 });
        fs::rename(world.path("o.ndjson"), world.path(&format!("o.{round}"))).unwrap();
        hang_up(&running);
        // There is no new event to write, so only the signal can create the file.
        until("a new file", || world.path("o.ndjson").exists());
        assert_eq!(lines(&world, "o.ndjson"), 0);
        world.fake.add_events(5, None);
    }
    until("the last", || lines(&world, "o.ndjson") == 5);
    assert_eq!(running.signal("TERM"), Some(0));
    let all = ["o.1", "o.2", "o.3", "o.ndjson"].map(|name| world.in_file(name)).concat();
    assert_same(&all, &world.truth());
}

#[test]
fn a_hang_up_never_ends_a_run_whatever_its_output() {
    let world = World::new(30);
    for (number, output) in ["o.ndjson", "sqlite:o.sqlite", "-"].iter().enumerate() {
        let running = start(&world, &format!("{output} --state s{number}"));
        let before = world.fake.requests().len();
        until("a request", || world.fake.requests().len() > before);
        hang_up(&running);
        let before = world.fake.requests().len();
        until("another request", || world.fake.requests().len() > before + 1);
        assert_eq!(running.signal("TERM"), Some(0), "{output}");
    }
    assert_same(&world.in_file("o.ndjson"), &world.truth());
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn a_file_that_is_emptied_in_place_continues() {
    let world = World::new(30);
    let running = start(&world, "o.ndjson");
    until("all events", || lines(&world, "o.ndjson") == 30);
    fs::copy(world.path("o.ndjson"), world.path("o.1")).unwrap();
    // Copied and emptied, as `copytruncate` does, between two polls without new events.
    fs::File::options().write(true).open(world.path("o.ndjson")).unwrap().set_len(0).unwrap();
    hang_up(&running);
    world.fake.add_events(5, None);
    until("the new ones", || lines(&world, "o.ndjson") == 5);
    assert_eq!(running.signal("TERM"), Some(0));
    // The same between two runs.
    fs::rename(world.path("o.ndjson"), world.path("o.2")).unwrap();
    fs::write(world.path("o.ndjson"), "").unwrap();
    world.fake.add_events(5, None);
    world.good("run --config c.json --output o.ndjson --until-idle");
    let all = ["o.1", "o.2", "o.ndjson"].map(|name| world.in_file(name)).concat();
    assert_same(&all, &world.truth());
}

/// Returns how many events a database holds, or 0 if it does not exist.
fn rows(world: &World, name: &str) -> i64 {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(world.path(name), flags);
    let count = |it: rusqlite::Connection| {
        it.query_row("SELECT count(*) FROM events", [], |row| row.get(0))
    };
    database.and_then(count).unwrap_or(0)
}

#[test]
fn a_database_that_is_moved_away_starts_over_with_and_without_a_hang_up() {
    for hangs_up in [true, false] {
        let world = World::new(30);
        let running = start(&world, "sqlite:o.sqlite");
        for round in 1..=3 {
            let expected = if round == 1 { 30 } else { 5 };
            until("all events", || rows(&world, "o.sqlite") == expected);
            fs::rename(world.path("o.sqlite"), world.path(&format!("o.{round}"))).unwrap();
            if hangs_up {
                hang_up(&running);
                until("a new file", || world.path("o.sqlite").exists());
            }
            world.fake.add_events(5, None);
        }
        until("the last", || rows(&world, "o.sqlite") == 5);
        assert_eq!(running.signal("TERM"), Some(0));
        let all = ["o.1", "o.2", "o.3", "o.sqlite"].map(|name| world.in_sqlite(name)).concat();
        assert_same(&all, &world.truth());
    }
}

#[test]
fn a_database_that_is_emptied_in_place_starts_over() {
    let world = World::new(30);
    let running = start(&world, "sqlite:o.sqlite");
    until("all events", || rows(&world, "o.sqlite") == 30);
    fs::copy(world.path("o.sqlite"), world.path("o.1")).unwrap();
    fs::File::options().write(true).open(world.path("o.sqlite")).unwrap().set_len(0).unwrap();
    world.fake.add_events(5, None);
    until("the new ones", || rows(&world, "o.sqlite") == 5);
    assert_eq!(running.signal("TERM"), Some(0));
    let all = ["o.1", "o.sqlite"].map(|name| world.in_sqlite(name)).concat();
    assert_same(&all, &world.truth());
}

#[test]
fn replacing_the_output_by_another_database_ends_the_run_and_loses_nothing() {
    let world = World::new(30);
    world.good("run --config c.json --output sqlite:other --until-idle --state s");
    let mut running = start(&world, "sqlite:o.sqlite");
    until("all events", || rows(&world, "o.sqlite") == 30);
    fs::rename(world.path("o.sqlite"), world.path("o.1")).unwrap();
    fs::copy(world.path("other"), world.path("o.sqlite")).unwrap();
    world.fake.add_events(5, None);
    assert_eq!(running.0.wait().unwrap().code(), Some(2));
    fs::rename(world.path("o.1"), world.path("o.sqlite")).unwrap();
    world.good("run --config c.json --output sqlite:o.sqlite --until-idle");
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}

#[test]
fn tenants_outputs_start_over_after_a_hang_up() {
    let all = host_kit::Tenants::with(fake_buildkite::Options { events: 30, ..Default::default() });
    all.add("a", serde_json::json!({"poll_interval_seconds": 1}));
    let mut command = all.command("");
    command.stderr(Stdio::null());
    let running = Running::start(command);
    until("all events", || all.got("a").len() == 30);
    fs::rename(all.0.path("out/a.ndjson"), all.0.path("away")).unwrap();
    hang_up(&running);
    all.0.fake.add_events(5, None);
    until("the new ones", || all.got("a").len() == 5);
    assert_eq!(running.signal("TERM"), Some(0));
    assert_same(&[all.got("a"), all.0.in_file("away")].concat(), &all.0.truth());
}

#[test]
fn a_hang_up_waits_for_a_locked_state() {
    let world = World::new(30);
    world.config(serde_json::json!({
        "backfill_start_time": "2024-12-31T00:00:00Z", "poll_interval_seconds": 1
    }));
    let mut running =
        Running::start(world.command("run --config c.json --output o.ndjson --state s.sqlite"));
    until("all events", || lines(&world, "o.ndjson") == 30);
    let lock = rusqlite::Connection::open(world.path("s.sqlite")).unwrap();
    lock.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    fs::rename(world.path("o.ndjson"), world.path("o.1")).unwrap();
    hang_up(&running);
    // Either the new file or the checkpoint of a poll meets the lock first.
    running.says("is locked by another program");
    world.fake.add_events(5, None);
    drop(lock);
    until("the events after it", || lines(&world, "o.ndjson") == 5);
    assert_eq!(running.signal("TERM"), Some(0));
    let all = ["o.1", "o.ndjson"].map(|name| world.in_file(name)).concat();
    assert_same(&all, &world.truth());
}

#[test]
fn a_database_that_is_moved_again_and_again_as_soon_as_it_is_back_holds_each_event_once() {
    // Fewer moves than consecutive attempts.
    const MOVES: usize = 5;
    let world = World::new(300);
    let running = start(&world, "sqlite:o.sqlite --state s.sqlite --max-records 10");
    let names: Vec<String> = (0..MOVES).map(|number| format!("o.{number}")).collect();
    for name in &names {
        // Without the pauses of `until`, because the run has just opened the file.
        let deadline = Instant::now() + Duration::from_secs(60);
        while fs::rename(world.path("o.sqlite"), world.path(name)).is_err() {
            assert!(Instant::now() < deadline, "no output to move");
            std::thread::yield_now();
        }
        // As `create` of logrotate does. The run may be faster.
        let _ = fs::File::create_new(world.path("o.sqlite"));
    }
    let events = |name: &String| {
        let read_only = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let file = world.path(name);
        let database = rusqlite::Connection::open_with_flags(file, read_only).unwrap();
        let mut select = database.prepare("SELECT uuid FROM events").ok()?;
        let rows = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        Some(rows.map(Result::unwrap).collect::<Vec<_>>())
    };
    let all = || {
        let files = names.iter().cloned().chain(["o.sqlite".to_owned()]);
        files.filter_map(|name| events(&name)).flatten().collect::<Vec<_>>()
    };
    until("all events", || all().len() >= 300);
    assert_eq!(running.signal("TERM"), Some(0));
    assert_same(&all(), &world.truth());
}
