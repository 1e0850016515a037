//! Records as OCSF or ECS.

use crate::bridge::Bridge;
use host_kit::assert_same;
use serde_json::{Value, json};

/// The schema, and the paths of its key and its time.
const FORMS: [(&str, &str, &str); 2] =
    [("ocsf", "/metadata/uid", "time"), ("ecs", "/event/id", "@timestamp")];

#[test]
fn records_have_the_form_that_the_catalog_describes() {
    let bridge = Bridge::new(2_500);
    for (schema, key, cursor) in FORMS {
        bridge.config(json!({"transform": {"schema": schema}}));
        bridge.write("state.json", &json!([]));
        let found = bridge.good("discover --config config.json");
        let stream = &found.of("CATALOG").next().unwrap()["catalog"]["streams"][0];
        // Destinations of Airbyte refuse a nested key.
        assert!(stream.get("source_defined_primary_key").is_none());
        assert_eq!(stream["default_cursor_field"], json!([cursor]));
        let ran = bridge.good("read --config config.json --catalog catalog.json");
        let mut uuids = Vec::new();
        for message in ran.of("RECORD") {
            let data = &message["record"]["data"];
            uuids.push(data.pointer(key).and_then(Value::as_str).unwrap().to_owned());
            for name in data.as_object().unwrap().keys() {
                let property = &stream["json_schema"]["properties"][name];
                assert!(property.is_object(), "{schema}: {name} is not in the catalog");
            }
        }
        assert_same(&uuids, &bridge.0.truth());
    }
}

#[test]
fn a_tap_transforms_too() {
    let bridge = Bridge::new(10);
    for (schema, key, cursor) in FORMS {
        bridge.config(json!({"transform": {"schema": schema}}));
        let ran = bridge.good("tap --config config.json");
        let first = ran.messages.first().unwrap();
        assert_eq!(first["bookmark_properties"], json!([cursor]));
        let records: Vec<_> = ran.of("RECORD").map(|message| &message["record"]).collect();
        assert_eq!(records.len(), 10);
        assert!(records.iter().all(|record| record.pointer(key).is_some()));
    }
}

#[test]
fn wrong_settings_of_the_transform_are_named() {
    let bridge = Bridge::new(10);
    for (transform, words) in [
        (json!("ocsf"), "transform: must be a JSON object"),
        (json!({"schema": "csv"}), "schema"),
        (json!({"schema": "ecs", "version": "1.8.0"}), "version"),
        (json!({"color": "red"}), "color"),
    ] {
        bridge.config(json!({"transform": transform}));
        for line in
            ["discover --config config.json", "read --config config.json --catalog catalog.json"]
        {
            let ran = bridge.run(line);
            assert_eq!(ran.code, Some(1));
            let error = ran.error();
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("transform") && message.contains(words), "{message}");
            assert!(!message.contains("--transform"), "{message}");
            assert_eq!(error["failure_type"], "config_error");
        }
        for line in ["tap --config config.json", "tap --config config.json --discover"] {
            assert!(bridge.run(line).stderr.contains(words), "{line}");
        }
    }
}
