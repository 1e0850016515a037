//! The other commands, as an operator types them.

use host_kit::{Running, World, assert_same, host, stderr, stdout, uuids};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn the_demo_prints_every_event_and_a_summary() {
    let output = Command::new(host()).args(["demo", "--events", "700"]).output().unwrap();
    assert!(output.status.success());
    let mut all = uuids(&stdout(&output));
    assert_eq!(all.len(), 700);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 700);
    let message = stderr(&output);
    for word in ["700 events", "API points per event", "wasi:http/outgoing-handler", "bytes"] {
        assert!(message.contains(word), "{word}: {message}");
    }
}

#[test]
fn a_demo_whose_reader_closes_ends_quietly() {
    let mut child = Command::new(host())
        .args(["demo", "--events", "5000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
}

#[test]
fn check_reports_every_step() {
    let world = World::new(5);
    let table = stdout(&world.good("check --config c.json"));
    assert!(table.contains("passed   token accepted"), "{table}");
    let json: Value =
        serde_json::from_str(&stdout(&world.good("check --config c.json --json"))).unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.len() > 3);
    assert!(findings.iter().all(|finding| finding["outcome"].is_string()));
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 2);
}

#[test]
fn a_malformed_address_is_refused_with_an_example_of_a_valid_one() {
    let world = World::new(1);
    let tenants = "tenants --dir . --output-dir .";
    let check = "check --config c.json";
    for (line, words) in [
        ("fake-buildkite --listen localhost:80".to_owned(), "such as 127.0.0.1:8080 or [::1]:8080"),
        ("fake-buildkite --listen 192.0.2.1:0".to_owned(), "use 127.0.0.1"),
        ("run --config c.json --metrics *:9000".to_owned(), "such as 127.0.0.1:9000"),
        (
            "run --config c.json --metrics u:hunter2@127.0.0.1:9000".to_owned(),
            "--metrics has a user or a password",
        ),
        (format!("{tenants} --metrics 10.0.0.0/8"), "such as 127.0.0.1:9000"),
        (format!("{check} --allow-private 10.0.0.0/8"), "such as https://audit.corp.example"),
        (format!("{check} --proxy http://*:3128"), "such as http://proxy.corp.example:3128"),
    ] {
        let message = world.bad(&line, 2);
        assert!(message.contains(words), "{line}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
    std::fs::create_dir(world.path("dir")).unwrap();
    std::fs::create_dir(world.path("out")).unwrap();
    for host in ["*", "10.0.0.0/8", "https://a.corp/v1", "https://u:hunter2@a.corp", "a.corp"] {
        let line = format!("tenants --dir dir --output-dir out --until-idle --allow-host {host}");
        let message = world.bad(&line, 2);
        assert!(
            message.contains("--allow-host ") && message.contains("such as https://"),
            "{message}"
        );
        assert!(!message.contains("hunter2"), "{message}");
    }
    assert!(world.fake.requests().is_empty());
}

#[test]
fn preview_shows_a_few_records_and_stores_nothing() {
    let world = World::new(600);
    let output = world.good("preview --config c.json -n 3");
    assert_eq!(uuids(&stdout(&output)).len(), 3);
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 2);
    world.config(json!({}));
    let new = world.fake.add_events(2, None);
    let output = world.good("preview --config c.json");
    assert_same(&uuids(&stdout(&output)), &new);
    assert!(stderr(&output).contains("no backfill_start_time: showing records since"));
}

#[test]
fn the_default_state_is_where_the_help_says() {
    let world = World::new(1);
    // The help may break lines anywhere.
    let help = |name: &str| {
        let text = stdout(&world.good(&format!("{name} --help")));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    std::fs::rename(world.path("c.json"), world.path("acme.json")).unwrap();
    world.good("run --config acme.json --output o.ndjson --once");
    assert!(help("run").contains("acme.state.sqlite for acme.json"), "{}", help("run"));
    assert!(world.path("acme.state.sqlite").exists());
    std::fs::create_dir(world.path("tenants")).unwrap();
    std::fs::create_dir(world.path("out")).unwrap();
    world.good("tenants --dir tenants --output-dir out --until-idle");
    let words = "tenants.state.sqlite for the folder tenants";
    assert!(help("tenants").contains(words), "{}", help("tenants"));
    assert!(world.path("tenants.state.sqlite").exists());
}

#[test]
fn describe_shows_what_the_component_is_and_what_it_imports() {
    let output = Command::new(host()).arg("describe").output().unwrap();
    let value: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(value["name"], "buildkite-audit-logs");
    assert_eq!(value["allowed_hosts"], json!(["https://graphql.buildkite.com"]));
    assert!(value["settings_schema"]["properties"]["org_slug"].is_object());
    assert_eq!(value["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn a_state_can_be_shown_rebound_and_reset() {
    let world = World::new(300);
    let run = "run --config c.json --output o.ndjson --until-idle";
    let message = world.bad("state show --state c.state.sqlite", 2);
    assert!(message.contains("does not exist"), "{message}");
    world.good(run);
    let shown = stdout(&world.good("state show --state c.state.sqlite"));
    assert!(shown.contains("example-org"), "{shown}");
    // Another filter is refused until the state is bound to it.
    world.config(json!({"event_types": ["PIPELINE_CREATED"]}));
    world.bad(run, 2);
    let message = stdout(&world.good("state rebind --state c.state.sqlite --config c.json"));
    assert!(message.contains("rebound"), "{message}");
    world.good(run);
    assert_eq!(world.in_file("o.ndjson").len(), 300);
    let message = stdout(&world.good("state reset --state c.state.sqlite"));
    assert!(message.contains("kept"), "{message}");
    let database = rusqlite::Connection::open(world.path("c.state.sqlite")).unwrap();
    let kept: u32 = database.query_row("SELECT count(*) FROM kept", [], |r| r.get(0)).unwrap();
    assert_eq!(kept, 2);
}

#[test]
fn the_fake_buildkite_prints_its_address_and_ends_on_a_signal() {
    let mut child = Command::new(host())
        .args(["fake-buildkite", "--events", "3", "--seed", "7"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on http://127.0.0.1:"), "{line}");
    assert!(line.ends_with("/v1\n"), "{line}");
    assert_eq!(Running(child).signal("TERM"), Some(0));
}
