//! The rate limit, as the operator of a run sees it.

use fake_buildkite::{Limits, Options};
use host_kit::{Running, World, stderr, stdout};
use std::process::Stdio;

/// Returns a world with more events than the rate limit grants in one window.
fn world() -> World {
    World::with(Options { events: 2_500, limits: Limits::buildkite(), ..Options::default() })
}

#[test]
fn a_run_that_does_not_wait_says_that_the_rate_limit_ended_it() {
    let world = world();
    let message = stderr(&world.good("run --config c.json --output o.ndjson --once"));
    let got = world.in_file("o.ndjson").len();
    assert!(got > 0 && got < 2_500, "{got}");
    assert!(message.contains("not everything was read: the rate limit"), "{message}");
    assert!(message.contains("--until-idle waits instead"), "{message}");
    let shown = stdout(&world.good("state show --state c.state.sqlite"));
    assert!(shown.contains("rate limit      ") && shown.contains("points left until"), "{shown}");
}

#[test]
fn a_run_that_waits_says_at_once_why_and_until_when() {
    let world = world();
    let mut command = world.command("run --config c.json --output o.ndjson --until-idle");
    command.stdout(Stdio::null());
    let mut running = Running::start(command);
    running.says("throttled by the rate limit, waiting for");
    assert_eq!(running.signal("TERM"), Some(0));
}
