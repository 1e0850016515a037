//! Tests crashes at every step: the engine dies before, during or after a call, and a new one continues.

use tokio::task::JoinSet;

use crate::host::Steps;
use crate::service::Seen;
use crate::world::{POLL_MS, World};

const EVENTS: u64 = 60;
/// The configured batch size: a crash may repeat this many events.
const BATCH: usize = 10;
/// Number of worlds at a time: each has its own fake Buildkite, receiver and bucket, and waits more than it works.
const AT_ONCE: usize = 4;

/// Returns all steps of a run without a crash.
async fn reference() -> Vec<&'static str> {
    let world = World::new(EVENTS).await;
    let steps = Steps::default();
    let mut service = world.start_with(steps.clone()).await;
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    world.assert_all_arrived(0).await;
    let done = steps.done.lock().unwrap();
    done.clone()
}

/// Crashes at the step with this number and name, and returns how many events the next service sent again.
async fn crash(at: usize, name: &'static str) -> usize {
    let world = World::new(EVENTS).await;
    let mut first = world.start_with(Steps { crash_at: Some(at), ..Steps::default() }).await;
    assert_eq!(first.until_idle().await, Seen::Crashed, "step {at}, {name}");
    let mut second = world.start().await;
    assert_eq!(second.until_idle().await, Seen::Slept(POLL_MS), "{:?}", world.log());
    first.kill().await;
    second.kill().await;
    let repeats = world.assert_all_arrived(BATCH).await;
    // Nothing that a stored checkpoint covers is sent again.
    assert!(repeats == 0 || name != "set: after", "step {at}: {repeats} repeats");
    repeats
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_step_loses_nothing_and_repeats_at_most_a_batch() {
    let steps = reference().await;
    let mut left = (1..).zip(steps.clone());
    let mut in_progress = JoinSet::new();
    let (mut crashes, mut repeated) = (0, 0);
    loop {
        while in_progress.len() < AT_ONCE
            && let Some((at, name)) = left.next()
        {
            in_progress.spawn(crash(at, name));
        }
        let Some(repeats) = in_progress.join_next().await else { break };
        repeated += repeats.unwrap();
        crashes += 1;
    }
    println!("{crashes} crashes in {} steps, 0 lost, {repeated} repeated", steps.len());
    assert_eq!(crashes, steps.len());
    assert!(
        crashes > EVENTS as usize * 3,
        "only {crashes} crashes, though each event has three steps"
    );
}

/// Crashes every run of the service in one world except the last, each a few steps later than the one before.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_crashes_lose_nothing() {
    let world = World::new(200).await;
    let mut crashes = 0;
    for life in 1..=150 {
        // Every second run gets past a whole batch, so that the work advances.
        let at = if life % 2 == 0 { 3 + life % 31 } else { 45 + life % 29 };
        let mut service = world.start_with(Steps { crash_at: Some(at), ..Steps::default() }).await;
        match service.until_idle().await {
            Seen::Crashed => crashes += 1,
            seen => assert_eq!(seen, Seen::Slept(POLL_MS)),
        }
        service.kill().await;
    }
    let mut service = world.start().await;
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    let repeats = world.assert_all_arrived(crashes * BATCH).await;
    println!("{crashes} crashes in a row, 0 lost, {repeats} repeated");
    assert!(crashes >= 30, "{crashes}");
}
