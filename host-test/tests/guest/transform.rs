//! The bundled transform: small, without imports, and the same as the code compiled natively.

use crate::samples::{Sample, samples, transformed};
use host_test::guest::component::{BUNDLED as SOURCE, Plugin};
use host_test::guest::engine::engine;
use host_test::guest::source::{Event, Limits};
use host_test::guest::transform::{BUNDLED, Transform, TransformPlugin};

async fn start(settings: &str) -> Transform {
    let plugin = TransformPlugin::new(&engine().unwrap(), BUNDLED, false).unwrap();
    let mut transform = Transform::start(&plugin, Limits::default()).await.unwrap();
    transform.configure(settings).await.unwrap();
    transform
}

fn event(sample: &Sample) -> Event {
    let Sample { id, occurred_at, kind, payload } = sample.clone();
    Event { id, occurred_at, kind, payload }
}

#[tokio::test]
async fn the_component_returns_what_the_native_code_does() {
    let samples = samples();
    for settings in [r#"{"org_slug":"a"}"#, r#"{"schema":"ecs","version":"9.4.0"}"#] {
        let mut transform = start(settings).await;
        let mut payloads = Vec::new();
        for batch in samples.chunks(500) {
            let mut events: Vec<Event> = batch.iter().map(event).collect();
            transform.apply(&mut events).await.unwrap();
            payloads.extend(events.into_iter().map(|event| event.payload));
        }
        let mut native = Vec::new();
        samples.chunks(500).for_each(|batch| native.extend(transformed(settings, batch)));
        assert_eq!(payloads, native);
    }
}

#[tokio::test]
async fn a_page_of_the_largest_size_fits_into_the_limits() {
    let mut transform = start("{}").await;
    let payload = format!(r#"{{"type":"A_CREATED","data":{{"x":"{}"}}}}"#, "x".repeat(16 << 20));
    let mut events = [Event {
        id: "a".into(),
        occurred_at: "2026-01-01T00:00:00Z".into(),
        kind: "A_CREATED".into(),
        payload: payload.clone(),
    }];
    for _ in 0..4 {
        events[0].payload.clone_from(&payload);
        transform.apply(&mut events).await.unwrap();
        assert!(events[0].payload.len() > 16 << 20);
    }
}

#[tokio::test]
async fn a_transform_that_is_not_configured_says_so() {
    let plugin = TransformPlugin::new(&engine().unwrap(), BUNDLED, false).unwrap();
    let mut transform = Transform::start(&plugin, Limits::default()).await.unwrap();
    let mut events = [event(&samples()[0])];
    let failure = transform.apply(&mut events).await.unwrap_err().to_string();
    assert_eq!(failure, "transform: not configured: configure must succeed first");
    assert_eq!(events[0].payload, samples()[0].payload, "unchanged");
}

#[test]
fn a_source_is_not_a_transform_and_a_transform_is_not_a_source() {
    let engine = engine().unwrap();
    let refused = |result: Result<(), host_test::exit::Failure>| result.unwrap_err().to_string();
    let source = refused(TransformPlugin::new(&engine, SOURCE, false).map(drop));
    assert!(source.contains("imports that are not allowed: "), "{source}");
    let transform = refused(Plugin::new(&engine, BUNDLED).map(drop));
    assert!(transform.contains("not a source component: "), "{transform}");
}

#[test]
fn the_component_is_small() {
    assert!(BUNDLED.len() <= 150_000, "{} bytes", BUNDLED.len());
}
