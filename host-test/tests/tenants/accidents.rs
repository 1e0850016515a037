//! Lost, restored and locked files of many tenants.

use fake_buildkite::Options;
use host_kit::{Running, Tenants, assert_same, copy, put_back, stderr, until};
use serde_json::json;
use std::fs;

const STATE: &str = "dir.state.sqlite";

fn run_with(events: u64) -> Tenants {
    let all = Tenants::with(Options { events, ..Options::default() });
    all.add("a", json!({}));
    all.add("b", json!({}));
    run(&all, 0);
    all
}

fn run(all: &Tenants, code: i32) {
    let output = all.command("--until-idle").output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
}

#[test]
fn an_empty_or_missing_state_repeats_no_records_of_any_tenant() {
    for is_gone in [false, true] {
        let all = run_with(40);
        match is_gone {
            true => fs::remove_file(all.0.path(STATE)).unwrap(),
            false => fs::write(all.0.path(STATE), "").unwrap(),
        }
        run(&all, 1);
        for tenant in ["a", "b"] {
            assert_same(&all.got(tenant), &all.0.truth());
            let (state, why) = all.status(tenant);
            assert_eq!(state, "failing");
            assert!(why.contains("the state is new or empty"), "{why}");
            assert!(why.contains(&format!("tenants reset --dir DIR {tenant}`")), "{why}");
        }
        // Each tenant continues in its own way: one in a new file, one by appending to the old one.
        fs::rename(all.0.path("out/a.ndjson"), all.0.path("away")).unwrap();
        all.0.good("tenants reset --dir dir b");
        run(&all, 0);
        assert_same(&all.got("a"), &all.0.truth());
        assert_eq!(all.got("b").len(), 80);
    }
}

#[test]
fn a_state_from_a_backup_is_refused_for_tenants_that_have_continued() {
    let all = run_with(40);
    copy(&all.0, STATE, "backup");
    all.0.fake.add_events(5, None);
    run(&all, 0);
    put_back(&all.0, "backup", STATE);
    all.0.fake.add_events(1, None);
    let before = all.got("a");
    run(&all, 1);
    assert_eq!(all.got("a"), before);
    assert!(
        all.status("a").1.contains("the state was restored from a backup"),
        "{}",
        all.status("a").1
    );
}

#[test]
fn an_output_from_a_backup_is_refused_and_the_other_tenant_continues() {
    let all = run_with(40);
    copy(&all.0, "out/a.ndjson", "backup");
    all.0.fake.add_events(5, None);
    run(&all, 0);
    put_back(&all.0, "backup", "out/a.ndjson");
    all.0.fake.add_events(1, None);
    run(&all, 1);
    assert_eq!(all.got("a").len(), 40);
    assert!(all.status("a").1.contains("not those that this state wrote"), "{}", all.status("a").1);
    assert_same(&all.got("b"), &all.0.truth());
}

#[test]
fn tenants_wait_for_a_locked_state() {
    let all = run_with(40);
    all.0.fake.add_events(5, None);
    let lock = rusqlite::Connection::open(all.0.path(STATE)).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let log = all.0.path("log");
    let mut command = all.command("--until-idle");
    command.stderr(fs::File::create(&log).unwrap());
    let mut running = host_kit::Running::start(command);
    host_kit::until("a message about the lock", || {
        let message = fs::read_to_string(&log).unwrap();
        message.contains("dir.state.sqlite is locked by another program")
            && message.contains("retrying in")
    });
    drop(lock);
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    assert_same(&all.got("a"), &all.0.truth());
}

#[test]
fn the_wait_after_a_failed_page_is_kept_beyond_the_turn() {
    // Every page except the first of a gap fails.
    let fault = |_, variables: &serde_json::Value| match variables["after"].is_string() {
        true => fake_buildkite::Fault::Status { status: 503, headers: vec![], body: "busy".into() },
        false => fake_buildkite::Fault::None,
    };
    let options =
        Options { events: 30, fault: Some(std::sync::Arc::new(fault)), ..Options::default() };
    let all = Tenants::with(options);
    all.add("a", json!({"page_size": 10}));
    let running = Running::start(all.command(""));
    until("the rest of the gap in the state", || {
        let Ok(state) = rusqlite::Connection::open(all.0.path(STATE)) else { return false };
        let sql = "SELECT checkpoint FROM tenant WHERE name = 'a'";
        let stored = state.query_row(sql, [], |row| row.get::<_, Option<String>>(0));
        stored.ok().flatten().is_some_and(|text| text.contains("\"rest_until\""))
    });
    assert_eq!(running.signal("TERM"), Some(0));
}
