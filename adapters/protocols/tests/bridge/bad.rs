//! Bad input: the protocol's own error, exit code 1, and nothing else on standard output.

use crate::bridge::{Bridge, catalog};
use serde_json::{Value, json};

const READ: &str = "read --config config.json --catalog catalog.json --state state.json";

fn expect(bridge: &Bridge, words: &str) {
    let ran = bridge.run(READ);
    assert_eq!(ran.code, Some(1), "{words}");
    let error = ran.error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
    assert_eq!(error["failure_type"], "config_error", "{message}");
    assert_eq!(ran.of("RECORD").count() + ran.of("STATE").count(), 0);
    assert!(!ran.statuses().contains(&"COMPLETE"));
}

#[test]
fn a_catalog_without_our_stream_is_refused() {
    let bridge = Bridge::new(10);
    let mut unknown = catalog("incremental");
    unknown["streams"][0]["stream"]["name"] = json!("builds");
    let mut both = catalog("incremental");
    both["streams"].as_array_mut().unwrap().push(unknown["streams"][0].clone());
    for (catalog, words) in [
        (unknown, "unknown stream builds; the only stream is audit_events"),
        (both, "streams[1]: unknown stream builds"),
        (json!({"streams": []}), "streams: is empty; add audit_events"),
        (json!({"streams": {}}), "streams: must be a list"),
        (json!([]), "streams: must be a list"),
        (catalog("sometimes"), "sync_mode: must be incremental or full_refresh"),
    ] {
        bridge.write("catalog.json", &catalog);
        expect(&bridge, words);
    }
    std::fs::write(bridge.0.path("catalog.json"), "{").unwrap();
    expect(&bridge, "catalog.json: is not JSON");
    std::fs::remove_file(bridge.0.path("catalog.json")).unwrap();
    expect(&bridge, "catalog.json: does not exist");
}

#[test]
fn a_state_that_is_not_ours_is_refused() {
    let bridge = Bridge::new(10);
    bridge.sync();
    let good: Value =
        serde_json::from_str(&std::fs::read_to_string(bridge.0.path("state.json")).unwrap())
            .unwrap();
    bridge.config(json!({"org_slug": "another"}));
    expect(&bridge, "example-org");
    bridge.config(json!({}));
    let with = |state: Value| {
        let mut all = good.clone();
        all[0]["stream"]["stream_state"] = state;
        all
    };
    for (state, words) in [
        (with(json!({"checkpoint": "torn"})), "checkpoint"),
        (with(json!({"checkpoint": 7})), "[0].stream.stream_state.checkpoint: must be a string"),
        (with(json!({"cursor": "2026"})), "checkpoint: must be a string"),
        (with(json!("x")), "checkpoint: must be a string"),
        (json!([{"type": "LEGACY", "data": {}}]), "[0].type: must be STREAM"),
        (json!(["x"]), "[0].type: must be STREAM"),
        (json!(7), "must be a list of states"),
        (json!([{"type": "STREAM", "stream": {}}]), "stream_descriptor.name: must be a string"),
    ] {
        bridge.write("state.json", &state);
        expect(&bridge, words);
    }
    std::fs::write(bridge.0.path("state.json"), "").unwrap();
    expect(&bridge, "state.json: ");
}

#[test]
fn a_full_refresh_needs_a_start() {
    let bridge = Bridge::new(10);
    bridge.write("catalog.json", &catalog("full_refresh"));
    bridge.config(json!({"backfill_start_time": null}));
    expect(&bridge, "backfill_start_time: a full refresh needs it");
    bridge.write("catalog.json", &catalog("incremental"));
    assert_eq!(bridge.sync(), Vec::<String>::new());
}

#[test]
fn a_config_with_wrong_types_is_refused() {
    let bridge = Bridge::new(10);
    for (settings, words) in [
        (json!({"page_size": "many"}), "page_size"),
        (json!({"org_slug": 7}), "org_slug"),
        (json!({"color": "red"}), "color"),
        (json!({"settings": {"org_slug": "acme"}}), "settings: a config is one flat object"),
        (json!({"endpoint": 7}), "endpoint"),
        (json!({"endpoint": "http://u:p@127.0.0.1/"}), "endpoint: must not contain a user name"),
        (json!({"backfill_start_time": "yesterday"}), "backfill_start_time"),
    ] {
        bridge.config(settings);
        expect(&bridge, words);
    }
    for config in [json!([]), json!("x"), json!(null)] {
        bridge.write("config.json", &config);
        expect(&bridge, "config.json: must be a JSON object");
    }
}

#[test]
fn an_unreachable_remote_fails_the_check() {
    let bridge = Bridge::new(10);
    // A port that nothing listens on: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    bridge.config(json!({"endpoint": format!("http://{free}/v1")}));
    let ran = bridge.run("check --config config.json");
    assert_eq!(ran.code, Some(0));
    let status = ran.of("CONNECTION_STATUS").last().unwrap();
    assert_eq!(status["connectionStatus"]["status"], "FAILED");
}
