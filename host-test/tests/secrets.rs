//! The token reaches the remote, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{TOKEN, World, all_files};
use fake_buildkite::Authorization;
use std::process::Output;

fn clean(output: &Output, line: &str) {
    for bytes in [&output.stdout, &output.stderr] {
        assert!(!holds(bytes, TOKEN), "{line} shows the token");
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_output_log_state_or_file_holds_the_token() {
    let world = World::new(30);
    for line in [
        "run --config c.json --output o.ndjson --once",
        "run --config c.json --output sqlite:o.sqlite --once --state s2",
        "run --config c.json --once --state s3",
        "check --config c.json",
        "check --config c.json --json",
        "preview --config c.json",
        "state show --state c.state.sqlite",
        "state show --state c.state.sqlite --json",
    ] {
        let output = world.command(line).env("RUST_LOG", "trace").output().unwrap();
        assert!(output.status.success(), "{line}");
        clean(&output, line);
    }
    for (path, bytes) in all_files(world.folder.path()) {
        let is_its_place = path.file_name().is_some_and(|name| name == "token");
        assert_eq!(holds(&bytes, TOKEN), is_its_place, "{}", path.display());
    }
    let accepted = |seen: &fake_buildkite::Seen| seen.authorization == Authorization::Accepted;
    assert!(world.fake.requests().iter().all(accepted));
}

#[test]
fn a_bad_token_is_named_and_not_quoted() {
    let world = World::new(1);
    for bad in ["bkua_with space", "bkua_two\n\n", "\"bkua_quoted\u{e9}\"", ""] {
        std::fs::write(world.path("token"), bad).unwrap();
        let said = world.bad("run --config c.json --once", 2);
        assert!(said.contains("secrets.api_token") && !said.contains("bkua"), "{said}");
    }
}

#[test]
fn one_line_break_at_the_end_of_a_secret_file_is_cut() {
    let world = World::new(1);
    std::fs::write(world.path("token"), TOKEN).unwrap();
    world.good("check --config c.json");
    std::fs::write(world.path("token"), format!("{TOKEN}\n")).unwrap();
    world.good("check --config c.json");
}

#[test]
fn a_token_comes_from_the_environment_too() {
    let world = World::new(1);
    let config = serde_json::json!({
        "settings": {"org_slug": fake_buildkite::SLUG, "endpoint": world.fake.endpoint()},
        "secrets": {"api_token": {"env": "MY_TOKEN"}},
    });
    world.whole_config(&config);
    let output = world.command("check --config c.json").env("MY_TOKEN", TOKEN).output().unwrap();
    assert!(output.status.success());
    clean(&output, "check");
}
