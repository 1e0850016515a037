//! A state that does not belong to the run or cannot be written is refused with a message and left unchanged.

use host_kit::{World, host, stderr};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const RUN: &str = "run --config c.json --output o.ndjson --once";

/// The user `nobody`, to whom permissions apply.
const NOBODY: u32 = 65_534;

/// Copies a program to a folder where anyone may run it. Returns the folder and the path.
fn for_everyone(program: &str) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = place.path().join("host-test");
    fs::copy(program, &copy).unwrap();
    (place, copy)
}

#[test]
fn a_state_of_another_organization_endpoint_or_filter_is_refused_and_left_unchanged() {
    let world = World::new(10);
    world.good(RUN);
    let state = fs::read(world.path("c.state.sqlite")).unwrap();
    let output = fs::read(world.path("o.ndjson")).unwrap();
    for (settings, says) in [
        (json!({"org_slug": "another"}), "belongs to another organization"),
        (json!({"endpoint": "http://127.0.0.1:1/v1"}), "belongs to another endpoint"),
        (json!({"event_types": ["USER_UPDATED"]}), "belongs to another list of event_types"),
    ] {
        world.config(settings);
        let message = world.bad(RUN, 2);
        assert!(message.contains(says) && message.contains("nothing was changed"), "{message}");
    }
    assert_eq!(fs::read(world.path("c.state.sqlite")).unwrap(), state);
    assert_eq!(fs::read(world.path("o.ndjson")).unwrap(), output);
    assert_eq!(world.fake.requests().len(), 1, "a refused run made a request");
}

#[test]
fn a_read_only_state_is_refused_and_left_unchanged() {
    let world = World::new(10);
    world.good(RUN);
    let before = fs::read(world.path("c.state.sqlite")).unwrap();
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("c.state.sqlite", 0o444);
    mode("", 0o555);
    let is_root = fs::metadata(world.path("c.state.sqlite")).unwrap().uid() == 0;
    // The build may be in a folder that only root can read.
    let (_place, program) = for_everyone(&host());
    let run = |more: &str| {
        let mut command = Command::new(&program);
        command.args(RUN.split_whitespace()).args(more.split_whitespace());
        command.current_dir(world.folder.path()).env_remove("RUST_LOG");
        if is_root {
            command.uid(NOBODY);
        }
        command.output().unwrap()
    };
    let ended = ["", "--state new"].map(run);
    mode("", 0o755);
    for (output, name) in ended.iter().zip(["c.state.sqlite", "new"]) {
        let message = stderr(output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(name) && message.contains("ermission denied"), "{message}");
    }
    assert_eq!(fs::read(world.path("c.state.sqlite")).unwrap(), before);
    assert!(!world.path("new").exists());
}
