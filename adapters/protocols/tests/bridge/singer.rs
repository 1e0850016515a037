//! What a Singer tap promises.

use crate::bridge::{Bridge, Ran};
use buildkite_audit_logs::settings::schema::SETTINGS_SCHEMA;
use host_kit::assert_same;
use serde_json::{Value, json};

const TAP: &str = "tap --config config.json --catalog catalog.json --state state.json";

fn world(events: u64) -> Bridge {
    let bridge = Bridge::new(events);
    bridge.write("state.json", &json!({}));
    discover(&bridge);
    bridge
}

/// Prints the catalog, which is not one message but one JSON document.
fn discover(bridge: &Bridge) -> Value {
    let output = bridge.command("tap --config config.json --discover").output().unwrap();
    let catalog: Value = serde_json::from_slice(&output.stdout).unwrap();
    bridge.write("catalog.json", &catalog);
    catalog
}

fn sync(bridge: &Bridge) -> Ran {
    let ran = bridge.good(TAP);
    assert_eq!(ran.messages.first().map(|first| &first["type"]), Some(&json!("SCHEMA")));
    if let Some(last) = ran.of("STATE").last() {
        bridge.write("state.json", &last["value"]);
    }
    ran
}

#[test]
fn syncs_deliver_each_event_once() {
    let bridge = world(2_500);
    assert_same(&sync(&bridge).uuids(), &bridge.0.truth());
    let second = sync(&bridge);
    assert_eq!(second.uuids(), Vec::<String>::new());
    assert!(second.stderr.contains(" 0 events in "), "{}", second.stderr);
    let new = bridge.0.fake.add_events(25, None);
    assert_same(&sync(&bridge).uuids(), &new);
}

#[test]
fn nulls_in_the_config_are_absent() {
    let bridge = world(10);
    bridge.config(json!({"page_size": null, "rate_limit": {"rate": null, "unit": null}, "transform": {}, "event_types": null}));
    assert_eq!(sync(&bridge).uuids().len(), 10);
}

#[test]
fn the_word_singer_runs_the_tap_too() {
    let bridge = world(10);
    let ran = bridge.good("singer --config config.json");
    assert_eq!(ran.uuids().len(), 10);
}

#[test]
fn a_full_table_ignores_the_state() {
    let bridge = world(10);
    sync(&bridge);
    let mut catalog = discover(&bridge);
    catalog["streams"][0]["metadata"][0]["metadata"]["replication-method"] = json!("FULL_TABLE");
    bridge.write("catalog.json", &catalog);
    assert_eq!(sync(&bridge).uuids().len(), 10);
}

#[test]
fn what_is_not_selected_is_left_out() {
    let bridge = world(10);
    let mut catalog = discover(&bridge);
    let metadata = catalog["streams"][0]["metadata"].as_array_mut().unwrap();
    for entry in metadata.iter_mut() {
        let is_kept = entry["breadcrumb"] == json!([]);
        entry["metadata"]["selected"] = json!(is_kept);
    }
    bridge.write("catalog.json", &catalog);
    let ran = sync(&bridge);
    let schema = &ran.of("SCHEMA").next().unwrap()["schema"]["properties"];
    let names = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    // Those that are automatic.
    let mut kept = names(schema);
    kept.sort();
    assert_eq!(kept, ["occurredAt", "uuid"]);
    for record in ran.of("RECORD") {
        assert_eq!(names(&record["record"]), ["occurredAt", "uuid"]);
    }
    catalog["streams"][0]["metadata"][0]["metadata"]["selected"] = json!(false);
    bridge.write("catalog.json", &catalog);
    assert_eq!(bridge.good(TAP).messages, Vec::<Value>::new());
}

#[test]
fn bad_input_is_an_error_on_standard_error() {
    let bridge = world(10);
    let good = sync(&bridge);
    let state = good.of("STATE").last().unwrap()["value"].clone();
    let refused = |words: &str| {
        let ran = bridge.run(TAP);
        assert_eq!(ran.code, Some(1), "{words}");
        assert_eq!(ran.of("RECORD").count() + ran.of("STATE").count(), 0);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    };
    for (bad, words) in [
        (json!({"bookmarks": {"audit_events": {"checkpoint": "torn"}}}), "checkpoint"),
        (
            json!({"bookmarks": {"audit_events": {"at": 1}}}),
            "bookmarks.audit_events.checkpoint: must be a string",
        ),
        (
            json!({"bookmarks": {"audit_events": 1}}),
            "bookmarks.audit_events.checkpoint: must be a string",
        ),
        (json!({"bookmarks": []}), "bookmarks: must be a JSON object"),
        (json!([1]), "bookmarks: is missing"),
        (json!({"audit_events": 1}), "bookmarks: is missing"),
    ] {
        bridge.write("state.json", &bad);
        refused(words);
    }
    bridge.write("state.json", &state);
    bridge.config(json!({"org_slug": "another"}));
    refused("example-org");
    bridge.config(json!({}));
    let one = json!({"tap_stream_id": "audit_events"});
    let mut log_based = one.clone();
    log_based["replication_method"] = json!("LOG_BASED");
    for (bad, words) in [
        (json!({"streams": [{"tap_stream_id": "builds"}]}), "unknown stream builds"),
        (json!({"streams": [one, one]}), "streams: audit_events is listed twice"),
        (json!({"streams": [log_based]}), "must be INCREMENTAL or FULL_TABLE"),
        (json!({"streams": []}), "streams: is empty; add audit_events"),
        (json!({}), "streams: must be a list"),
    ] {
        bridge.write("catalog.json", &bad);
        refused(words);
    }
}

#[test]
fn about_lists_every_setting() {
    let bridge = Bridge::new(0);
    let output = bridge.command("tap --about --format json").output().unwrap();
    let about: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ours: Value = serde_json::from_str(SETTINGS_SCHEMA).unwrap();
    for name in ours["properties"].as_object().unwrap().keys().map(String::as_str) {
        assert!(about["settings"]["properties"][name].is_object(), "{name}");
    }
    assert_eq!(about["settings"]["properties"]["api_token"]["secret"], true);
}
