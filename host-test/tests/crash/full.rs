//! A disk that takes no more: a clear error, nothing corrupt, and the next run goes on.

use crate::common::{World, assert_same, stderr};
use std::process::Command;

/// Runs with a limit to the size of every file, in KiB: a write beyond it fails, as on a full disk.
fn limited(world: &World, kib: u64, output: &str) -> std::process::Output {
    let line = format!(
        "ulimit -f {}; exec $H run --config c.json --output {output} --until-idle \
         --max-records 50",
        2 * kib
    );
    Command::new("sh")
        .args(["-c", &line])
        .env("H", crate::common::HOST)
        .env_remove("RUST_LOG")
        .current_dir(world.folder.path())
        .output()
        .unwrap()
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    for output in ["o.ndjson", "sqlite:o.sqlite"] {
        let world = World::new(400);
        let mut failures = 0;
        // From a limit that the state alone is above, to one that only the last batches meet.
        for kib in [8, 64, 128, 192, 256, 320] {
            let ended = limited(&world, kib, output);
            let said = stderr(&ended);
            if ended.status.success() {
                continue;
            }
            failures += 1;
            assert_eq!(ended.status.code(), Some(1), "{output}, {kib} KiB: {said}");
            let is_clear = said.contains("is the disk full?") || said.contains("File too large");
            assert!(is_clear, "{output}, {kib} KiB: {said}");
        }
        assert!(failures >= 3, "{output}: the disk was full {failures} times only");
        world.good(&format!("run --config c.json --output {output} --until-idle"));
        let delivered = match output.strip_prefix("sqlite:") {
            Some(name) => world.in_sqlite(name),
            None => world.in_file(output),
        };
        assert_same(&delivered, &world.truth());
        println!("full disk, {output}: {failures} times, 400 events, lost 0, repeated 0");
    }
}

#[test]
fn a_device_that_is_full_is_said() {
    let world = World::new(10);
    let said = world.bad("run --config c.json --output /dev/full --until-idle", 1);
    assert!(said.contains("cannot write the output"), "{said}");
    world.good("run --config c.json --output o.ndjson --until-idle");
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}
