//! The token reaches the remote, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{TOKEN, World, all_files};
use fake_buildkite::Authorization;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
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
    let requests = world.fake.requests();
    // Each of the six lines that ask made a request of its own at least.
    assert!(requests.len() >= 6 && requests.iter().all(accepted), "{requests:?}");
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

/// A remote that says in every answer what it got as `Authorization`.
fn echo(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the test process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut some = [0; 4096];
            // A request is one JSON object, and ends with its brace.
            while !request.ends_with(b"}") {
                let size = stream.read(&mut some).unwrap();
                if size == 0 {
                    break;
                }
                request.extend_from_slice(&some[..size]);
            }
            assert!(holds(&request, TOKEN), "the token did not arrive");
            let body = body.replace("ECHO", &format!("Bearer {TOKEN}"));
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}/v1")
}

#[test]
fn a_token_that_the_server_echoes_is_hidden() {
    let world = World::new(1);
    for (status, body) in [
        ("401 Unauthorized", r#"{"message": "no such token: ECHO"}"#),
        ("403 Forbidden", r#"{"message": "not with ECHO"}"#),
        ("400 Bad Request", r#"{"message": "not with ECHO"}"#),
        ("200 OK", r#"{"errors": [{"message": "failed for ECHO"}]}"#),
        ("503 Away", "ECHO"),
    ] {
        world.config(json!({"endpoint": echo(status, body)}));
        let mut shown = 0;
        for line in [
            "run --config c.json --once --retries 1 --output o",
            "check --config c.json",
            "check --config c.json --json",
            "preview --config c.json",
        ] {
            let output = world.command(line).env("RUST_LOG", "trace").output().unwrap();
            assert!(!output.status.success());
            clean(&output, line);
            let said = common::stderr(&output) + &common::stdout(&output);
            // The host blots it out before the component reads it.
            shown += usize::from(said.contains("****"));
        }
        // Else this test would prove nothing; of a 5xx the component quotes nothing.
        assert!(shown > 0 || status.starts_with("503"), "{status}: the echo is not quoted");
    }
}

#[test]
fn a_token_in_the_wrong_place_of_the_config_is_not_quoted() {
    let world = World::new(1);
    let hex = &TOKEN["bkua_".len()..];
    for secrets in [
        json!({"api_token": {"env": TOKEN}}),
        json!({"api_token": {"env": hex}}),
        json!({"api_token": {"env": "no name!"}}),
        json!({"api_token": {"file": TOKEN}}),
        json!({"api_token": {"file": hex}}),
        json!({"api_token": {TOKEN: "file"}}),
        json!({"api_token": {"file": "token", TOKEN: 1}}),
        json!({"api_token": [TOKEN]}),
        json!({TOKEN: {"file": "token"}}),
    ] {
        let settings = json!({"org_slug": "x"});
        world.whole_config(&json!({"settings": settings, "secrets": secrets}));
        for command in ["run", "check", "preview"] {
            let output = world.host(&format!("{command} --config c.json"));
            assert_eq!(output.status.code(), Some(2));
            let said = common::stderr(&output) + &common::stdout(&output);
            assert!(said.contains("secrets"), "{said}");
            assert!(!said.contains(hex) && !said.contains("no name!"), "{said}");
        }
    }
    world.whole_config(&json!({"settings": {"org_slug": "x"}, TOKEN: 1}));
    assert!(!world.bad("run --config c.json", 2).contains(hex));
}

#[test]
fn a_password_in_the_endpoint_is_not_quoted() {
    let world = World::new(1);
    for bad in ["https://u:hunter2@example.com/v1", "https://u:hunter2@", "u:hunter2@x y"] {
        world.config(json!({"endpoint": bad}));
        for command in ["run", "check", "preview"] {
            let output = world.host(&format!("{command} --config c.json"));
            assert_eq!(output.status.code(), Some(2));
            let said = common::stderr(&output) + &common::stdout(&output);
            assert!(said.contains("endpoint") && !said.contains("hunter2"), "{said}");
        }
    }
}
