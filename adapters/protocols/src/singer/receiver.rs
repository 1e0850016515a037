//! Writes records and states.

use crate::output::{Lines, now_ms, payload};
use crate::singer::message::Message;
use crate::singer::state;
use crate::stream::NAME;
use buildkite_audit_logs::text::time::Millis;
use host_test::exit::{Failure, Result};
use host_test::guest::contract::Event;
use host_test::output::receiver::Receiver;
use serde_json::value::RawValue;
use source_driver::Why;
use std::collections::BTreeMap;
use std::time::Duration;

/// Prints what a sync reads, without the properties that are not selected.
pub struct Writer {
    deselected: Vec<String>,
}

impl Writer {
    /// Returns a writer that leaves out these properties.
    pub fn without(deselected: Vec<String>) -> Self {
        Self { deselected }
    }
}

impl Receiver for Writer {
    fn write(&mut self, events: &[&Event], checkpoint: &str) -> Result<()> {
        let now = Millis::new(now_ms()).to_string();
        let mut lines = Lines::default();
        for event in events {
            let (stream, time_extracted, whole) = (NAME, now.clone(), payload(event)?);
            match self.deselected.is_empty() {
                true => lines.push(&Message::Record { stream, record: whole, time_extracted })?,
                false => {
                    let record = without(&self.deselected, whole)?;
                    lines.push(&Message::Record { stream, record, time_extracted })?;
                }
            }
        }
        lines.push(&Message::<()>::State { value: state::after(checkpoint) })?;
        lines.print()
    }

    fn wait(&mut self, _: Why, _: Duration) -> Result<()> {
        Ok(())
    }
}

fn without<'a>(hidden: &[String], record: &'a RawValue) -> Result<BTreeMap<String, &'a RawValue>> {
    let all: serde_json::Result<BTreeMap<String, &RawValue>> = serde_json::from_str(record.get());
    let mut all =
        all.map_err(|error| Failure::Failed(format!("protocol error: a record: {error}")))?;
    all.retain(|name, _| !hidden.contains(name));
    Ok(all)
}
