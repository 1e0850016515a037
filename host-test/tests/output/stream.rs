//! Standard streams and pipes that are closed, unread or blocked.

use host_kit::{Running, World, host, stderr, until};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Runs a shell command in the folder, where `$H` is `host-test`.
fn shell(world: &World, line: &str) -> Output {
    Command::new("sh")
        .args(["-c", line])
        .env("H", host())
        .env_remove("RUST_LOG")
        .current_dir(world.folder.path())
        .output()
        .unwrap()
}

#[test]
fn a_closed_standard_output_is_a_failure() {
    let world = World::new(3);
    for line in [
        "$H run --config c.json --once --output -",
        "$H demo --events 3",
        "$H preview --config c.json",
        "$H check --config c.json",
        "$H describe",
    ] {
        let output = shell(&world, &format!("{line} >&-"));
        assert_eq!(output.status.code(), Some(1), "{line}: {}", stderr(&output));
        assert!(stderr(&output).contains("standard output is closed"), "{}", stderr(&output));
    }
    // Discarded on purpose, write-only and read-write, and not needed at all.
    for good in [
        "$H run --config c.json --once --state a > /dev/null",
        "$H run --config c.json --once --state b 1<> /dev/null",
        "$H run --config c.json --once --state c --output o.ndjson >&-",
    ] {
        assert!(shell(&world, good).status.success(), "{good}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_reported() {
    let world = World::new(300);
    let full = "No space left on device";
    for (line, words) in [
        ("$H run --config c.json --once --output /dev/full", format!("output /dev/full: {full}")),
        ("$H run --config c.json --once > /dev/full", format!("standard output: {full}")),
        ("$H demo --events 3 > /dev/full", format!("standard output: {full}")),
        ("$H preview --config c.json > /dev/full", format!("standard output: {full}")),
        ("$H check --config c.json > /dev/full", format!("standard output: {full}")),
        ("$H describe > /dev/full", format!("standard output: {full}")),
        (
            "mkfifo p; head -c 1 p > first & $H run --config c.json --once --output p",
            "output p: its reader is gone".to_owned(),
        ),
    ] {
        let output = shell(&world, line);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{line}: {message}");
        assert!(message.contains(&words), "{line}: {message}");
    }
}

#[test]
fn an_unread_standard_error_changes_no_exit_code() {
    let world = World::new(3);
    for (line, code) in [
        ("$H run --config c.json --once --output o.ndjson", 0),
        ("$H run --config missing.json", 2),
        ("$H demo --events 3", 0),
        ("$H preview --config c.json", 0),
    ] {
        for closed in ["2>&-", "2>&3"] {
            // The reader of the pipe is gone before the command starts.
            let line = format!("mkfifo p; : < p & exec 3> p; wait; rm p; {line} {closed}");
            let output = shell(&world, &line);
            assert_eq!(output.status.code(), Some(code), "{line}");
        }
    }
}

#[test]
fn a_pipe_without_a_reader_is_reported_at_once() {
    let world = World::new(3);
    assert!(shell(&world, "mkfifo pipe").status.success());
    let message = world.bad("run --config c.json --once --output pipe", 1);
    assert!(message.contains("this FIFO has no reader"), "{message}");
    let output =
        shell(&world, "cat pipe > got & $H run --config c.json --once --output pipe; wait");
    assert!(output.status.success(), "{}", stderr(&output));
    host_kit::assert_same(&world.in_file("got"), &world.truth());
}

#[test]
fn a_second_signal_ends_a_run_whose_output_blocks() {
    let world = World::new(2_000);
    // Nobody reads it: the pipe fills, and the write blocks.
    let mut running = Running::start(world.command("run --config c.json --once"));
    let mut lines = BufReader::new(running.0.stderr.take().unwrap()).lines();
    // A batch is larger than a pipe, so once started it cannot end.
    let pipe = running.0.stdout.take().unwrap();
    until("the first records", || rustix::io::ioctl_fionread(&pipe).unwrap() > 0);
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    // Two signals at the same instant would be one.
    assert!(lines.any(|line| line.unwrap().contains("stopping after the work in progress")));
    assert_eq!(running.signal("INT"), Some(130));
}

#[test]
fn a_signal_ends_a_run_whose_remote_does_not_answer() {
    let world = World::new(1);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    world.config(json!({"endpoint": format!("http://{}/v1", silent.local_addr().unwrap())}));
    silent.set_nonblocking(true).unwrap();
    let log = OpenOptions::new().create(true).append(true).open(world.path("log")).unwrap();
    let mut command = world.command("run --config c.json --output o.ndjson");
    command.stderr(Stdio::from(log));
    let running = Running::start(command);
    let mut taken = Vec::new();
    until("a connection", || {
        taken.extend(silent.accept().ok());
        !taken.is_empty()
    });
    let began = Instant::now();
    assert_eq!(running.signal("INT"), Some(0));
    // The request itself would time out after 30 s.
    assert!(began.elapsed() < Duration::from_secs(20));
}
