//! A file that other programs also write to: only what is certainly ours is ever truncated.

use host_kit::{Running, World, assert_same, stderr};
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::Write;

const RUN: &str = "run --config c.json --output o.ndjson --until-idle";

/// Sets the state back to before the checkpoint covered the records of the run: it has announced `announced`, and
/// remembers a file of length 0.
fn as_if_killed(world: &World, announced: &[u8]) {
    let state = rusqlite::Connection::open(world.path("c.state.sqlite")).unwrap();
    state.execute("UPDATE output_file SET length = 0, tail = x''", []).unwrap();
    state.execute("INSERT INTO writing VALUES (1, ?1)", [announced]).unwrap();
    state.execute("DELETE FROM checkpoint", []).unwrap();
}

fn append(world: &World, text: &[u8]) {
    let mut file =
        OpenOptions::new().append(true).create(true).open(world.path("o.ndjson")).unwrap();
    file.write_all(text).unwrap();
}

fn read(world: &World) -> Vec<u8> {
    fs::read(world.path("o.ndjson")).unwrap()
}

#[test]
fn two_states_that_take_turns_keep_each_others_records() {
    let world = World::new(120);
    let mut wanted = Vec::new();
    for state in ["a", "b"] {
        world.good(&format!("{RUN} --state {state} --accept-output"));
        wanted.extend(world.truth());
    }
    for state in ["a", "b", "a"] {
        let before = read(&world);
        world.fake.add_events(4, None);
        let line = format!("{RUN} --state {state}");
        // Without the flag, it could also be a state from a backup, which would repeat records.
        let message = world.bad(&line, 2);
        assert!(message.contains("another state writes to this file"), "{message}");
        world.good(&format!("{line} --accept-output"));
        assert!(read(&world).starts_with(&before), "{state}");
    }
    let all = world.in_file("o.ndjson");
    // `a` came after every new event, `b` before the last four.
    assert_eq!(all.len(), 120 + 12 + 120 + 8);
    assert_same(&all[..240], &wanted);
}

#[test]
fn lines_that_another_program_appended_between_two_runs_stay() {
    let world = World::new(5);
    // A first run without events remembers a length of 0.
    world.config(json!({}));
    world.good(RUN);
    append(&world, b"{\"uuid\":\"theirs\"}\n{\"uuid\":\"half\"}");
    let new = world.fake.add_events(3, None);
    let output = world.good(RUN);
    assert!(stderr(&output).contains("another process wrote"), "{}", stderr(&output));
    let all = world.in_file("o.ndjson");
    assert_eq!(all[..2], ["theirs", "half"]);
    assert_same(&all[2..], &new);
}

#[test]
fn what_a_killed_run_announced_is_truncated_however_much_of_it_was_written() {
    let world = World::new(40);
    world.good(RUN);
    let whole = read(&world);
    for written in [0, 1, whole.len() / 2, whole.len()] {
        fs::OpenOptions::new()
            .write(true)
            .open(world.path("o.ndjson"))
            .unwrap()
            .set_len(written as u64)
            .unwrap();
        as_if_killed(&world, &whole);
        world.good(RUN);
        assert_same(&world.in_file("o.ndjson"), &world.truth());
        assert_eq!(read(&world), whole);
    }
}

#[test]
fn what_others_wrote_after_a_kill_is_not_truncated() {
    let world = World::new(40);
    world.good(RUN);
    let whole = read(&world);
    for (theirs, why) in [
        ([whole.as_slice(), b"{\"uuid\":\"b\"}\n"].concat(), "ours and theirs"),
        (b"{\"uuid\":\"b\"}\n".to_vec(), "only theirs, and shorter"),
        ([&whole[..whole.len() - 2], b"\n\n"].concat(), "of our length"),
    ] {
        fs::write(world.path("o.ndjson"), &theirs).unwrap();
        as_if_killed(&world, &whole);
        if why != "only theirs, and shorter" {
            // They are in the file, and no checkpoint covers them.
            let message = world.bad(RUN, 2);
            assert!(message.contains("holds records of a run that was killed"), "{why}: {message}");
            assert_eq!(read(&world), theirs, "{why}");
        }
        world.good(&format!("{RUN} --accept-output"));
        let now = read(&world);
        assert!(now.starts_with(&theirs) && now.ends_with(&whole), "{why}");
    }
}

#[test]
fn nothing_stays_announced_after_a_clean_end() {
    let world = World::new(40);
    world.good(RUN);
    let state = rusqlite::Connection::open(world.path("c.state.sqlite")).unwrap();
    let count: u32 = state.query_row("SELECT count(*) FROM writing", [], |r| r.get(0)).unwrap();
    assert_eq!(count, 0);
}

#[test]
fn two_runs_whose_locks_were_removed_do_not_both_write() {
    let world = World::new(400);
    let line = "run --config c.json --output sqlite:o.sqlite --until-idle";
    let mut slow = Running::start(world.command(&format!("{line} --max-records 1")));
    slow.says("started");
    for name in ["c.state.sqlite.lock", "o.sqlite.lock"] {
        std::fs::remove_file(world.path(name)).unwrap();
    }
    world.host(line);
    let code = slow.0.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 2)), "{code:?}");
    world.good(line);
    host_kit::assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}
