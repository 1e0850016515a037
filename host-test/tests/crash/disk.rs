//! Disks that are full, read-only or broken, and a file-size limit.

use super::call::Kind;
use super::matrix::{Matrix, Sink, wanted};
use super::supervisor::{Strike, supervise};
use host_kit::{World, assert_same, stderr};
use nix::errno::Errno;
use std::process::Command;

/// Makes the disk fail from one call on. The run reports it and ends; the next one continues.
fn failing(name: &str, kind: Kind, error: Errno, sink: Sink) {
    let world = World::new(100);
    let mut matrix = Matrix::new(name, sink, &world);
    let strike = Strike::Fail(kind, error);
    let whole = supervise(&world, &matrix.line(), 0, strike);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    matrix.forget();
    let mut round = 0;
    while !matrix.is_done() {
        // The first calls open and create files, so every other strike falls among them.
        let range = if round % 2 == 0 { whole.calls } else { whole.calls.min(40) };
        let at = 1 + range * round / wanted() % range;
        let ended = supervise(&world, &matrix.line(), at, strike);
        let message = &ended.stderr;
        match ended.code {
            // Only calls whose failure does not matter have failed, such as the sync of an empty folder.
            Some(0) => {}
            Some(1 | 2) => {
                assert!(ended.struck, "{message}");
                let last = message.lines().last().unwrap_or_default();
                assert!(last.starts_with("error: ") && names_a_file(last), "at {at}: {message}");
            }
            code => panic!("{name} at {at}: exit code {code:?}: {message}"),
        }
        matrix.count(u64::from(ended.struck));
        matrix.end_round(&format!("a failure from call {at} of {} on", whole.calls));
        round += 1;
    }
    matrix.print();
}

fn names_a_file(line: &str) -> bool {
    ["c.state.sqlite", "o.ndjson", "o.sqlite"].iter().any(|name| line.contains(name))
}

#[test]
fn a_full_disk_is_reported_and_the_next_run_continues() {
    for sink in [Sink::File, Sink::Sqlite] {
        failing("disk full", Kind::Bytes, Errno::ENOSPC, sink);
    }
}

#[test]
fn a_read_only_disk_is_reported_and_the_next_run_continues() {
    for sink in [Sink::File, Sink::Sqlite] {
        failing("disk read-only", Kind::Open, Errno::EROFS, sink);
    }
}

#[test]
fn a_disk_that_cannot_sync_is_reported_and_the_next_run_continues() {
    for sink in [Sink::File, Sink::Sqlite] {
        failing("disk broken", Kind::Sync, Errno::EIO, sink);
    }
}

#[test]
fn a_file_size_limit_is_reported_and_the_next_run_continues() {
    // The state meets the smaller limit before there is an output.
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
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{sink:?} {blocks}: {message}");
        assert!(names_a_file(message.lines().last().unwrap_or_default()), "{message}");
        matrix.end_round("a limit");
    }
}

#[test]
fn a_full_device_is_reported_and_nothing_counts_as_delivered() {
    let world = World::new(30);
    let message = world.bad("run --config c.json --once --output /dev/full", 1);
    assert!(
        message.contains("cannot write output /dev/full: No space left on device"),
        "{message}"
    );
    world.good("run --config c.json --once --output o.ndjson");
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}
