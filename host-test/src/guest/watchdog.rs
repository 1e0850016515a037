//! Limits the CPU time of a trusted component by ending the process. Such a component runs faster than one that the host
//! can interrupt: wasmtime checks for an interrupt on each turn of each loop.
#![allow(clippy::disallowed_methods, reason = "measures time")]

use std::future::Future;
use std::io::Write;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How often the watchdog looks. It limits seconds, so a tenth of one is precise enough.
const LOOK: Duration = Duration::from_millis(100);

/// How long the process waits until its last message is written. Standard error may block.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Exit code of a process that the watchdog ends: that of every exceeded limit.
const EXIT: i32 = 1;

/// The CPU time of the call in progress.
#[derive(Default)]
struct Spent {
    call: &'static str,
    /// In earlier polls of this call.
    before: Duration,
    /// When the poll in progress began. `None` while the component waits for the host.
    since: Option<Instant>,
}

/// Watches the calls of one instance.
pub(crate) struct Watchdog(Arc<Mutex<Spent>>);

impl Watchdog {
    /// Starts the thread that watches. It ends when the watchdog is dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if the system refuses the thread.
    pub(crate) fn start(limit: Duration) -> std::io::Result<Self> {
        let spent = Arc::new(Mutex::new(Spent::default()));
        let weak = Arc::downgrade(&spent);
        std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || watch(&weak, limit))?;
        Ok(Self(spent))
    }

    /// Runs a call and counts the time that it takes, except while it waits.
    pub(crate) async fn time<F: Future>(&self, call: &'static str, future: F) -> F::Output {
        *lock(&self.0) = Spent { call, ..Spent::default() };
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            lock(&self.0).since = Some(Instant::now());
            let result = future.as_mut().poll(context);
            let mut spent = lock(&self.0);
            let now = spent.since.take().map_or(Duration::ZERO, |since| since.elapsed());
            spent.before += now;
            result
        })
        .await
    }
}

/// Ends the process when a call exceeds its limit. Any other instant is as good for the data: the checkpoint is stored
/// with or after the records that it covers.
fn watch(spent: &Weak<Mutex<Spent>>, limit: Duration) {
    // Bounded by the lifetime of the instance.
    while let Some(spent) = spent.upgrade() {
        let (call, time) = {
            let spent = lock(&spent);
            let now = spent.since.map_or(Duration::ZERO, |since| since.elapsed());
            (spent.call, spent.before + now)
        };
        drop(spent);
        if time > limit {
            let seconds = limit.as_secs();
            let why = format!("error: {call}: the CPU limit of {seconds} s was exceeded");
            let words = std::thread::spawn(move || {
                // Unlike `eprintln!`, it does not panic if standard error is closed.
                let _ = writeln!(std::io::stderr(), "{why}");
            });
            let until = Instant::now() + LAST_WORDS;
            while !words.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::process::exit(EXIT);
        }
        std::thread::sleep(LOOK);
    }
}

/// Nothing panics while the lock is held.
fn lock(spent: &Mutex<Spent>) -> MutexGuard<'_, Spent> {
    spent.lock().unwrap_or_else(PoisonError::into_inner)
}
