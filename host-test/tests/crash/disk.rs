//! Disks that are full, read-only or broken, and a limit on the size of files.

use super::call::Kind;
use super::matrix::{Matrix, Sink, wanted};
use super::supervisor::{Blow, supervise};
use host_kit::{World, assert_same, stderr};
use nix::errno::Errno;
use std::process::Command;

/// From one call on the disk fails. The run says so and ends; the next one goes on.
fn failing(name: &str, kind: Kind, error: Errno, sink: Sink) {
    let world = World::new(100);
    let mut matrix = Matrix::new(name, sink, &world);
    let blow = Blow::Fail(kind, error);
    let whole = supervise(&world, &matrix.line(), 0, blow);
    assert_eq!(whole.code, Some(0), "{}", whole.said);
    matrix.forget();
    let mut story = 0;
    while !matrix.is_done() {
        // The first calls open and make files: every other blow falls among them.
        let range = if story % 2 == 0 { whole.calls } else { whole.calls.min(40) };
        let at = 1 + range * story / wanted() % range;
        let ended = supervise(&world, &matrix.line(), at, blow);
        let said = &ended.said;
        match ended.code {
            // Nothing failed but what may fail: such as the sync of a folder that is empty.
            Some(0) => {}
            Some(1 | 2) => {
                assert!(ended.struck, "{said}");
                let last = said.lines().last().unwrap_or_default();
                assert!(last.starts_with("error: ") && names_a_file(last), "at {at}: {said}");
            }
            code => panic!("{name} at {at}: exit code {code:?}: {said}"),
        }
        matrix.count(u64::from(ended.struck));
        matrix.end_story(&format!("a failure from call {at} of {} on", whole.calls));
        story += 1;
    }
    matrix.tell();
}

fn names_a_file(line: &str) -> bool {
    ["c.state.sqlite", "o.ndjson", "o.sqlite"].iter().any(|name| line.contains(name))
}

#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    for sink in [Sink::File, Sink::Sqlite] {
        failing("disk full", Kind::Bytes, Errno::ENOSPC, sink);
    }
}

#[test]
fn a_read_only_disk_is_told_and_the_next_run_goes_on() {
    for sink in [Sink::File, Sink::Sqlite] {
        failing("disk read-only", Kind::Open, Errno::EROFS, sink);
    }
}

#[test]
fn a_disk_that_cannot_sync_is_told_and_the_next_run_goes_on() {
    for sink in [Sink::File, Sink::Sqlite] {
        failing("disk broken", Kind::Sync, Errno::EIO, sink);
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_told_and_the_next_run_goes_on() {
    // The smaller limit is met by the state, before there is an output.
    for (sink, blocks) in
        [(Sink::File, 8), (Sink::File, 120), (Sink::Sqlite, 8), (Sink::Sqlite, 120)]
    {
        let world = World::new(200);
        let mut matrix = Matrix::new("file size", sink, &world);
        // In blocks of 512 bytes. Source: POSIX, ulimit.
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh", &host_kit::host()])
            .args(matrix.line().split_whitespace())
            .current_dir(world.folder.path())
            .output()
            .unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{sink:?} {blocks}: {said}");
        assert!(names_a_file(said.lines().last().unwrap_or_default()), "{said}");
        matrix.end_story("a limit");
    }
}

#[test]
fn a_full_device_is_told_and_nothing_counts_as_delivered() {
    let world = World::new(30);
    let said = world.bad("run --config c.json --once --output /dev/full", 1);
    assert!(said.contains("cannot write the output /dev/full: No space left on device"), "{said}");
    world.good("run --config c.json --once --output o.ndjson");
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}
