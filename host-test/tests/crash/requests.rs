//! Kills the command, or asks it to stop, while the remote handles a request and at random moments.

use super::matrix::{Matrix, Sink};
use fake_buildkite::{Fault, Options};
use host_kit::{Running, World};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Which process gets which signal after how many more requests.
struct Order {
    process: Pid,
    signal: Signal,
    requests_left: u64,
}

type Shared = Arc<Mutex<Option<Order>>>;

/// Returns a remote that carries out the order when a request has arrived, before answering it.
fn world_that_strikes(order: &Shared) -> World {
    let order = Arc::clone(order);
    let hook = move |_, _: &_| {
        let mut order = order.lock().unwrap();
        match &mut *order {
            Some(order) if order.requests_left > 0 => order.requests_left -= 1,
            Some(Order { process, signal, .. }) => {
                kill(*process, *signal).unwrap();
                *order = None;
            }
            None => {}
        }
        Fault::None
    };
    let world =
        World::with(Options { events: 200, fault: Some(Arc::new(hook)), ..Options::default() });
    world.config(json!({"backfill_start_time": "2024-12-31T00:00:00Z", "page_size": 10}));
    world
}

fn start(world: &World, line: &str) -> Child {
    world.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs until the order is carried out, or to the end. Returns how the run ended, and whether it was struck.
fn run(
    world: &World,
    line: &str,
    shared: &Shared,
    signal: Signal,
    after: u64,
) -> (ExitStatus, bool) {
    let mut child = {
        // A request that arrives before the order is given waits for it.
        let mut order = shared.lock().unwrap();
        let child = start(world, line);
        let process = Pid::from_raw(child.id().cast_signed());
        *order = Some(Order { process, signal, requests_left: after });
        child
    };
    let status = child.wait().unwrap();
    (status, shared.lock().unwrap().take().is_none())
}

fn struck_at_requests(name: &str, sink: Sink, signal: Signal) {
    let shared = Shared::default();
    let world = world_that_strikes(&shared);
    let mut matrix = Matrix::new(name, sink, &world);
    world.good(&matrix.line());
    matrix.forget();
    let requests = world.fake.requests().len() as u64;
    let mut round = 0;
    while !matrix.is_done() {
        // Coprime steps, so that many rounds cover each pair of places.
        let places = [round * 5 % requests, round * 3 % (requests / 2)];
        for after in places {
            let (status, is_struck) = run(&world, &matrix.line(), &shared, signal, after);
            let is_killed = is_struck && signal == Signal::SIGKILL;
            let expected = if is_killed { None } else { Some(0) };
            assert_eq!(status.code(), expected, "{name} after {after} requests: {status}");
            matrix.count(u64::from(is_struck));
        }
        matrix.end_round(&format!("{places:?} of {requests} requests"));
        round += 1;
    }
    matrix.print();
}

fn killed_at_random(sink: Sink) {
    let world = World::new(100);
    let mut matrix = Matrix::new("killed at random", sink, &world);
    let began = Instant::now();
    world.good(&matrix.line());
    let whole = began.elapsed();
    matrix.forget();
    while !matrix.is_done() {
        let shares = [rand::random::<f64>(), rand::random()];
        for share in shares {
            let mut running = Running(start(&world, &matrix.line()));
            // Waits for nothing in particular: this only varies the time of the kill.
            std::thread::sleep(whole.mul_f64(share).max(Duration::from_millis(1)));
            running.0.kill().unwrap();
            let is_killed = running.0.wait().unwrap().signal().is_some();
            matrix.count(u64::from(is_killed));
        }
        matrix.end_round(&format!("kills at {shares:?} of {whole:?}"));
    }
    matrix.print();
}

#[test]
fn a_kill_after_any_request_loses_and_repeats_nothing_in_a_file() {
    struck_at_requests("killed at a request", Sink::File, Signal::SIGKILL);
}

#[test]
fn a_kill_after_any_request_loses_and_repeats_nothing_in_a_database() {
    struck_at_requests("killed at a request", Sink::Sqlite, Signal::SIGKILL);
}

#[test]
fn a_sigterm_after_any_request_ends_with_success_and_loses_nothing() {
    struck_at_requests("SIGTERM at a request", Sink::File, Signal::SIGTERM);
    struck_at_requests("SIGTERM at a request", Sink::Sqlite, Signal::SIGTERM);
}

#[test]
fn a_kill_at_a_random_moment_loses_and_repeats_nothing_in_a_file() {
    killed_at_random(Sink::File);
}

#[test]
fn a_kill_at_a_random_moment_loses_and_repeats_nothing_in_a_database() {
    killed_at_random(Sink::Sqlite);
}
