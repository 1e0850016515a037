//! A file and its state, when one of them is not what the other remembers.

use host_kit::{World, assert_same, copy, put_back};
use std::fs::{self, OpenOptions};
use std::process::Command;

const RUN: &str = "run --config c.json --output o.ndjson --until-idle";

/// Asserts that the run is refused for this reason, and that the output is unchanged. Returns the message.
fn refused(world: &World, reason: &str) -> String {
    let before = fs::read(world.path("o.ndjson")).unwrap();
    let message = world.bad(RUN, 2);
    assert!(message.contains(reason) && message.contains("--accept-output"), "{message}");
    assert_eq!(fs::read(world.path("o.ndjson")).unwrap(), before);
    message
}

fn run_on(world: &World, events: u64) {
    world.fake.add_events(events, None);
    world.good(RUN);
}

#[test]
fn an_empty_or_missing_state_is_refused_if_the_output_has_records() {
    for is_gone in [false, true] {
        let world = World::new(30);
        world.good(RUN);
        match is_gone {
            true => fs::remove_file(world.path("c.state.sqlite")).unwrap(),
            false => fs::write(world.path("c.state.sqlite"), "").unwrap(),
        }
        // Also the second time, when the state is no longer empty.
        refused(&world, "the state is new or empty");
        refused(&world, "the state is new or empty");
        fs::rename(world.path("o.ndjson"), world.path("away")).unwrap();
        world.good(RUN);
        assert_same(&world.in_file("o.ndjson"), &world.truth());
    }
}

#[test]
fn an_empty_state_is_a_first_run_if_the_output_has_no_records() {
    for output in [None, Some(""), Some("# a header of somebody else\n")] {
        let world = World::new(30);
        fs::write(world.path("c.state.sqlite"), "").unwrap();
        if let Some(text) = output {
            fs::write(world.path("o.ndjson"), text).unwrap();
        }
        world.good(RUN);
        let text = fs::read_to_string(world.path("o.ndjson")).unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with('{')).count(), 30);
    }
}

#[test]
fn an_operator_may_append_to_records_of_a_lost_state_or_reset_it() {
    let world = World::new(30);
    world.good(RUN);
    fs::remove_file(world.path("c.state.sqlite")).unwrap();
    world.good(&format!("{RUN} --accept-output"));
    assert_eq!(world.in_file("o.ndjson").len(), 60);
    run_on(&world, 2);
    world.good("state reset --state c.state.sqlite");
    world.good(RUN);
    assert_eq!(world.in_file("o.ndjson").len(), 60 + 2 + 32);
}

#[test]
fn a_state_from_a_backup_is_refused_and_the_suggested_fix_delivers_each_event_once() {
    let world = World::new(30);
    world.good(RUN);
    copy(&world, "c.state.sqlite", "backup");
    run_on(&world, 7);
    copy(&world, "c.state.sqlite", "newer");
    put_back(&world, "backup", "c.state.sqlite");
    let message = refused(&world, "the state was restored from a backup");
    let command = message.split("`truncate").nth(1).unwrap().split('`').next().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("truncate{command}")]).current_dir(world.folder.path());
    assert!(shell.status().unwrap().success());
    world.good(RUN);
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}

#[test]
fn a_rotated_file_that_is_put_back_is_never_suggested_for_truncation() {
    for is_same in [false, true] {
        let world = World::new(30);
        world.good(RUN);
        fs::rename(world.path("o.ndjson"), world.path("rotated")).unwrap();
        // There were no new events, so the new file is empty.
        world.good(RUN);
        assert_eq!(fs::read(world.path("o.ndjson")).unwrap(), b"");
        match is_same {
            true => copy(&world, "rotated", "o.ndjson"),
            false => put_back(&world, "rotated", "o.ndjson"),
        }
        let message = refused(&world, "holds records, but not those");
        assert!(
            message.contains("move this one away") && !message.contains("truncate"),
            "{message}"
        );
        fs::rename(world.path("o.ndjson"), world.path("rotated")).unwrap();
        run_on(&world, 4);
        let all = ["rotated", "o.ndjson"].map(|name| world.in_file(name)).concat();
        assert_same(&all, &world.truth());
    }
}

#[test]
fn a_copied_state_and_its_original_do_not_both_continue() {
    let world = World::new(30);
    world.good(RUN);
    copy(&world, "c.state.sqlite", "copied");
    world.fake.add_events(3, None);
    world.good(&format!("{RUN} --state copied"));
    refused(&world, "the state was restored from a backup");
    world.good(&format!("{RUN} --state copied"));
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}

#[test]
fn an_output_from_a_backup_is_refused_whether_it_is_the_same_file_or_another() {
    for is_same in [false, true] {
        let world = World::new(30);
        world.good(RUN);
        copy(&world, "o.ndjson", "backup");
        run_on(&world, 7);
        copy(&world, "o.ndjson", "newer");
        match is_same {
            true => copy(&world, "backup", "o.ndjson"),
            false => put_back(&world, "backup", "o.ndjson"),
        }
        refused(&world, if is_same { "is shorter than the last run left it" } else { "not those" });
        put_back(&world, "newer", "o.ndjson");
        run_on(&world, 2);
        assert_same(&world.in_file("o.ndjson"), &world.truth());
    }
}

#[test]
fn state_and_output_from_one_backup_continue() {
    let world = World::new(30);
    world.good(RUN);
    copy(&world, "c.state.sqlite", "state");
    copy(&world, "o.ndjson", "output");
    run_on(&world, 7);
    put_back(&world, "state", "c.state.sqlite");
    put_back(&world, "output", "o.ndjson");
    world.good(RUN);
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}

#[test]
fn the_output_of_another_state_is_refused() {
    let world = World::new(30);
    world.good(RUN);
    // In smaller batches, and therefore in a different order.
    let other = "run --config c.json --output other --until-idle --state s --max-records 7";
    world.fake.add_events(9, None);
    world.good(other);
    put_back(&world, "other", "o.ndjson");
    refused(&world, "holds records, but not those");
    let file = OpenOptions::new().write(true).open(world.path("o.ndjson")).unwrap();
    file.set_len(100).unwrap();
    // The beginning of a record from another file.
    refused(&world, "is not the file that this state wrote");
    fs::write(world.path("o.ndjson"), "somebody else's notes\n").unwrap();
    refused(&world, "is not the file that this state wrote");
    world.good(&format!("{RUN} --accept-output"));
    let kept = fs::read_to_string(world.path("o.ndjson")).unwrap();
    assert!(kept.starts_with("somebody else's notes\n"));
}

#[test]
fn a_file_that_was_copied_to_another_disk_or_cut_at_its_beginning_continues() {
    let world = World::new(30);
    world.good(RUN);
    copy(&world, "o.ndjson", "moved");
    put_back(&world, "moved", "o.ndjson");
    run_on(&world, 4);
    assert_same(&world.in_file("o.ndjson"), &world.truth());
    let text = fs::read_to_string(world.path("o.ndjson")).unwrap();
    let last: String = text.split_inclusive('\n').skip(20).collect();
    for name in ["o.ndjson", "other"] {
        // Rewritten in place, and as a new file.
        fs::write(world.path(name), &last).unwrap();
        fs::rename(world.path(name), world.path("o.ndjson")).unwrap();
        world.good(RUN);
        assert_eq!(fs::read_to_string(world.path("o.ndjson")).unwrap(), last);
    }
}

#[test]
fn records_of_a_killed_run_with_other_lines_after_them_are_refused() {
    for lines in [1, 3, 7] {
        let world = World::new(30);
        world.good(RUN);
        let text = fs::read_to_string(world.path("o.ndjson")).unwrap();
        let at = text.match_indices('\n').nth(29 - lines).unwrap().0 + 1;
        let batch = text[at..].to_owned();
        // As a kill between the write and the checkpoint leaves it, followed by a line from another process.
        let state = rusqlite::Connection::open(world.path("c.state.sqlite")).unwrap();
        state.execute("INSERT INTO writing VALUES (1, ?1)", [batch.as_bytes()]).unwrap();
        drop(state);
        let whole = format!("{text}{batch}somebody else\n");
        fs::write(world.path("o.ndjson"), &whole).unwrap();
        let message = refused(&world, "holds records of a run that was killed");
        let remedy = format!("remove the {} bytes after byte {}", batch.len(), text.len());
        assert!(message.contains(&remedy), "{message}");
        fs::write(world.path("o.ndjson"), &text).unwrap();
        world.good(RUN);
        assert_same(&world.in_file("o.ndjson"), &world.truth());
    }
}
