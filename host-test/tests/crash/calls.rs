//! Kills the command, or asks it to stop, at system calls that write.

use super::matrix::{Matrix, Sink, wanted};
use super::supervisor::{Strike, supervise};
use host_kit::World;

/// A run after a kill starts with recovery, so its first calls are struck too, up to this number.
const RECOVERY_CALLS: u64 = 24;

/// Spreads strikes over all calls of a run, and over the first calls of the run after it.
fn struck_at_calls(name: &str, sink: Sink, strike: Strike, code: Option<i32>) {
    let world = World::new(100);
    struck(Matrix::new(name, sink, &world), name, strike, code);
}

fn struck(mut matrix: Matrix, name: &str, strike: Strike, code: Option<i32>) {
    let world = matrix.world;
    let whole = supervise(world, &matrix.line(), 0, strike);
    assert_eq!(whole.code, Some(0), "{}", whole.stderr);
    matrix.forget();
    let rounds = wanted().div_ceil(2);
    let mut round = 0;
    while !matrix.is_done() {
        // The middle of each of `rounds` equal parts of the run. Further rounds wrap around.
        let first = 1 + (whole.calls * (2 * round + 1) / (2 * rounds)) % whole.calls;
        let second = 1 + round * 7 % RECOVERY_CALLS;
        for at in [first, second] {
            let ended = supervise(world, &matrix.line(), at, strike);
            let expected = if ended.struck { code } else { Some(0) };
            assert_eq!(ended.code, expected, "{name} at {at}: {}", ended.stderr);
            matrix.count(u64::from(ended.struck));
        }
        matrix.end_round(&format!("calls {first} and {second} of {}", whole.calls));
        round += 1;
    }
    println!("{name}: a whole run makes {} calls that write", whole.calls);
    matrix.print();
}

#[test]
fn a_kill_after_any_write_loses_and_repeats_nothing_in_a_file() {
    struck_at_calls("killed after a call", Sink::File, Strike::Kill, None);
}

#[test]
fn a_kill_after_any_write_loses_and_repeats_nothing_in_a_database() {
    struck_at_calls("killed after a call", Sink::Sqlite, Strike::Kill, None);
}

#[test]
fn a_kill_within_any_write_loses_and_repeats_nothing_in_a_file() {
    struck_at_calls("killed within a call", Sink::File, Strike::Tear, None);
}

#[test]
fn a_kill_within_any_write_loses_and_repeats_nothing_in_a_database() {
    struck_at_calls("killed within a call", Sink::Sqlite, Strike::Tear, None);
}

#[test]
fn a_sigterm_at_any_write_ends_with_success_and_a_complete_file() {
    struck_at_calls("SIGTERM at a call", Sink::File, Strike::Terminate, Some(0));
}

#[test]
fn a_sigterm_at_any_write_ends_with_success_and_a_complete_database() {
    struck_at_calls("SIGTERM at a call", Sink::Sqlite, Strike::Terminate, Some(0));
}

#[test]
fn a_kill_within_any_write_loses_and_repeats_nothing_behind_a_transform() {
    for (sink, transform) in [(Sink::File, " --transform ocsf"), (Sink::Sqlite, " --transform ecs")]
    {
        for (name, strike, code) in [
            ("killed after a call", Strike::Kill, None),
            ("killed within a call", Strike::Tear, None),
            ("SIGTERM at a call", Strike::Terminate, Some(0)),
        ] {
            let world = World::new(100);
            struck(Matrix::new(name, sink, &world).through(transform), name, strike, code);
        }
    }
}
