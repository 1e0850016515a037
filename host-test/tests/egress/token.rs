//! The token reaches the remote and nothing else.

use fake_buildkite::Authorization;
use host_kit::{TOKEN, World, all_files};
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
    // Each of the six commands that make requests has made at least one.
    assert!(requests.len() >= 6 && requests.iter().all(accepted), "{requests:?}");
}

/// Writes a config whose token is in the variable `MY_TOKEN`.
fn from_environment(world: &World) {
    let settings = json!({"org_slug": fake_buildkite::SLUG, "endpoint": world.fake.endpoint()});
    let secrets = json!({"api_token": {"env": "MY_TOKEN"}});
    world.whole_config(&json!({"settings": settings, "secrets": secrets}));
}

#[test]
fn a_bad_token_is_reported_but_not_quoted() {
    let world = World::new(1);
    for (bad, message) in [
        ("bkua_5ecre7f00d with space", "contains white space"),
        ("bkua_5ecre7f00d\nbkua_5ecre7f00d\n", "contains white space"),
        ("\"bkua_5ecre7f00dcafe\"", "quotation marks"),
        ("\u{2018}bkua_5ecre7f00dcafe\u{2019}", "quotation marks"),
        ("Bearer bkua_5ecre7f00dcafe", "such as Bearer"),
        ("API_TOKEN=bkua_5ecre7f00dcafe\r\n", "NAME=VALUE"),
        ("{\"api_token\": \"bkua_5ecre7f00dcafe\"}", "is JSON"),
        ("bkua_5ecre7f00dcaf\u{e9}", "characters that no token has"),
        ("bkua_5ecre7f", "shorter than 16"),
        ("test", "shorter than 16"),
        (" \r\n", "is empty"),
        ("", "is empty"),
    ] {
        std::fs::write(world.path("token"), bad).unwrap();
        world.config(json!({}));
        let in_file = world.bad("run --config c.json --once", 2);
        assert!(in_file.contains("secrets.api_token: the token in token "), "{in_file}");
        from_environment(&world);
        let output = world.command("check --config c.json").env("MY_TOKEN", bad).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let in_variable = host_kit::stderr(&output);
        assert!(in_variable.contains("the environment variable MY_TOKEN "), "{in_variable}");
        for text in [in_file, in_variable] {
            assert!(text.contains(message) && !text.contains("5ecre7"), "{bad}: {text}");
        }
    }
    assert!(world.fake.requests().is_empty());
}

#[test]
fn the_fake_buildkite_accepts_only_tokens_that_the_host_accepts() {
    let world = World::new(1);
    for bad in ["test", "'bkua_5ecre7f00dcafe'", "0000000000000000"] {
        // Not a loopback address, so the command ends whether or not it accepts the token.
        let message = world.bad(&format!("fake-buildkite --listen 192.0.2.1:0 --token {bad}"), 2);
        assert!(message.contains("--token ") && !message.contains("5ecre7"), "{message}");
    }
}

#[test]
fn a_token_file_in_another_encoding_is_reported() {
    let world = World::new(1);
    // As PowerShell writes it with `>`.
    let wide = std::iter::once('\u{feff}').chain(TOKEN.chars());
    let wide: Vec<u8> = wide.flat_map(|letter| (letter as u16).to_le_bytes()).collect();
    std::fs::write(world.path("token"), wide).unwrap();
    let message = world.bad("check --config c.json", 2);
    assert!(message.contains("secrets.api_token: token: is UTF-16"), "{message}");
}

#[test]
fn white_space_around_a_secret_is_removed() {
    let world = World::new(1);
    for (before, after) in [
        ("", ""),
        ("", "\n"),
        ("", "\r\n"),
        ("\u{feff}", "\n\n"),
        ("\t", " \n"),
        ("\u{a0}", "\u{a0}"),
    ] {
        let stored = [before, TOKEN, after].concat();
        std::fs::write(world.path("token"), &stored).unwrap();
        world.config(json!({}));
        clean(&world.good("check --config c.json"), "check");
        from_environment(&world);
        let line = "check --config c.json";
        let output = world.command(line).env("MY_TOKEN", &stored).output().unwrap();
        assert!(output.status.success(), "{stored:?}");
        clean(&output, line);
    }
}

/// Starts a remote that echoes the `Authorization` header in every answer.
fn echo(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the test process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut some = [0; 4096];
            // The request's body is one JSON object, so it ends with a brace.
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
fn a_token_that_the_server_echoes_is_masked() {
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
            let message = host_kit::stderr(&output) + &host_kit::stdout(&output);
            // The host masks it before the component reads it.
            shown += usize::from(message.contains("****"));
        }
        // Otherwise this test would prove nothing. The component does not quote a 5xx.
        assert!(shown > 0 || status.starts_with("503"), "{status}: the echo is not quoted");
    }
}

#[test]
fn a_token_in_the_wrong_place_in_the_config_is_not_quoted() {
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
            let message = host_kit::stderr(&output) + &host_kit::stdout(&output);
            assert!(message.contains("secrets"), "{message}");
            assert!(!message.contains(hex) && !message.contains("no name!"), "{message}");
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
            let message = host_kit::stderr(&output) + &host_kit::stdout(&output);
            assert!(message.contains("endpoint") && !message.contains("hunter2"), "{message}");
        }
    }
}
