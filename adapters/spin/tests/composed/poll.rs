//! Tests what a poll does, and what a killed poll leaves behind.

use crate::host::{COMPOSED, TRANSFORMED};
use crate::world::{EVENTS, PAGE, World};
use serde_json::Value;

#[test]
fn it_imports_only_what_spin_provides() {
    let expected = [
        // The trigger: waits, the time and the random bits of a lease, the collector.
        "wasi:clocks/types@0.3.0",
        "wasi:http/types@0.3.0",
        "wasi:http/client@0.3.0",
        "wasi:clocks/monotonic-clock@0.3.0",
        "wasi:clocks/system-clock@0.3.0",
        "wasi:random/random@0.3.0",
        // Lease, checkpoint and configuration.
        "wasi:keyvalue/store@0.2.0-draft2",
        "wasi:keyvalue/atomics@0.2.0-draft2",
        "spin:variables/variables@3.0.0",
        // The source, as on every host.
        "wasi:io/poll@0.2.4",
        "wasi:clocks/monotonic-clock@0.2.4",
        "wasi:io/error@0.2.4",
        "wasi:io/streams@0.2.4",
        "wasi:http/types@0.2.4",
        "wasi:http/outgoing-handler@0.2.4",
        "wasi:clocks/wall-clock@0.2.4",
    ];
    let engine = wasmtime::Engine::default();
    // The transform imports nothing.
    for wasm in [&COMPOSED, &TRANSFORMED] {
        let component = wasmtime::component::Component::new(&engine, &**wasm).unwrap();
        let component = component.component_type();
        let imports: Vec<&str> = component.imports(&engine).map(|(name, _)| name).collect();
        assert_eq!(imports, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_poll_delivers_only_new_events() {
    let world = World::start().await;
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["ended"]), (200, &"idle".into()), "{answer}");
    assert_eq!(answer["delivered"], EVENTS);
    assert_eq!(world.assert_all_received(), 0);
    let lines = world.collector.lines();
    let truth = world.fake.truth();
    let named = truth.iter().find(|truth| lines[0].contains(&truth.uuid)).unwrap();
    let (line, node): (Value, Value) =
        (serde_json::from_str(&lines[0]).unwrap(), serde_json::from_str(&named.node).unwrap());
    assert_eq!(line["actor"], node["actor"]);
    assert!(world.collector.authorizations().iter().all(|value| value == "Splunk hec-secret"));

    world.fake.add_events(7, None);
    tokio::time::timeout(std::time::Duration::from_secs(30), async {
        // The poll interval is one second; an earlier poll sends no request.
        while world.received().len() < EVENTS as usize + 7 {
            world.poll().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(world.assert_all_received(), 0);
    assert_eq!(world.stored("lease/default"), Some(vec![0; 8]), "the lease was not released");
}

/// Starts a world whose polls end before their time budget only when there is nothing left, however slow the machine.
async fn patient() -> World {
    let mut world = World::start().await;
    world.app.variables.insert("budget_seconds".into(), "3600".into());
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_killed_at_any_point_loses_nothing() {
    let world = patient().await;
    world.app.crash.arm(0);
    world.poll().await;
    let points = world.app.crash.passed();
    assert!(points > 6 * EVENTS / PAGE, "{points}");
    let mut repeats = 0;
    // Crash at each point of one poll, and let the next polls recover.
    for at in 1..=points {
        let world = patient().await;
        world.app.crash.arm(at);
        assert!(world.app.request("POST", "/poll").await.is_none(), "point {at} was not reached");
        world.app.crash.arm(0);
        world.expire();
        world.poll_to_idle().await;
        let again = world.assert_all_received();
        assert!(
            again <= PAGE,
            "point {at}: {again} events repeated, more than the batch in progress"
        );
        repeats += again;
    }
    println!("{points} crash points, 0 events lost, {repeats} repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_collector_is_retried_and_moves_no_checkpoint() {
    let mut world = World::start().await;
    world.collector.refuse(2, 503);
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["ended"]), (200, &"idle".into()), "{answer}");
    assert_eq!(world.assert_all_received(), 0);

    world = World::start().await;
    world.app.variables.insert("budget_seconds".into(), "1".into());
    world.collector.refuse(1_000, 503);
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["fault"]), (503, &"sink".into()), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("the collector answered 503"), "{answer}");
    assert_eq!((world.stored("checkpoint/default"), world.received().len()), (None, 0));
    world.collector.refuse(0, 503);
    world.poll_to_idle().await;
    assert_eq!(world.assert_all_received(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_polls_of_a_tenant_do_not_interleave() {
    let world = World::start().await;
    let polls: Vec<_> = (0..8)
        .map(|_| {
            let app = world.app.clone();
            tokio::spawn(async move { app.request("POST", "/poll").await.unwrap() })
        })
        .collect();
    let mut busy = 0;
    for poll in polls {
        let (status, answer) = poll.await.unwrap();
        busy +=
            u64::from(status == 409 && answer["ended"] == "busy" && answer["again_in_ms"].is_u64());
    }
    assert!(busy > 0, "no poll found the lease taken");
    world.poll_to_idle().await;
    assert_eq!(world.assert_all_received(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_outlives_its_lease_moves_no_checkpoint() {
    // At each point up to the third batch: before it loads, delivers or stores.
    for point in 3..30 {
        let world = World::start().await;
        world.app.crash.arm(0);
        let (first, taken) = (world.app.clone(), world.app.crash.clone());
        let mut slow = Box::pin(async move { first.request("POST", "/poll").await.unwrap() });
        tokio::select! {
            biased;
            () = async { while taken.passed() < point { tokio::task::yield_now().await } } => {}
            _ = &mut slow => panic!("the poll ended before point {point}"),
        }
        world.expire();
        world.poll_to_idle().await;
        let after = world.stored("checkpoint/default");
        let (status, answer) = slow.await;
        assert_eq!((status, &answer["fault"]), (409, &"overtaken".into()), "{point}: {answer}");
        assert_eq!(world.stored("checkpoint/default"), after, "{point}: the checkpoint was moved");
        assert!(world.assert_all_received() <= PAGE, "{point}");
    }
}
