//! Runs all attacks at once in one process, each in its own tenant, next to a well-behaved tenant.

use super::hostile;
use super::remote::Remote;
use host_kit::{PATIENCE, all_files, stdout, until};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

/// A tenant's attack (`{remote}` is the allowed remote, `{evil}` another one), and the expected error.
const ATTACKS: [(&str, &str, &str); 23] = [
    ("loop", "loop", "read-batch: the CPU limit of 1 s was exceeded"),
    (
        "memory",
        "memory",
        "read-batch: the memory limit of 16 MiB was exceeded; raise memory_mib if you trust it",
    ),
    ("recursion", "recursion", "read-batch: the component trapped: wasm trap: out of bounds"),
    ("trap", "trap", "read-batch: the component trapped: wasm trap: wasm `unreachable`"),
    ("long-error", "long-error", "xxxx…"),
    ("other-host", "ask https://evil.example/", "HttpRequestDenied"),
    ("other-port", "ask http://{evil}/", "HttpRequestDenied"),
    ("other-scheme", "ask https://{remote}/", "HttpRequestDenied"),
    ("metadata", "ask http://169.254.169.254/latest/meta-data/", "HttpRequestDenied"),
    ("user-info", "ask http://{remote}@{evil}/", "HttpRequestDenied"),
    ("port-scan", "scan http://127.0.0.1", "HttpRequestDenied"),
    ("redirect", "ask http://{remote}/redirect", "answered: 302 elsewhere"),
    ("host-header", "host-header http://{remote}/", "refused: header host: HeaderError::Forbidden"),
    ("line-break", "line-break http://{remote}/", "HeaderError::InvalidSyntax"),
    ("in-header", "secret-in-header http://{remote}/", "HttpRequestDenied"),
    ("in-path", "secret-in-path http://{remote}", "HttpRequestDenied"),
    ("in-body", "secret-in-body http://{remote}/", "HttpRequestDenied"),
    ("large-request", "large-request http://{remote}/", "HttpRequestBodySize"),
    ("large-head", "ask http://{remote}/head", "refused: ErrorCode::"),
    ("endless", "ask http://{remote}/endless", "200, then None"),
    ("slow", "ask http://{remote}/slow", "read-batch: the time limit of 4 s was exceeded"),
    ("left-open", "leave-open http://{remote}/slow", "answered: 200, left open"),
    ("echo", "ask http://{remote}/echo", "answered: 200 you said Bearer ***"),
];

fn token(tenant: &str) -> String {
    format!("bkua_{tenant}_5ecre7f00dcafe5ecre7f00dcafe")
}

fn write(dir: &Path, tenant: &str, settings: &str) {
    let folder = dir.join(tenant);
    std::fs::create_dir(&folder).unwrap();
    let config = json!({"settings": settings, "secrets": {"api_token": {"file": "token"}}});
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.join("token"), token(tenant)).unwrap();
}

fn status(dir: &Path) -> Value {
    let output = Command::new(host_kit::host())
        .args(["tenants", "status", "--json", "--dir"])
        .arg(dir)
        .output()
        .unwrap();
    serde_json::from_str(&stdout(&output)).unwrap_or(Value::Null)
}

fn error_of(all: &Value, tenant: &str) -> Option<String> {
    let rows = all["tenants"].as_array()?;
    let row = rows.iter().find(|row| row["tenant"] == tenant)?;
    row["last_error"].as_str().map(str::to_owned)
}

/// Writes a tenant for each attack, and the good one.
fn write_all(dir: &Path, remote: &Remote, evil: &TcpListener) {
    let evil = evil.local_addr().unwrap().to_string();
    for (tenant, attack, _) in ATTACKS {
        let attack = attack.replace("{remote}", &remote.address.to_string());
        write(dir, tenant, &attack.replace("{evil}", &evil));
    }
    write(dir, "good", "good");
}

fn start(place: &Path, remote: &Remote) -> Child {
    let log = std::fs::File::create(place.join("log")).unwrap();
    Command::new(host_kit::host())
        .arg("tenants")
        .args(["--no-code-cache", "--concurrency", "8", "--log", "trace"])
        .args(["--memory-mib", "16", "--cpu-seconds", "1", "--call-seconds", "4"])
        .args(["--response-mib", "1", "--header-kib", "16"])
        .args(["--allow-host", &format!("http://{}", remote.address)])
        .arg("--component")
        .arg(hostile())
        .arg("--dir")
        .arg(place.join("tenants"))
        .arg("--output-dir")
        .arg(place.join("out"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Asserts that every attack ends with its error.
fn each_is_named(dir: &Path) {
    let deadline = std::time::Instant::now() + PATIENCE;
    for (tenant, _, words) in ATTACKS {
        let message = loop {
            if let Some(message) = error_of(&status(dir), tenant) {
                break message;
            }
            assert!(std::time::Instant::now() < deadline, "no error was reported for {tenant}");
        };
        assert!(message.contains(words), "{tenant}: {message}");
        assert!(
            message.chars().count() < 5_000,
            "{tenant}: {} characters",
            message.chars().count()
        );
    }
}

#[test]
fn every_attack_is_stopped_and_named_while_another_tenant_continues() {
    let evil = TcpListener::bind("127.0.0.1:0").unwrap();
    evil.set_nonblocking(true).unwrap();
    let remote = Remote::start(evil.local_addr().unwrap());
    let place = tempfile::tempdir().unwrap();
    let (dir, out) = (place.path().join("tenants"), place.path().join("out"));
    std::fs::create_dir(&dir).unwrap();
    std::fs::create_dir(&out).unwrap();
    write_all(&dir, &remote, &evil);
    let mut child = start(place.path(), &remote);
    let lines = || std::fs::read_to_string(out.join("good.ndjson")).unwrap_or_default();
    // The good tenant continues, however long the attacks take.
    until("the loop to be stopped", || error_of(&status(&dir), "loop").is_some());
    assert!(lines().lines().count() >= 3, "the good tenant waited for the others");
    each_is_named(&dir);
    let before = lines().lines().count();
    until("more records of the good tenant", || lines().lines().count() > before + 3);
    until("connections to end", || remote.open.load(Ordering::SeqCst) == 0);
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // The output has each record of the good tenant once, in whole lines.
    let polls: Vec<u64> = lines()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["poll"].as_u64().unwrap())
        .collect();
    assert_eq!(polls, (0..polls.len() as u64).collect::<Vec<_>>());
    assert_eq!(
        evil.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock,
        "a packet arrived"
    );
    let log = std::fs::read_to_string(place.path().join("log")).unwrap();
    assert!(
        log.contains("cut off a response of more than 1 MiB"),
        "the log does not name the limit"
    );
    no_token_anywhere(place.path(), &remote);
}

/// Asserts that each token is only in its own file and in the header that the host sets.
fn no_token_anywhere(place: &Path, remote: &Remote) {
    let seen = remote.seen.lock().unwrap();
    assert!(seen.iter().all(|seen| seen.host == remote.address.to_string()), "{seen:?}");
    assert!(
        seen.iter().all(|seen| !seen.all.contains("forged")),
        "the guest's own header was sent"
    );
    assert!(seen.iter().all(|seen| seen.path != "/admin"));
    let echo = seen.iter().find(|seen| seen.path == "/echo").unwrap();
    assert_eq!(echo.authorization, format!("Bearer {}", token("echo")));
    let mut files = all_files(place);
    files.extend(all_files(&place.join("out")));
    for (path, bytes) in files {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("5ecre7f00dcafe"), "{}", path.display());
        assert!(!text.contains("\n2026 ERROR that forges"), "{}", path.display());
    }
}
