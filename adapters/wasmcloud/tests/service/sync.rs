//! Tests runs in which nothing fails.

use crate::service::Seen;
use crate::world::{POLL_MS, World};

#[tokio::test(flavor = "multi_thread")]
async fn each_event_arrives_once_unchanged_and_new_ones_at_the_next_poll() {
    let world = World::new(300).await;
    let mut service = world.start().await;
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    world.fake.add_events(7, None);
    // New events become visible between two polls.
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    world.assert_all_arrived(0).await;
    let log = world.log();
    assert!(log.iter().all(|line| line.starts_with("Level::Info acme")), "{log:?}");
    let delivered = log.iter().filter(|line| line.contains("events delivered and covered"));
    assert_eq!(delivered.count(), 2, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_arrives_once_in_the_schema_of_a_composed_transform() {
    let world = World::new(300).await;
    let settings = world.shared.config.lock().unwrap()["settings"].clone();
    let (start, _) = settings.rsplit_once('}').unwrap();
    world.set("settings", &format!("{start}, \"transform\": {{\"schema\": \"ecs\"}}}}"));
    let mut service = world.start().await;
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    let messages = world.receiver.messages().await;
    let id = |(_, body): &(String, Vec<u8>)| -> String {
        let event: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(event["ecs"]["version"], "8.11.0");
        event["event"]["id"].as_str().unwrap().to_owned()
    };
    let mut ids: Vec<String> = messages.iter().map(id).collect();
    let mut wanted: Vec<String> = world.fake.truth().into_iter().map(|truth| truth.uuid).collect();
    ids.sort();
    wanted.sort();
    assert_eq!(ids, wanted);
}

/// A checkpoint covers exactly the events that a new service starting from it does not send.
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_checkpoint_covers_exactly_the_acknowledged_events() {
    let world = World::new(95).await;
    let mut service = world.start().await;
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    let stored = world.shared.checkpoints.lock().unwrap().clone();
    assert!(stored.len() >= 10, "{}", stored.len());
    for (checkpoint, acknowledged) in stored {
        let other = World::new(95).await;
        let text = String::from_utf8(checkpoint).unwrap();
        // The same remote at another address.
        let text =
            text.replace(&world.fake.address().to_string(), &other.fake.address().to_string());
        let database = crate::kept::open(&other.bucket_file());
        crate::kept::put(&database, "buildkite-audit-logs", "acme.checkpoint", text.as_bytes());
        let mut service = other.start().await;
        assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
        service.kill().await;
        let came = other.receiver.messages().await.len();
        assert_eq!(
            came,
            95 - acknowledged,
            "acknowledged before: {acknowledged}; {:?}",
            other.log()
        );
    }
}
