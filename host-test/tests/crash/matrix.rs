//! The matrix: where it is stopped × by which signal × into which output.

use crate::common::{Running, World, assert_same};
use crate::tracer::{Ended, trace};
use fake_buildkite::{Fault, Options};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

/// Kills of each kind, unless `KILLS` says otherwise: with few, the matrix takes half a minute.
const KILLS: u64 = 10;
/// Kills of one world before it is run to idle and judged.
const KILLS_A_WORLD: u64 = 5;
/// Events of a world. With batches of 20 a run writes some twenty times.
const EVENTS: u64 = 400;

const OUTPUTS: [&str; 2] = ["o.ndjson", "sqlite:o.sqlite"];

fn kills() -> u64 {
    std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// Whom the remote is to stop, and at which of its requests.
#[derive(Default)]
struct Aim {
    victim: AtomicI32,
    request: AtomicU64,
}

fn world(aim: &Arc<Aim>) -> World {
    let aim = Arc::clone(aim);
    let fault = move |number: u64, _: &serde_json::Value| {
        let victim = aim.victim.load(Ordering::SeqCst);
        if victim != 0 && number == aim.request.load(Ordering::SeqCst) {
            kill(Pid::from_raw(victim), Signal::SIGKILL).unwrap();
        }
        Fault::None
    };
    let world =
        World::with(Options { events: EVENTS, fault: Some(Arc::new(fault)), ..Options::default() });
    world.config(serde_json::json!({
        "backfill_start_time": "2024-12-31T00:00:00Z", "page_size": 50
    }));
    world
}

fn command(world: &World, output: &str) -> Command {
    let mut command = world
        .command(&format!("run --config c.json --output {output} --until-idle --max-records 20"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs to idle, and judges what is there.
fn judge(world: &World, output: &str) {
    world.good(&format!("run --config c.json --output {output} --until-idle"));
    let delivered = match output.strip_prefix("sqlite:") {
        Some(name) => world.in_sqlite(name),
        None => world.in_file(output),
    };
    assert_same(&delivered, &world.truth());
}

/// Stops runs `kills()` times, a few in each world, and says what came of it.
fn play(what: &str, mut stop: impl FnMut(&World, &Aim, &str, u64)) {
    for output in OUTPUTS {
        let mut worlds = 0;
        for first in (0..kills()).step_by(KILLS_A_WORLD as usize) {
            let aim = Arc::new(Aim::default());
            let world = world(&aim);
            for number in first..kills().min(first + KILLS_A_WORLD) {
                stop(&world, &aim, output, number);
            }
            judge(&world, output);
            worlds += 1;
        }
        println!(
            "{what}, {output}: {} times, {} events, lost 0, repeated 0",
            kills(),
            worlds * EVENTS
        );
    }
}

/// Writing calls of a whole run, so that the instants can be spread over all of it.
fn whole(output: &str) -> u64 {
    let Ended { writes, code } = trace(command(&world(&Arc::default()), output), None);
    assert_eq!(code, Some(0));
    assert!(writes > 60, "only {writes} writing calls were seen");
    writes
}

/// The `number`-th of the instants: spread evenly, or, where there are more instants than kills, with a step that has no
/// rhythm of its own.
fn instant(number: u64, writes: u64) -> u64 {
    1 + number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % writes
}

#[test]
fn killed_after_a_write() {
    let writes = OUTPUTS.map(|output| (output, whole(output)));
    play("SIGKILL after a writing system call", |world, _, output, number| {
        let all = writes.iter().find(|(known, _)| *known == output).unwrap().1;
        trace(command(world, output), Some((instant(number, all), Signal::SIGKILL)));
    });
}

#[test]
fn terminated_after_a_write() {
    let writes = OUTPUTS.map(|output| (output, whole(output)));
    play("SIGTERM after a writing system call", |world, _, output, number| {
        let all = writes.iter().find(|(known, _)| *known == output).unwrap().1;
        let ended = trace(command(world, output), Some((instant(number, all), Signal::SIGTERM)));
        assert_eq!(ended.code, Some(0), "SIGTERM ends a run with success");
    });
}

#[test]
fn killed_after_a_request() {
    play("SIGKILL after a request", |world, aim, output, number| {
        let asked = world.fake.requests().len() as u64;
        aim.request.store(asked + number % 8, Ordering::SeqCst);
        let mut child = command(world, output).spawn().unwrap();
        aim.victim.store(child.id().cast_signed(), Ordering::SeqCst);
        // It is killed, or idle before its time came.
        child.wait().unwrap();
        aim.victim.store(0, Ordering::SeqCst);
    });
}

#[test]
fn killed_at_random() {
    let mut random = 1_u64;
    play("SIGKILL at a random instant", |world, _, output, _| {
        let mut command = command(world, output);
        command.stderr(Stdio::piped());
        let mut running = Running::start(command);
        running.says("started");
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Not a wait for anything: the instant of the kill is what varies.
        std::thread::sleep(Duration::from_micros((random >> 33) % 100_000));
        running.signal("KILL");
    });
}
