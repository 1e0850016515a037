//! Aliases of files, the files that SQLite keeps beside them, and the outputs of refused runs.

use host_kit::{Running, World};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;

const RUN: &str = "run --config c.json --output o.ndjson --once";

#[test]
fn an_alias_of_a_state_in_use_is_in_use_too() {
    let world = World::new(10);
    // Both aliases exist before the state does.
    symlink("c.state.sqlite", world.path("alias")).unwrap();
    symlink(".", world.path("here")).unwrap();
    let mut running = Running::start(world.command("run --config c.json --output o.ndjson"));
    running.says("started");
    for alias in ["alias", "here/c.state.sqlite", "here/here/alias"] {
        let message =
            world.bad(&format!("run --config c.json --state {alias} --output x --once"), 2);
        assert!(message.contains("c.state.sqlite is in use"), "{message}");
    }
    drop(running);
    fs::remove_file(world.path("alias")).unwrap();
    fs::hard_link(world.path("c.state.sqlite"), world.path("alias")).unwrap();
    for name in ["alias", "c.state.sqlite"] {
        let message = world.bad(&format!("{RUN} --state {name}"), 2);
        assert!(message.contains("hard links"), "{message}");
    }
    assert!(!world.path("alias.lock").exists());
}

#[test]
fn a_database_name_is_not_parsed_as_a_uri() {
    let world = World::new(10);
    for name in ["file:o.sqlite", "file:x?mode=memory", ":memory:"] {
        world.good(&format!("run --config c.json --once --output sqlite:{name} --state s-{name}"));
        assert_eq!(world.in_sqlite(&format!("./{name}")).len(), 10, "{name}");
        assert!(world.path(&format!("s-{name}")).is_file());
    }
    assert!(!world.path("o.sqlite").exists());
}

#[test]
fn an_output_and_its_companions_must_not_be_our_own_files() {
    let world = World::new(1);
    for end in ["-journal", "-wal", "-shm", ".lock"] {
        for kind in ["", "sqlite:", "./"] {
            let output = format!("{kind}c.state.sqlite{end}");
            let message = world.bad(&format!("run --config c.json --once --output {output}"), 2);
            assert!(message.contains("the state file, its lock or its journal"), "{message}");
        }
    }
    symlink("c.state.sqlite-journal", world.path("link")).unwrap();
    world.bad("run --config c.json --once --output link", 2);
    assert!(!world.path("c.state.sqlite-wal").exists());
    // The output's own journal would be the config, or the state's the token.
    fs::rename(world.path("c.json"), world.path("o-journal")).unwrap();
    fs::copy(world.path("token"), world.path("s-journal")).unwrap();
    world.bad("run --config o-journal --once --output sqlite:o", 2);
    fs::rename(world.path("o-journal"), world.path("c.json")).unwrap();
    let text = fs::read_to_string(world.path("c.json")).unwrap();
    fs::write(world.path("c.json"), text.replace("\"token\"", "\"s-journal\"")).unwrap();
    world.bad("run --config c.json --once --state s", 2);
    assert_eq!(fs::read_to_string(world.path("s-journal")).unwrap().trim(), host_kit::TOKEN);
}

#[test]
fn a_refused_run_leaves_the_output_unchanged() {
    let world = World::new(10);
    world.config(json!({"org_slug": ""}));
    world.bad(RUN, 2);
    assert!(!world.path("o.ndjson").exists());
    world.bad("run --config c.json --output sqlite:o.sqlite --once", 2);
    assert!(!world.path("o.sqlite").exists());
    world.config(json!({"backfill_start_time": "2024-12-31T00:00:00Z"}));
    world.good(RUN);
    let state = rusqlite::Connection::open(world.path("c.state.sqlite")).unwrap();
    state.execute("UPDATE checkpoint SET body = 'nonsense'", []).unwrap();
    let torn = "{\"uuid\":\"half";
    fs::write(world.path("o.ndjson"), torn).unwrap();
    let mark = |state: &rusqlite::Connection| -> i64 {
        state.query_row("SELECT length FROM output_file", [], |row| row.get(0)).unwrap()
    };
    let before = mark(&state);
    world.bad(RUN, 2);
    assert_eq!(fs::read_to_string(world.path("o.ndjson")).unwrap(), torn);
    assert_eq!(mark(&state), before);
}

#[test]
fn a_state_without_its_tables_is_refused_with_what_to_do() {
    let world = World::new(10);
    for table in ["checkpoint", "kept", "output_file", "writing"] {
        for name in ["c.state.sqlite", "o.ndjson"] {
            let _ = fs::remove_file(world.path(name));
        }
        world.good(RUN);
        let state = rusqlite::Connection::open(world.path("c.state.sqlite")).unwrap();
        state.execute_batch(&format!("DROP TABLE {table}")).unwrap();
        drop(state);
        for line in [RUN, "state show --state c.state.sqlite", "state reset --state c.state.sqlite"]
        {
            let message = world.bad(line, 2);
            assert!(message.contains(&format!("its table {table} is missing")), "{message}");
            assert!(message.contains("move it away to start where the settings say"), "{message}");
        }
    }
}

#[test]
fn an_endpoint_that_the_host_denies_exits_with_2_in_check_as_in_run() {
    let world = World::new(1);
    world.config(json!({"endpoint": "https://169.254.169.254/v1"}));
    world.bad(RUN, 2);
    world.bad("check --config c.json", 2);
}
