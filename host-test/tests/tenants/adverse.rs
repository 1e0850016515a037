//! What hostile tenants try, and what happens then.

use fake_buildkite::{Options, SLUG};
use host_kit::{Running, Tenants, all_files, assert_same, stderr, stdout, until};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::process::Command;

/// A tenant, what its config has besides the endpoint and the organization, and what the message says.
type Refused = (&'static str, Value, &'static str);

fn configs_for_the_operator_alone() -> Vec<Refused> {
    vec![
        ("component", json!({"component": "x.wasm"}), "only the operator can set component"),
        ("limits", json!({"limits": {}}), "only the operator can set limits"),
        ("output", json!({"output": "/etc/x"}), "only the operator can set output"),
        ("proxy", json!({"proxy": "http://x"}), "only the operator can set proxy"),
        ("private", json!({"allow_private": ["https://x"]}), "can set allow_private"),
        ("ca", json!({"ca_file": "x"}), "only the operator can set ca_file"),
    ]
}

fn misplaced_secrets() -> Vec<Refused> {
    let secrets = |token: Value| json!({"secrets": {"api_token": token}});
    let (path, link) = ("a plain name, without a path", "is a link");
    vec![
        ("other-key", json!({"secret": {"api_token": {"file": "token"}}}), "did you mean secrets?"),
        ("env", secrets(json!({"env": "HOME"})), "cannot use environment variables"),
        ("path", secrets(json!({"file": "../../elsewhere"})), path),
        ("absolute", secrets(json!({"file": "/etc/passwd"})), path),
        ("link", secrets(json!({"file": "link"})), link),
        ("hard", secrets(json!({"file": "hard"})), "has other names (hard links)"),
        (
            "misplaced",
            json!({"settings": {"org_slug": SLUG, "api_token": "bkua_literal"}}),
            "settings.api_token: a secret belongs under secrets",
        ),
        ("setting", json!({"secrets": {"page_size": 7}}), "secrets.page_size: is a setting"),
        ("literal", secrets(json!("bkua_literal")), "not the value itself"),
    ]
}

#[test]
fn a_setting_that_only_the_operator_can_set_is_refused_and_named() {
    let all = Tenants::with(Options { events: 3, ..Options::default() });
    std::fs::write(all.0.path("elsewhere"), host_kit::TOKEN).unwrap();
    let mut cases = configs_for_the_operator_alone();
    cases.extend(misplaced_secrets());
    for (tenant, extra, _) in &cases {
        let mut config = json!({"settings": {"org_slug": SLUG, "endpoint": all.0.fake.endpoint()}});
        config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        all.write(tenant, &config);
    }
    all.add("origin", json!({"endpoint": "http://127.0.0.1:9/v1"}));
    symlink(all.0.path("elsewhere"), all.folder("link").join("link")).unwrap();
    std::fs::hard_link(all.0.path("elsewhere"), all.folder("hard").join("hard")).unwrap();
    symlink(all.folder("hard"), all.folder("alias")).unwrap();
    // The process must not wait for the writer of this pipe.
    std::fs::create_dir(all.folder("pipe")).unwrap();
    let pipe = all.folder("pipe").join("config.json");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let output = all.command("--until-idle").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    for (tenant, _, words) in &cases {
        let message = all.status(tenant).1;
        assert!(message.contains(words) && !message.contains("bkua_"), "{tenant}: {message}");
    }
    assert!(all.status("origin").1.contains("http://127.0.0.1:9 is not allowed here"));
    assert!(all.status("pipe").1.contains("is not a regular file"));
    assert_eq!(all.status("alias").0, "", "a link is not a tenant");
    let outputs = std::fs::read_dir(all.0.path("out")).unwrap();
    let is_output = |entry: &std::io::Result<std::fs::DirEntry>| {
        entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "ndjson")
    };
    assert_eq!(outputs.filter(is_output).count(), 0);
}

#[test]
fn a_kill_at_any_instant_leaves_each_event_once() {
    let all = Tenants::with(Options { events: 2_000, ..Options::default() });
    let names: Vec<String> = (0..6).map(|number| format!("t{number}")).collect();
    for name in &names {
        all.add(name, json!({"page_size": 50}));
    }
    let total = || {
        names
            .iter()
            .map(|name| {
                std::fs::metadata(all.0.path(&format!("out/{name}.ndjson")))
                    .map_or(0, |file| file.len())
            })
            .sum::<u64>()
    };
    for round in 1..=8 {
        let mut running = Running::start(all.command("--max-records 20"));
        running.says("requests may go to");
        let before = total();
        // Somewhere in the next records; the last rounds may find nothing left to do.
        until("some records", || total() > before || round > 4);
        running.0.kill().unwrap();
        running.0.wait().unwrap();
    }
    let output = all.command("--until-idle").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    names.iter().for_each(|name| assert_same(&all.got(name), &all.0.truth()));
}

#[test]
fn a_component_must_match_its_pin_and_allows_no_other_endpoint() {
    let all = Tenants::with(Options { events: 3, ..Options::default() });
    all.add("a", json!({}));
    std::fs::write(all.0.path("c.wasm"), host_test::guest::component::BUNDLED).unwrap();
    let refused = |line: &str| all.0.bad(&format!("tenants --dir dir --output-dir out {line}"), 2);
    let text = refused("--component c.wasm");
    assert!(text.contains("use --allow-host, or pin the component"), "{text}");
    let text = refused(&format!("--component c.wasm --component-sha256 {}", "0".repeat(64)));
    assert!(text.contains("--component-sha256: the component's SHA-256 is "), "{text}");
    let pin = text.split("SHA-256 is ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    // A pinned component may name its hosts, but this tenant's endpoint is not among them.
    let line = format!(
        "tenants --dir dir --output-dir out --component c.wasm --component-sha256 {pin} --until-idle"
    );
    let text = all.0.bad(&line, 1);
    assert!(
        text.contains("is not allowed here; the operator allows https://graphql.buildkite.com"),
        "{text}"
    );
    let text = all.0.bad("tenants --dir dir --output-dir dir --until-idle", 2);
    assert!(text.contains("--output-dir") && text.contains("is in --dir"), "{text}");
}

#[test]
fn only_the_tenants_own_files_contain_a_token() {
    let all = Tenants::with(Options { events: 100, ..Options::default() });
    all.add("a", json!({}));
    let output = all.command("--until-idle --log trace").output().unwrap();
    assert!(!(stdout(&output) + &stderr(&output)).contains(host_kit::TOKEN));
    std::fs::remove_file(all.0.path("token")).unwrap();
    for folder in [all.0.folder.path().to_owned(), all.0.path("out")] {
        for (path, bytes) in all_files(&folder) {
            let found = String::from_utf8_lossy(&bytes).contains(host_kit::TOKEN);
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn links_in_a_tenants_folder_are_not_followed() {
    let all = Tenants::with(Options { events: 50, ..Options::default() });
    all.add("good", json!({}));
    all.add("evil", json!({}));
    symlink("/", all.folder("evil").join("all")).unwrap();
    // Sixteen million paths through them.
    for step in 0..24 {
        let here = all.folder("evil").join(format!("d{step}"));
        std::fs::create_dir(&here).unwrap();
        let next = format!("../d{}", step + 1);
        symlink(&next, here.join("l")).unwrap();
        symlink(&next, here.join("m")).unwrap();
    }
    let mut running = Running::start(all.command(""));
    running.says("requests may go to");
    until("both", || all.got("good").len() == 50 && all.got("evil").len() == 50);
    all.add("late", json!({}));
    until("one that comes later", || all.got("late").len() == 50);
    assert_eq!(running.signal("TERM"), Some(0));
}

#[test]
fn a_folder_that_is_removed_and_restored_repeats_nothing() {
    let all = Tenants::with(Options { events: 1_500, ..Options::default() });
    for name in ["a", "b", "c"] {
        all.add(name, json!({"page_size": 10}));
    }
    let mut running = Running::start(all.command("--concurrency 1"));
    running.says("requests may go to");
    for round in 1..=6 {
        let before = all.got("a").len();
        until("some more", || all.got("a").len() > before || all.got("a").len() == 1_500);
        std::fs::rename(all.folder("a"), all.0.path("away")).unwrap();
        if round % 2 == 0 {
            until("the removal", || all.status("a").0 == "removed");
        }
        std::fs::rename(all.0.path("away"), all.folder("a")).unwrap();
    }
    for name in ["a", "b", "c"] {
        until("all of them", || all.got(name).len() >= 1_500);
        assert_same(&all.got(name), &all.0.truth());
    }
    assert_eq!(running.signal("TERM"), Some(0));
}

#[test]
fn a_signal_does_not_wait_for_tenants_that_are_queued() {
    let hangs = fake_buildkite::Options {
        fault: Some(std::sync::Arc::new(|_, _| fake_buildkite::Fault::Hang)),
        ..Options::default()
    };
    let all = Tenants::with(hangs);
    (0..5).for_each(|number| all.add(&format!("t{number}"), json!({})));
    let mut running = Running::start(all.command("--concurrency 1"));
    running.says("requests may go to");
    let open = || all.0.fake.requests().len();
    until("the first request", || open() == 1);
    assert_eq!(running.signal("TERM"), Some(0));
    assert_eq!(open(), 1, "other tenants began after the signal");
}

#[test]
fn text_from_a_tenant_forges_no_log_line_and_moves_no_cursor() {
    let all = Tenants::with(Options { events: 3, ..Options::default() });
    let key = "k\n2026 INFO all is well\u{1b}[31m\r";
    let settings = json!({"org_slug": SLUG});
    all.write("evil", &json!({"settings": settings, "secrets": {key: {"file": "token", "x": 1}}}));
    all.write("long", &json!({"settings": settings, "secrets": {"a-".repeat(100_000): 1}}));
    let output = all.command("--until-idle").output().unwrap();
    let text = stderr(&output) + &stdout(&all.0.host("tenants status --dir dir"));
    assert!(text.contains("2026 INFO all is well") && !text.contains("\n2026 INFO"), "{text}");
    assert!(!text.contains(['\u{1b}', '\r']) && text.len() < 20_000, "{} bytes", text.len());
}
