//! What the commands refuse, with which exit code and message, and that it is left unchanged.

use host_kit::{Running, World};
use serde_json::json;
use std::fs;

const RUN: &str = "run --config c.json --output o.ndjson --once";

#[test]
fn a_state_or_output_in_use_is_named() {
    let world = World::new(10);
    let mut running = Running::start(world.command("run --config c.json --output o.ndjson"));
    running.says("started");
    let message = world.bad("run --config c.json --output other --once", 2);
    assert!(message.contains("c.state.sqlite is in use"), "{message}");
    let message = world.bad("state reset --state c.state.sqlite", 2);
    assert!(message.contains("c.state.sqlite is in use"), "{message}");
    // Another state does not open the same output.
    let message = world.bad(&format!("{RUN} --state other"), 2);
    assert!(message.contains("o.ndjson is in use"), "{message}");
    world.good("state show --state c.state.sqlite");
}

#[test]
fn a_state_of_another_program_is_refused_and_left_unchanged() {
    let world = World::new(10);
    let sqlite = rusqlite::Connection::open(world.path("sqlite")).unwrap();
    sqlite.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(sqlite);
    fs::write(world.path("text"), "x".repeat(5_000)).unwrap();
    fs::write(world.path("short"), "SQLite format 3\0").unwrap();
    world.good(&format!("{RUN} --state newer"));
    let newer = rusqlite::Connection::open(world.path("newer")).unwrap();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(newer);
    for (name, why) in [
        ("text", "not an SQLite database"),
        ("short", "not an SQLite database"),
        ("sqlite", "a database of another program"),
        ("newer", "has a newer version (99)"),
    ] {
        let before = fs::read(world.path(name)).unwrap();
        for line in [format!("{RUN} --state {name}"), format!("state show --state {name}")] {
            let message = world.bad(&line, 2);
            assert!(
                message.contains(why) && message.contains("the file was not changed"),
                "{message}"
            );
        }
        assert_eq!(fs::read(world.path(name)).unwrap(), before, "{name}");
    }
    fs::create_dir(world.path("folder")).unwrap();
    let message = world.bad(&format!("{RUN} --state folder"), 2);
    assert!(message.contains("state folder"), "{message}");
}

#[test]
fn a_damaged_state_is_refused() {
    let world = World::new(10);
    world.good(RUN);
    let mut bytes = fs::read(world.path("c.state.sqlite")).unwrap();
    bytes.truncate(bytes.len() - 4_096);
    fs::write(world.path("c.state.sqlite"), &bytes).unwrap();
    world.bad(RUN, 2);
    assert_eq!(fs::read(world.path("c.state.sqlite")).unwrap(), bytes);
}

#[test]
fn a_checkpoint_that_the_component_refuses_is_kept() {
    let world = World::new(10);
    world.good(RUN);
    let state = rusqlite::Connection::open(world.path("c.state.sqlite")).unwrap();
    state.execute("UPDATE checkpoint SET body = 'nonsense'", []).unwrap();
    let message = world.bad(RUN, 2);
    assert!(message.contains("the stored checkpoint is refused"), "{message}");
    let body: String =
        state.query_row("SELECT body FROM checkpoint", [], |row| row.get(0)).unwrap();
    assert_eq!(body, "nonsense");
}

#[test]
fn an_output_is_never_one_of_our_own_files() {
    let world = World::new(1);
    let config = fs::read(world.path("c.json")).unwrap();
    for own in ["c.json", "token", "c.state.sqlite", "c.state.sqlite.lock", "./c.json"] {
        for target in [own.to_owned(), format!("sqlite:{own}")] {
            world.bad(&format!("run --config c.json --output {target} --once"), 2);
        }
    }
    assert_eq!(fs::read(world.path("c.json")).unwrap(), config);
    let message = world.bad("run --config c.json --output none/o.ndjson --once", 2);
    assert!(message.contains("the folder none does not exist"), "{message}");
    world.bad("run --config c.json --output . --once", 2);
    world.bad("run --config c.json --state c.json --once", 2);
}

#[test]
fn an_invalid_config_exits_with_2_and_the_key_is_named() {
    let world = World::new(1);
    let message = world.bad("run --config missing.json", 2);
    assert!(message.contains("missing.json"), "{message}");
    for (config, word) in [
        (json!({"settings": {}, "secret": {}}), "did you mean secrets?"),
        (json!({"settings": {"org_slug": "x", "slug": 1}, "secrets": {}}), "slug"),
        (json!({"settings": {"org_slug": "x", "endpoint": "http://example.com"}}), "endpoint"),
        (json!({"secrets": {}}), "settings is missing"),
        (json!({"settings": {}, "secrets": {"api_token": {"env": "NOT_SET_AT_ALL"}}}), "NOT_SET"),
    ] {
        world.whole_config(&config);
        for command in ["run", "check", "preview"] {
            let output = world.host(&format!("{command} --config c.json"));
            let message = host_kit::stderr(&output) + &host_kit::stdout(&output);
            assert_eq!(output.status.code(), Some(2), "{message}");
            assert!(message.contains(word), "{message}");
        }
    }
    world.bad("run", 2);
    world.bad("nonsense", 2);
}

#[test]
fn access_errors_exit_with_3_and_other_errors_with_1() {
    let world = World::new(1);
    fs::write(world.path("token"), "bkua_wrong_0123456789").unwrap();
    let message = world.bad(RUN, 3);
    assert!(message.contains("unauthorized"), "{message}");
    world.bad("check --config c.json", 3);
    fs::write(world.path("token"), host_kit::TOKEN).unwrap();
    world.config(json!({"org_slug": "nobody"}));
    world.bad(&format!("{RUN} --state s3"), 3);
    // Nothing listens on port 1 of loopback.
    world.config(json!({"endpoint": "http://127.0.0.1:1/v1"}));
    let message = world.bad(&format!("{RUN} --state s1 --retries 1"), 1);
    assert!(message.contains("gave up after 1 retry"), "{message}");
    world.bad("check --config c.json", 1);
}
