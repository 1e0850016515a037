//! SIGKILL at many instants: every event still comes exactly once.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Running, World, assert_same};
use std::process::Stdio;
use std::time::Duration;

/// Kills of one run. They are spread over the time that a whole run takes.
const KILLS: u32 = 12;

fn killed_again_and_again(world: &World, target: &str) {
    let line = format!("run --config c.json --output {target} --until-idle --max-records 50");
    for kill in 0..KILLS {
        let mut command = world.command(&line);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Running::start(command);
        running.says("started");
        // Not a wait for anything: the instant of the kill is what varies.
        std::thread::sleep(Duration::from_millis(u64::from(kill * kill)));
        running.signal("KILL");
    }
    world.good(&line);
}

#[test]
fn a_file_holds_every_event_once() {
    let world = World::new(10_000);
    killed_again_and_again(&world, "o.ndjson");
    assert_same(&world.in_file("o.ndjson"), &world.truth());
}

#[test]
fn a_database_holds_every_event_once() {
    let world = World::new(10_000);
    killed_again_and_again(&world, "sqlite:o.sqlite");
    assert_same(&world.in_sqlite("o.sqlite"), &world.truth());
}
