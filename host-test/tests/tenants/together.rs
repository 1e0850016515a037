//! Tenants side by side: what each of them receives.

use fake_buildkite::Options;
use host_kit::Tenants;
use host_kit::{Running, assert_same, stderr, stdout, until};
use serde_json::json;

#[test]
fn each_tenant_gets_every_event_once_and_an_invalid_tenant_stops_no_others() {
    let all = Tenants::with(Options { events: 1_200, ..Options::default() });
    for tenant in ["a", "b", "c"] {
        all.add(tenant, json!({}));
    }
    all.add("slug", json!({"org_slug": "nobody"}));
    all.add("typo", json!({"page_sizes": 1}));
    let output = all.command("--until-idle").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("2 tenants failed: slug, typo"), "{}", stderr(&output));
    for tenant in ["a", "b", "c"] {
        assert_same(&all.got(tenant), &all.0.truth());
        assert_eq!(all.status(tenant), ("idle".to_owned(), String::new()));
    }
    assert!(all.status("slug").1.contains("organization nobody was not found"));
    assert!(all.status("typo").1.contains("page_sizes: unknown setting"));
    // Again, from where it ended.
    all.0.fake.add_events(50, None);
    all.command("--until-idle").output().unwrap();
    assert_same(&all.got("b"), &all.0.truth());
    let table = stdout(&all.0.host("tenants status --dir dir"));
    assert!(table.starts_with("TENANT  STATE") && table.contains("\nslug    failing"), "{table}");
}

#[test]
fn tenants_are_added_changed_and_removed_while_it_runs() {
    let all = Tenants::with(Options { events: 300, ..Options::default() });
    all.add("first", json!({}));
    all.add("wrong", json!({"page_size": 0}));
    let mut running = Running::start(all.command(""));
    // Keeps reading, or the child would block on a full pipe.
    running.says("requests may go to");
    until("the first", || all.got("first").len() == 300);
    until("the error", || all.status("wrong").1.contains("page_size"));
    all.add("second", json!({}));
    all.add("wrong", json!({"page_size": 100}));
    until("the second", || all.got("second").len() == 300);
    until("the fixed tenant", || all.got("wrong").len() == 300);
    std::fs::remove_dir_all(all.folder("second")).unwrap();
    until("the removal", || all.status("second").0 == "removed");
    // Two processes with one state would deliver everything twice.
    let other = all.command("").output().unwrap();
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("in use by another process"), "{}", stderr(&other));
    assert_eq!(running.signal("TERM"), Some(0));
    for tenant in ["first", "second", "wrong"] {
        assert_same(&all.got(tenant), &all.0.truth());
    }
}

#[test]
fn a_long_backfill_does_not_starve_other_tenants() {
    let all = Tenants::with(Options { events: 3_000, ..Options::default() });
    // One turn at a time: six hundred pages of one tenant, and a few pages of another that arrives later.
    all.add("long", json!({"page_size": 5}));
    let mut running = Running::start(all.command("--concurrency 1"));
    running.says("requests may go to");
    until("the backfill to begin", || !all.got("long").is_empty());
    all.add("short", json!({}));
    until("the other", || all.got("short").len() == 3_000);
    assert!(all.got("long").len() < 3_000, "it waited for the end of the backfill");
    assert_eq!(running.signal("TERM"), Some(0));
}

#[test]
fn a_rate_limit_is_waited_for_and_counts_survive_kills() {
    let limits =
        fake_buildkite::Limits { window_seconds: 2, ..fake_buildkite::Limits::buildkite() };
    let all = Tenants::with(Options { events: 1_500, limits, ..Options::default() });
    all.add("a", json!({}));
    let mut running = Running::start(all.command("--max-records 50"));
    running.says("requests may go to");
    until("some records", || !all.got("a").is_empty());
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    let output = all.command("--until-idle").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_same(&all.got("a"), &all.0.truth());
    let table = stdout(&all.0.host("tenants status --dir dir"));
    assert!(table.contains(" 1500 "), "{table}");
}

#[test]
fn a_tenant_whose_filter_changed_can_be_reset() {
    let all = Tenants::with(Options { events: 300, ..Options::default() });
    all.add("a", json!({}));
    all.command("--until-idle").output().unwrap();
    all.add("a", json!({"event_types": ["USER_UPDATED", "TEAM_CREATED"]}));
    assert_eq!(all.command("--until-idle").output().unwrap().status.code(), Some(1));
    assert!(all.status("a").1.contains("belongs to another list of event_types"));
    let former = stdout(&all.0.good("tenants reset --dir dir a"));
    assert!(former.starts_with(r#"{"format":"buildkite-audit-logs""#), "{former}");
    assert!(all.command("--until-idle").output().unwrap().status.success());
    let message = all.0.bad("tenants reset --dir dir nobody", 2);
    assert!(message.contains("there is no tenant nobody"), "{message}");
}
