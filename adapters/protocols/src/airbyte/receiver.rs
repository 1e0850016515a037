//! Writes records, states and the status of the stream.

use crate::airbyte::catalog::Mode;
use crate::airbyte::message::{Message, Record, State, StreamStatus, Trace};
use crate::airbyte::state::state;
use crate::output::{Lines, now_ms, payload, say};
use crate::stream::NAME;
use host_test::exit::Result;
use host_test::guest::contract::Event;
use host_test::output::receiver::Receiver;
use source_driver::Why;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The checkpoint that was sent last.
pub type Last = Arc<Mutex<Option<String>>>;

/// Sends what a sync reads.
pub struct Sender {
    mode: Mode,
    /// Whether the platform was told that there are records, and that nothing limits the sync.
    is_running: bool,
    last: Last,
}

impl Sender {
    /// Returns a sender for a sync in this mode. It leaves the checkpoint that it sent last in `last`.
    pub fn new(mode: Mode, last: Last) -> Self {
        Self { mode, is_running: false, last }
    }
}

impl Receiver for Sender {
    fn write(&mut self, events: &[&Event], checkpoint: &str) -> Result<()> {
        let (mut lines, now) = (Lines::default(), now_ms());
        if !self.is_running && !events.is_empty() {
            lines.push(&status(StreamStatus::Running, None))?;
            self.is_running = true;
        }
        for event in events {
            let record = Record { stream: NAME, data: payload(event)?, emitted_at: now };
            lines.push(&Message::Record { record })?;
        }
        let after = state(checkpoint, self.mode, false);
        lines.push(&Message::State { state: State::new(&after, events.len()) })?;
        lines.print()?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(checkpoint.to_owned());
        Ok(())
    }

    fn wait(&mut self, why: Why, time: Duration) -> Result<()> {
        if why != Why::Throttled {
            return Ok(());
        }
        self.is_running = false;
        let wait = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        say(&status(StreamStatus::Running, Some(now_ms().saturating_add(wait))))
    }
}

/// Returns the message for a status of the stream.
pub fn status(status: StreamStatus, limited_until: Option<i64>) -> Message<'static> {
    Message::Trace { trace: Trace::status(status, limited_until, now_ms()) }
}
