//! Tests two services of one tenant: the older one ends, whatever it is doing.

use crate::host::Steps;
use crate::service::{Seen, Service};
use crate::world::{POLL_MS, World};

async fn assert_ends(world: &World, older: &mut Service) {
    assert_eq!(older.until_idle().await, Seen::Ended);
    let log = world.log();
    let logged = log.iter().filter(|line| line.contains("Error acme overtaken: another service"));
    assert_eq!(logged.count(), 1, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_older_service_ends_at_its_next_poll() {
    let world = World::new(45).await;
    let mut older = world.start().await;
    assert_eq!(older.until_idle().await, Seen::Slept(POLL_MS));
    let mut newer = world.start().await;
    assert_eq!(newer.until_idle().await, Seen::Slept(POLL_MS));
    assert_ends(&world, &mut older).await;
    world.fake.add_events(3, None);
    assert_eq!(newer.until_idle().await, Seen::Slept(POLL_MS));
    assert_eq!(newer.until_idle().await, Seen::Slept(POLL_MS));
    newer.kill().await;
    older.kill().await;
    world.assert_all_arrived(0).await;
}

/// The older service is suspended at a step of its third batch, while the newer one reads everything.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_service_in_mid_batch_costs_only_repeats() {
    // Three steps come first. A batch has three for each of its ten events, one to check the counter, two for its
    // `set`.
    let third = 3 + 2 * 33;
    let gates = [
        (third + 1, "request: before", 0),
        (third + 30, "request: after", 0),
        (third + 31, "get", 0),
        // Nothing can prevent this write, since the check came before it.
        (third + 32, "set: before", 1),
        (third + 33, "set: after", 0),
    ];
    for (gate, name, stores) in gates {
        let world = World::new(45).await;
        let steps = Steps { gate_at: Some(gate), ..Steps::default() };
        let mut older = world.start_with(steps.clone()).await;
        assert_eq!(older.until_idle().await, Seen::Gate);
        assert_eq!(steps.done.lock().unwrap()[gate - 1], name);
        let mut newer = world.start().await;
        assert_eq!(newer.until_idle().await, Seen::Slept(POLL_MS));
        let stored = world.shared.checkpoints.lock().unwrap().len();
        assert_ends(&world, &mut older).await;
        let kept = world.shared.checkpoints.lock().unwrap().len();
        assert_eq!(kept - stored, stores, "at {name}");
        // The newer service continues from its own checkpoint, whatever the older one wrote.
        world.fake.add_events(3, None);
        assert_eq!(newer.until_idle().await, Seen::Slept(POLL_MS));
        assert_eq!(newer.until_idle().await, Seen::Slept(POLL_MS));
        newer.kill().await;
        older.kill().await;
        // The batch in progress, and after its check the next batch too.
        let batches = if name.starts_with("set") { 2 } else { 1 };
        world.assert_all_arrived(batches * 10).await;
    }
}

/// After the bucket is emptied, the older service must not get the newer one's number.
#[tokio::test(flavor = "multi_thread")]
async fn one_service_remains_after_the_counter_was_deleted() {
    let world = World::new(45).await;
    let mut older = world.start().await;
    assert_eq!(older.until_idle().await, Seen::Slept(POLL_MS));
    let mut newer = world.start().await;
    assert_eq!(newer.until_idle().await, Seen::Slept(POLL_MS));
    let counters = "DELETE FROM kept WHERE key = 'acme.generation'";
    assert_eq!(crate::kept::open(&world.bucket_file()).execute(counters, []).unwrap(), 1);
    // The service that checks first increments the counter, and is now the latest one.
    assert_eq!(older.until_idle().await, Seen::Slept(POLL_MS));
    assert_ends(&world, &mut newer).await;
    older.kill().await;
    newer.kill().await;
    world.assert_all_arrived(0).await;
}
