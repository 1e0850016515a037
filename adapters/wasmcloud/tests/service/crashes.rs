//! A crash at every step: the engine dies before, within or after a call, and a new one goes on.

use tokio::task::JoinSet;

use crate::host::Steps;
use crate::service::Seen;
use crate::world::{POLL_MS, World};

const EVENTS: u64 = 60;
/// As configured: a crash may repeat as many.
const BATCH: usize = 10;
/// Worlds at a time: each has a Buildkite, a receiver and a bucket of its own, and waits more than it works.
const AT_ONCE: usize = 4;

/// All steps of a run without a crash.
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

/// A crash at the step of this number and name, and how many events the service after it sent again.
async fn crash(at: usize, name: &'static str) -> usize {
    let world = World::new(EVENTS).await;
    let mut first = world.start_with(Steps { crash_at: Some(at), ..Steps::default() }).await;
    assert_eq!(first.until_idle().await, Seen::Crashed, "step {at}, {name}");
    let mut second = world.start().await;
    assert_eq!(second.until_idle().await, Seen::Slept(POLL_MS), "{:?}", world.log());
    first.kill().await;
    second.kill().await;
    let repeats = world.assert_all_arrived(BATCH).await;
    // Of a checkpoint that was stored nothing comes again.
    assert!(repeats == 0 || name != "set: after", "step {at}: {repeats} repeats");
    repeats
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_step_loses_nothing_and_repeats_a_batch_at_most() {
    let steps = reference().await;
    let mut left = (1..).zip(steps.clone());
    let mut under_way = JoinSet::new();
    let (mut crashes, mut repeated) = (0, 0);
    loop {
        while under_way.len() < AT_ONCE
            && let Some((at, name)) = left.next()
        {
            under_way.spawn(crash(at, name));
        }
        let Some(repeats) = under_way.join_next().await else { break };
        repeated += repeats.unwrap();
        crashes += 1;
    }
    println!("{crashes} crashes in {} steps, 0 lost, {repeated} repeated", steps.len());
    assert_eq!(crashes, steps.len());
    assert!(crashes > EVENTS as usize * 3, "an event alone has three steps: {crashes}");
}

/// One world, and a crash in every life of the service but the last: a few steps later each time.
#[tokio::test(flavor = "multi_thread")]
async fn crash_upon_crash_loses_nothing() {
    let world = World::new(200).await;
    let mut crashes = 0;
    for life in 1..=150 {
        // Past a whole batch every second time, so that the work advances.
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
    println!("{crashes} crashes one after the other, 0 lost, {repeats} repeated");
    assert!(crashes >= 30, "{crashes}");
}
