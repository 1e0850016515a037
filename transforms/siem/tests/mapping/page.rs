//! Tests that the events on `docs/siem.md` are what the transform returns.

use serde_json::Value;

use crate::samples::{Sample, transformed};

#[test]
fn the_page_shows_what_the_transform_returns() {
    let page = include_str!("../../../../docs/siem.md");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let events: Vec<Value> =
        blocks.take(3).map(|block| serde_json::from_str(block).unwrap()).collect();
    let text = |name: &str| events[0][name].as_str().unwrap().to_owned();
    let sample = Sample {
        id: text("uuid"),
        occurred_at: text("occurredAt"),
        kind: text("type"),
        payload: events[0].to_string(),
    };
    let settings = [r#"{"org_slug":"acme-inc"}"#, r#"{"schema":"ecs","org_slug":"acme-inc"}"#];
    for (settings, shown) in settings.into_iter().zip(&events[1..]) {
        let written = &transformed(settings, std::slice::from_ref(&sample))[0];
        assert_eq!(&serde_json::from_str::<Value>(written).unwrap(), shown);
    }
}
