//! The config file as people write it: with a byte order mark, as something else than JSON, with a key that stands twice.
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

/// A config as text; `more` stands at the end of the settings.
fn config(world: &World, more: &str) -> String {
    format!(
        r#"{{"settings": {{"org_slug": "{}", "endpoint": "{}",
            "backfill_start_time": "2024-12-31T00:00:00Z"{more}}},
            "secrets": {{"api_token": {{"file": "token"}}}}}}"#,
        fake_buildkite::SLUG,
        world.fake.endpoint()
    )
}

/// Insists that each command refuses a config with these words, and makes no request.
fn refused(world: &World, config: impl AsRef<[u8]>, said: &str) {
    fs::write(world.path("c.json"), config).unwrap();
    for line in COMMANDS {
        let text = world.bad(line, 2);
        assert!(text.contains("c.json: ") && text.contains(said), "{line}: {text}");
        assert!(!text.contains(host_kit::TOKEN), "{text}");
    }
    assert!(world.fake.requests().is_empty());
    assert!(!world.path("o.ndjson").exists());
}

/// A state for `state rebind`, which reads the config only if there is one.
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
fn another_encoding_is_named() {
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
fn what_is_not_json_is_named_with_the_remedy() {
    let world = with_state();
    let text = config(&world, "");
    let token = host_kit::TOKEN;
    for (bad, said) in [
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
        refused(&world, bad, said);
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
fn a_secret_or_a_setting_in_the_wrong_place_is_sent_to_the_right_one() {
    let world = with_state();
    let token = host_kit::TOKEN;
    let beside =
        |more: &str| config(&world, "").replace("\"secrets\"", &format!("{more}, \"secrets\""));
    for (bad, said) in [
        (config(&world, &format!(r#", "api_token": "{token}""#)), "settings.api_token: a secret"),
        (config(&world, r#", "password": "hunter2""#), "settings.password: a secret"),
        (beside(&format!(r#""token": "{token}""#)), "c.json: token: a secret"),
    ] {
        refused(&world, &bad, said);
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
fn null_is_not_a_setting_left_out() {
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
            let said = host_kit::stderr(&output) + &host_kit::stdout(&output);
            assert!(
                said.contains(&format!("{key}: null; give it a value, or leave it out")),
                "{said}"
            );
        }
    }
    assert!(world.fake.requests().is_empty());
}

#[test]
fn a_start_that_is_no_time_says_what_is_wrong_with_it() {
    let world = World::new(3);
    for (start, said) in [
        (json!("1969-12-31T23:59:59Z"), "is before 1970"),
        (json!("0001-01-01T00:00:00Z"), "is before 1970"),
        (json!("9999-12-31T23:59:59Z"), "is in the future"),
        (json!("2026-01-31"), "has no time of day; write 2026-01-31T00:00:00Z"),
        (json!("2026-01-31T00:00:00"), "has no zone; write 2026-01-31T00:00:00Z"),
        (json!(1_735_689_600), "a number, not text"),
        (json!("1735689600"), "is a number, not a date"),
        (json!("2026-02-30T00:00:00Z"), "is not an RFC 3339 time with a zone"),
    ] {
        world.config(json!({"backfill_start_time": start}));
        let text = world.bad(COMMANDS[0], 2);
        assert!(text.contains("backfill_start_time: ") && text.contains(said), "{text}");
    }
    // A space for the T, and a leap second, are lawful.
    for start in ["2024-12-31 00:00:00Z", "2016-12-31T23:59:60Z"] {
        world.config(json!({"backfill_start_time": start}));
        world.good("check --config c.json");
    }
}
