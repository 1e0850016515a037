//! Killed, or asked to stop, at system calls that write.

use super::matrix::{Matrix, Sink, wanted};
use super::supervisor::{Blow, supervise};
use host_kit::World;

/// A run after a kill starts with recovery, so this many of its first calls are struck too.
const RECOVERY_CALLS: u64 = 24;

/// Spreads blows over all calls of a run, and over the first ones of the run after it.
fn struck_at_calls(name: &str, sink: Sink, blow: Blow, code: Option<i32>) {
    let world = World::new(100);
    let mut matrix = Matrix::new(name, sink, &world);
    let whole = supervise(&world, &matrix.line(), 0, blow);
    assert_eq!(whole.code, Some(0), "{}", whole.said);
    matrix.forget();
    let stories = wanted().div_ceil(2);
    let mut story = 0;
    while !matrix.is_done() {
        // The middle of each of as many equal parts; a further round is shifted.
        let first = 1 + (whole.calls * (2 * story + 1) / (2 * stories)) % whole.calls;
        let second = 1 + story * 7 % RECOVERY_CALLS;
        for at in [first, second] {
            let ended = supervise(&world, &matrix.line(), at, blow);
            let expected = if ended.struck { code } else { Some(0) };
            assert_eq!(ended.code, expected, "{name} at {at}: {}", ended.said);
            matrix.count(u64::from(ended.struck));
        }
        matrix.end_story(&format!("calls {first} and {second} of {}", whole.calls));
        story += 1;
    }
    println!("{name}, {sink:?}: a whole run makes {} calls that write", whole.calls);
    matrix.tell();
}

#[test]
fn a_kill_after_any_write_loses_and_repeats_nothing_in_a_file() {
    struck_at_calls("killed after a call", Sink::File, Blow::Kill, None);
}

#[test]
fn a_kill_after_any_write_loses_and_repeats_nothing_in_a_database() {
    struck_at_calls("killed after a call", Sink::Sqlite, Blow::Kill, None);
}

#[test]
fn a_kill_within_any_write_loses_and_repeats_nothing_in_a_file() {
    struck_at_calls("killed within a call", Sink::File, Blow::Tear, None);
}

#[test]
fn a_kill_within_any_write_loses_and_repeats_nothing_in_a_database() {
    struck_at_calls("killed within a call", Sink::Sqlite, Blow::Tear, None);
}

#[test]
fn a_sigterm_at_any_write_ends_with_success_and_a_whole_file() {
    struck_at_calls("SIGTERM at a call", Sink::File, Blow::Terminate, Some(0));
}

#[test]
fn a_sigterm_at_any_write_ends_with_success_and_a_whole_database() {
    struck_at_calls("SIGTERM at a call", Sink::Sqlite, Blow::Terminate, Some(0));
}
