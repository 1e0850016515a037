//! Writes records, states and the status of the stream.

use crate::airbyte::catalog::Mode;
use crate::airbyte::message::{Message, Record, State, StreamStatus, Trace};
use crate::airbyte::state;
use crate::output::{Lines, now_ms, payload, print_message};
use crate::stream::NAME;
use host_test::exit::Result;
use host_test::guest::contract::Event;
use host_test::output::receiver::Receiver;
use source_driver::Why;
use std::time::Duration;

/// Prints what a sync reads.
pub struct Writer {
    mode: Mode,
    /// Whether the platform was told that there are records, and that nothing limits the sync.
    is_running: bool,
}

impl Writer {
    /// Returns a writer for a sync in this mode.
    pub fn new(mode: Mode) -> Self {
        Self { mode, is_running: false }
    }
}

impl Receiver for Writer {
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
        let after = state::after(checkpoint, self.mode, false);
        lines.push(&Message::State { state: State::new(&after, events.len()) })?;
        lines.print()
    }

    fn wait(&mut self, why: Why, time: Duration) -> Result<()> {
        if why != Why::Throttled {
            return Ok(());
        }
        self.is_running = false;
        let wait = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        print_message(&status(StreamStatus::Running, Some(now_ms().saturating_add(wait))))
    }
}

/// Returns the message for a status of the stream.
pub fn status(status: StreamStatus, limited_until: Option<i64>) -> Message<'static> {
    Message::Trace { trace: Trace::status(status, limited_until, now_ms()) }
}
