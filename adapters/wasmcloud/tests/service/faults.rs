//! Tests a receiver or a bucket that fails for a while, a refused token, and an invalid configuration.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::receiver::Habit;
use crate::service::{Seen, Service};
use crate::world::{POLL_MS, TOKEN, World};

/// Lets the service try until it gives up a run, which it shows by sleeping for a minute.
async fn until_it_gives_up(service: &mut Service) {
    for _ in 0..100 {
        if service.next().await == Seen::Slept(60_000) {
            return;
        }
    }
    panic!("the service never gives up");
}

async fn with_failing_receiver(habit: Habit, patience: Duration) -> (World, usize) {
    let world = World::patient(45, patience).await;
    world.receiver.behave(habit);
    let mut service = world.start().await;
    until_it_gives_up(&mut service).await;
    until_it_gives_up(&mut service).await;
    let checkpoints = world.shared.checkpoints.lock().unwrap().len();
    assert_eq!(checkpoints, 0, "a checkpoint was stored before an event was acknowledged");
    world.receiver.behave(Habit::Accept);
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    // Two runs of six attempts each; every attempt sends the first event of a batch.
    let repeats = world.assert_all_arrived(12).await;
    let log = world.log();
    let logged = log.iter().filter(|line| line.contains("Error acme events are not acknowledged"));
    assert_eq!(logged.count(), 1, "{log:?}");
    assert!(log.iter().any(|line| line.contains("recovered from")), "{log:?}");
    (world, repeats)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_refuses_for_a_while_gets_everything_once() {
    for habit in [Habit::Refuse, Habit::Empty] {
        let (_, repeats) = with_failing_receiver(habit, Duration::from_secs(10)).await;
        assert_eq!(repeats, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_hangs_up_before_recording_gets_everything_once() {
    let habit = Habit::Hangup { records: false };
    let (_, repeats) = with_failing_receiver(habit, Duration::from_secs(10)).await;
    assert_eq!(repeats, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_recorded_without_an_answer_are_sent_again() {
    let habit = Habit::Hangup { records: true };
    let (_, repeats) = with_failing_receiver(habit, Duration::from_secs(10)).await;
    assert!(repeats > 0);
    let (_, repeats) = with_failing_receiver(Habit::Silent, Duration::from_millis(50)).await;
    assert!(repeats > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporarily_unavailable_bucket_loses_and_repeats_nothing() {
    let world = World::new(45).await;
    world.shared.bucket_is_down.store(true, Ordering::Relaxed);
    let mut service = world.start().await;
    until_it_gives_up(&mut service).await;
    world.shared.bucket_is_down.store(false, Ordering::Relaxed);
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    // Once more, with something to store: the events are acknowledged, and must not be sent again.
    world.fake.add_events(5, None);
    world.shared.bucket_is_down.store(true, Ordering::Relaxed);
    until_it_gives_up(&mut service).await;
    until_it_gives_up(&mut service).await;
    world.shared.bucket_is_down.store(false, Ordering::Relaxed);
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    world.assert_all_arrived(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_reported_once_and_never_revealed_and_a_fixed_one_is_used() {
    const REVOKED: &str = "bkua_revokedrevokedrevokedrevokedrevokedrevo";
    let world = World::new(45).await;
    world.set("api_token", REVOKED);
    let mut service = world.start().await;
    for _ in 0..3 {
        assert_eq!(service.next().await, Seen::Slept(300_000));
    }
    let log = world.log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("Error acme access is refused") && log[0].contains("401"), "{log:?}");
    assert!(log[0].contains("fix the token"), "{log:?}");
    world.set("api_token", TOKEN);
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    world.assert_all_arrived(0).await;
    let mut places: Vec<Vec<u8>> = world.log().into_iter().map(String::into_bytes).collect();
    places.extend(world.receiver.messages().await.into_iter().map(|(_, body)| body));
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        places.push(std::fs::read(file.unwrap().path()).unwrap());
    }
    for token in [TOKEN, REVOKED] {
        let holds = |place: &Vec<u8>| place.windows(token.len()).any(|at| at == token.as_bytes());
        assert!(!places.iter().any(holds), "the token was found where it must not be");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_configuration_is_named_and_a_fixed_one_is_used() {
    let world = World::new(5).await;
    world.set("tenant", "Acme Inc");
    world.set("retries", "-1");
    let mut service = world.start().await;
    assert_eq!(service.next().await, Seen::Slept(300_000));
    world.set("tenant", "acme");
    world.set("retries", "5");
    world.set("api_token", &format!("'{TOKEN}'"));
    assert_eq!(service.next().await, Seen::Slept(300_000));
    // With a line break at the end, as an editor writes it.
    world.set("api_token", &format!("{TOKEN}\r\n"));
    let settings = world.shared.config.lock().unwrap()["settings"].clone();
    world.set("settings", r#"{"org_slog": "x"}"#);
    assert_eq!(service.next().await, Seen::Slept(300_000));
    assert_eq!(service.next().await, Seen::Slept(300_000));
    world.set("settings", &settings);
    assert_eq!(service.until_idle().await, Seen::Slept(POLL_MS));
    service.kill().await;
    world.assert_all_arrived(0).await;
    let log = world.log();
    assert!(log[0].contains("tenant: must be") && log[0].contains("retries: must be"), "{log:?}");
    assert!(log[1].contains("api_token: the token is in quotation marks"), "{log:?}");
    assert!(log[2].contains("org_slog"), "{log:?}");
    assert!(log[3].contains("recovered from") || log[4].contains("recovered from"), "{log:?}");
    assert_eq!(log.len(), 5, "{log:?}");
}
