//! Tests polls with the transform composed in.

use crate::world::{EVENTS, PAGE, World};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn each_event_arrives_once_in_the_chosen_schema() {
    let schemas = [
        (json!({}), "/metadata/version", "1.8.0"),
        (json!({"schema": "ecs", "version": "9.4.0"}), "/ecs/version", "9.4.0"),
    ];
    for (settings, place, version) in schemas {
        let world = World::transformed(settings).await;
        world.poll_to_idle().await;
        assert_eq!(world.assert_all_received(), 0);
        let lines = world.collector.lines();
        let events = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let versions = events.map(|event| event.pointer(place).cloned());
        assert!(versions.into_iter().all(|found| found == Some(version.into())));
        assert_eq!(lines.len() as u64, EVENTS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_killed_at_any_tenth_point_loses_nothing() {
    // Every point is tried without the transform, which changes nothing about when events are stored.
    for at in (1..6 * EVENTS / PAGE).step_by(10) {
        let mut world = World::transformed(json!({"org_slug": "acme"})).await;
        world.app.variables.insert("budget_seconds".into(), "3600".into());
        world.app.crash.arm(at);
        assert!(world.app.request("POST", "/poll").await.is_none(), "point {at} was not reached");
        world.app.crash.arm(0);
        world.expire();
        world.poll_to_idle().await;
        assert!(world.assert_all_received() <= PAGE, "point {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_the_settings_of_both_are_named_at_once() {
    let mut world = World::transformed(json!({"schema": "cef", "color": "red"})).await;
    let mut settings: Value = serde_json::from_str(&world.app.variables["settings"]).unwrap();
    settings["page_size"] = json!(0);
    world.app.variables.insert("settings".into(), settings.to_string());
    let (status, answer) = world.poll().await;
    assert_eq!((status, &answer["fault"]), (500, &"invalid_config".into()), "{answer}");
    let message = answer["message"].as_str().unwrap();
    for field in ["transform.schema: ", "transform.color: ", "page_size: "] {
        assert!(message.contains(field), "{message}");
    }
    assert!(world.collector.lines().is_empty());
}
