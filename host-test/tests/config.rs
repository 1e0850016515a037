//! The config file as people write it: with a byte order mark, not in JSON, or with a duplicate key.
#![allow(clippy::unwrap_used, clippy::panic)]

use host_kit::World;
use serde_json::json;
use std::fs;

const COMMANDS: [&str; 4] = [
    "run --config c.json --output o.ndjson --once",
    "check --config c.json",
    "preview --config c.json",
    "state rebind --state c.state.sqlite --config c.json",
];

/// Returns a config as text, with `more` at the end of the settings.
fn config(world: &World, more: &str) -> String {
    format!(
        r#"{{"settings": {{"org_slug": "{}", "endpoint": "{}",
            "backfill_start_time": "2024-12-31T00:00:00Z"{more}}},
            "secrets": {{"api_token": {{"file": "token"}}}}}}"#,
        fake_buildkite::SLUG,
        world.fake.endpoint()
    )
}

/// Asserts that each command refuses a config with this message, and makes no request.
fn refused(world: &World, config: impl AsRef<[u8]>, message: &str) {
    fs::write(world.path("c.json"), config).unwrap();
    for line in COMMANDS {
        let text = world.bad(line, 2);
        assert!(text.contains("c.json: ") && text.contains(message), "{line}: {text}");
        assert!(!text.contains(host_kit::TOKEN), "{text}");
    }
    assert!(world.fake.requests().is_empty());
    assert!(!world.path("o.ndjson").exists());
}

/// Returns a world with a state, since `state rebind` reads the config only if there is one.
fn with_state() -> World {
    let world = World::new(3);
    fs::write(world.path("c.state.sqlite"), "").unwrap();
    world
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let world = World::new(3);
    fs::write(world.path("c.json"), format!("\u{feff}{}", config(&world, ""))).unwrap();
    world.good(COMMANDS[0]);
    assert_eq!(world.in_file("o.ndjson").len(), 3);
    world.good(COMMANDS[1]);
    world.good(COMMANDS[2]);
}

#[test]
fn another_encoding_is_named_in_the_message() {
    let world = with_state();
    let text = config(&world, "");
    let wide = |of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of).collect::<Vec<u8>>();
    let marked = [b"\xff\xfe", &wide(u16::to_le_bytes)[..]].concat();
    refused(&world, marked, "is UTF-16");
    refused(&world, wide(u16::to_be_bytes), "is UTF-16");
    let wider: Vec<u8> = text.chars().flat_map(|letter| (letter as u32).to_le_bytes()).collect();
    refused(&world, [b"\xff\xfe\0\0", &wider[..]].concat(), "is UTF-32");
    let latin = text.replace("org_slug\": \"", "org_slug\": \"\u{e9}");
    let latin: Vec<u8> = latin.chars().map(|letter| letter as u8).collect();
    refused(&world, latin, "is not UTF-8 (byte");
}

#[test]
fn a_config_that_is_not_json_is_explained() {
    let world = with_state();
    let text = config(&world, "");
    let token = host_kit::TOKEN;
    for (bad, message) in [
        (format!("// ours\n{text}"), "it has a comment, which JSON does not allow; remove it"),
        (format!("/* ours */\n{text}"), "it has a comment"),
        (text.replace("\"secrets\"", "# ours\n\"secrets\""), "it has a comment"),
        (format!("settings:\n  org_slug: x\nsecrets:\n  api_token: {token}\n"), "YAML"),
        (format!("[secrets]\napi_token = \"{token}\"\n"), "TOML"),
        (text.replace('"', "'"), "single quotes"),
        (config(&world, ","), "trailing comma"),
        (text.replace("\"file\": \"token\"", "\"file\": \"token\","), "trailing comma"),
        (text[..text.len() - 1].to_owned(), "ends too early"),
        (format!("{text}\n{text}"), "there is more text after the end"),
        (String::new(), "it is empty"),
    ] {
        refused(&world, bad, message);
    }
}

#[test]
fn a_duplicate_key_is_refused_by_its_path() {
    let world = with_state();
    let text = config(&world, "");
    for (bad, path) in [
        (config(&world, r#", "org_slug": "other""#), "settings.org_slug"),
        (config(&world, r#", "org\u005fslug": "other""#), "settings.org_slug"),
        (
            config(&world, r#", "exclude_event_types": ["A"], "exclude_event_types": []"#),
            "settings.exclude_event_types",
        ),
        (
            config(&world, r#", "rate_limit": {"rate": 1, "unit": "hour", "rate": 9}"#),
            "settings.rate_limit.rate",
        ),
        (text.replace("\"file\"", "\"file\": \"x\", \"file\""), "secrets.api_token.file"),
        (text.replace("{\"settings\"", "{\"settings\": {}, \"settings\""), "settings"),
        (
            text.replace(
                "\"secrets\"",
                "\"limits\": {\"cpu_seconds\": 1, \"cpu_seconds\": 2}, \"secrets\"",
            ),
            "limits.cpu_seconds",
        ),
    ] {
        assert_ne!(bad, text);
        refused(&world, bad, &format!("duplicate key {path} at line "));
    }
}

#[test]
fn a_secret_or_setting_in_the_wrong_place_is_reported_with_the_right_place() {
    let world = with_state();
    let token = host_kit::TOKEN;
    let beside =
        |more: &str| config(&world, "").replace("\"secrets\"", &format!("{more}, \"secrets\""));
    for (bad, message) in [
        (config(&world, &format!(r#", "api_token": "{token}""#)), "settings.api_token: a secret"),
        (config(&world, r#", "password": "hunter2""#), "settings.password: a secret"),
        (beside(&format!(r#""token": "{token}""#)), "c.json: token: a secret"),
    ] {
        refused(&world, &bad, message);
        refused(&world, bad, "revoke the token if others could read this file");
    }
    refused(
        &world,
        config(&world, &format!(r#", "event_types": ["{token}"]"#)),
        "event_types: looks",
    );
    refused(&world, beside(r#""page_size": 1"#), "page_size: is a setting; move it under settings");
    for (name, value) in [
        ("org_slug", r#""acme""#),
        ("page_size", "7"),
        ("rate_limit", r#"{"rate": 1, "unit": "hour"}"#),
        ("endpoint", r#"{"env": "NOT_SET_AT_ALL"}"#),
    ] {
        let text = config(&world, "")
            .replace("\"api_token\"", &format!("\"{name}\": {value}, \"api_token\""));
        refused(&world, text, &format!("secrets.{name}: is a setting, not a secret"));
    }
}

#[test]
fn null_is_not_the_same_as_a_missing_setting() {
    let world = World::new(3);
    for key in ["backfill_start_time", "endpoint", "page_size", "rate_limit"] {
        world.config(json!({key: null}));
        for line in [
            "run --config c.json --output o.ndjson --once",
            "check --config c.json",
            "preview --config c.json",
        ] {
            let output = world.host(line);
            assert_eq!(output.status.code(), Some(2));
            let message = host_kit::stderr(&output) + &host_kit::stdout(&output);
            assert!(
                message.contains(&format!("{key}: null; give it a value, or leave it out")),
                "{message}"
            );
        }
    }
    assert!(world.fake.requests().is_empty());
}

#[test]
fn an_invalid_start_time_is_explained() {
    let world = World::new(3);
    for (start, message) in [
        (json!("1969-12-31T23:59:59Z"), "is before 1970"),
        (json!("0001-01-01T00:00:00Z"), "is before 1970"),
        (json!("9999-12-31T23:59:59Z"), "is in the future"),
        (json!("2026-01-31"), "has no time of day; write 2026-01-31T00:00:00Z"),
        (json!("2026-01-31T00:00:00"), "has no zone; write 2026-01-31T00:00:00Z"),
        (json!(1_735_689_600), "a number, not text"),
        (json!("1735689600"), "is a number, not a date"),
        (json!("2026-02-30T00:00:00Z"), "is not a valid RFC 3339 time with a zone"),
    ] {
        world.config(json!({"backfill_start_time": start}));
        let text = world.bad(COMMANDS[0], 2);
        assert!(text.contains("backfill_start_time: ") && text.contains(message), "{text}");
    }
    // A space instead of the T and a leap second are both valid.
    for start in ["2024-12-31 00:00:00Z", "2016-12-31T23:59:60Z"] {
        world.config(json!({"backfill_start_time": start}));
        world.good("check --config c.json");
    }
}
