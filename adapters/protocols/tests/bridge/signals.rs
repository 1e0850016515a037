//! Syncs that are killed or stopped.

use crate::bridge::{Bridge, catalog, ran};
use fake_buildkite::{Limits, Options};
use host_kit::Running;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};

const READ: &str = "read --config config.json --catalog catalog.json --state state.json";

/// Syncs until this many states were printed, and kills the program. Returns the messages until then.
fn killed(bridge: &Bridge, line: &str, states: usize) -> Vec<Value> {
    let mut running = Running::start(bridge.command(line));
    let mut messages: Vec<Value> = Vec::new();
    for line in BufReader::new(running.0.stdout.take().unwrap()).lines() {
        messages.push(serde_json::from_str(&line.unwrap()).unwrap());
        if messages.iter().filter(|message| message["type"] == "STATE").count() == states {
            break;
        }
    }
    running.0.kill().unwrap();
    messages
}

#[test]
fn a_killed_sync_continues_from_its_last_state_without_a_loss_or_a_repeat() {
    let bridge = Bridge::new(3_000);
    bridge.config(json!({"page_size": 100}));
    let mut all = Vec::new();
    for states in [1, 2, 1] {
        let messages = killed(&bridge, READ, states);
        // What a destination keeps that commits a state with its records.
        let ran = crate::bridge::Ran { messages, code: None, stderr: String::new() };
        bridge.keep(&ran);
        all.extend(ran.uuids());
    }
    assert!(all.len() < 3_000, "{}", all.len());
    all.extend(bridge.sync());
    host_kit::assert_same(&all, &bridge.0.truth());
}

#[test]
fn a_sync_that_continues_a_backfill_also_reads_what_is_new() {
    let bridge = Bridge::new(3_000);
    for (mode, page) in [("incremental", 100), ("full_refresh", 90)] {
        bridge.config(json!({"page_size": page}));
        bridge.write("catalog.json", &catalog(mode));
        bridge.write("state.json", &json!([]));
        let truth = bridge.0.truth();
        let messages = killed(&bridge, READ, 3);
        let ran = crate::bridge::Ran { messages, code: None, stderr: String::new() };
        bridge.keep(&ran);
        let new = bridge.0.fake.add_events(25, None);
        let all = [ran.uuids(), bridge.sync()].concat();
        host_kit::assert_same(&all, &[truth, new].concat());
    }
}

#[test]
fn a_killed_tap_continues_from_its_last_state_without_a_loss_or_a_repeat() {
    let bridge = Bridge::new(3_000);
    let tap = "tap --config config.json --state state.json";
    bridge.write("state.json", &json!({}));
    let messages = killed(&bridge, tap, 2);
    bridge.write("state.json", &messages.last().unwrap()["value"]);
    let mut all = crate::bridge::Ran { messages, code: None, stderr: String::new() }.uuids();
    all.extend(bridge.good(tap).uuids());
    host_kit::assert_same(&all, &bridge.0.truth());
}

#[test]
fn sigterm_ends_a_sync_as_incomplete_after_its_last_state() {
    // So few points that the sync has to wait.
    let limits = Limits { user_points: 1_500, organization_points: 1_500, ..Limits::buildkite() };
    let bridge = Bridge::with(Options { events: 1_500, limits, ..Options::default() });
    bridge.config(json!({"reserve_percent": 0, "page_size": 100}));
    let mut child = bridge.command(READ).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut text = String::new();
    for line in lines.by_ref() {
        text.push_str(&line);
        text.push('\n');
        if line.contains("RATE_LIMITED") {
            break;
        }
    }
    let id = child.id().to_string();
    std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    let status = child.wait().unwrap();
    let ran = ran(&std::process::Output { status, stdout: text.into(), stderr: Vec::new() });
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.statuses().last(), Some(&"INCOMPLETE"));
    assert_eq!(ran.error()["failure_type"], "transient_error");
    // Every record is covered by a state.
    let kinds: Vec<_> = ran.messages.iter().map(|message| message["type"].as_str()).collect();
    let last = |kind| kinds.iter().rposition(|other| *other == Some(kind));
    assert!(last("STATE") > last("RECORD"), "{kinds:?}");
    let distinct: HashSet<_> = ran.uuids().into_iter().collect();
    assert!(!distinct.is_empty() && distinct.len() < 1_500);
}
