//! The token reaches neither messages, nor logs, nor states.

use crate::bridge::{Bridge, ran};
use host_kit::TOKEN;
use serde_json::json;

#[test]
fn the_token_is_nowhere() {
    let bridge = Bridge::new(100);
    let read = "read --config config.json --catalog catalog.json --state state.json";
    let lines = [
        "spec",
        "check --config config.json",
        "discover --config config.json",
        read,
        "tap --config config.json",
        "tap --about",
        "tap --config config.json --discover",
    ];
    let part = &TOKEN[10..];
    let search = || {
        for line in lines {
            let output = bridge.command(line).env("RUST_LOG", "trace").output().unwrap();
            for bytes in [&output.stdout, &output.stderr] {
                assert!(!String::from_utf8_lossy(bytes).contains(part), "{line}");
            }
        }
    };
    search();
    // The token in wrong places.
    for settings in [
        json!({"org_slug": TOKEN}),
        json!({TOKEN: 1}),
        json!({"api_token": [TOKEN]}),
        json!({"api_token": format!("{TOKEN} x")}),
        json!({"page_size": TOKEN}),
        json!({"endpoint": format!("http://{TOKEN}@127.0.0.1/")}),
    ] {
        bridge.config(settings);
        search();
    }
    bridge.config(json!({"transform": {TOKEN: 1}}));
    search();
    std::fs::write(bridge.0.path("config.json"), TOKEN).unwrap();
    search();
    bridge.config(json!({}));
    let mut named = crate::bridge::catalog("incremental");
    named["streams"][0]["stream"]["name"] = json!(TOKEN);
    bridge.write("catalog.json", &named);
    search();
    let tap = json!({"streams": [{"tap_stream_id": TOKEN}]});
    bridge.write("catalog.json", &tap);
    for line in
        ["tap --config config.json --catalog catalog.json", &format!("check --config {TOKEN}")]
    {
        let output = bridge.command(line).output().unwrap();
        for bytes in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(bytes).contains(part), "{line}");
        }
    }
    let output = bridge.command(read).output().unwrap();
    assert_eq!(ran(&output).code, Some(1));
}
