//! The limits of one instance, each with its range, its default and the reason for the default.

use serde_json::{Map, Value};
use std::ops::RangeInclusive;
use std::time::Duration;

/// A 32-bit component can address 4 GiB.
const MEMORY_MIB: RangeInclusive<u64> = 1..=4_096;
/// At most an hour: a call that takes longer never ends.
const SECONDS: RangeInclusive<u64> = 1..=3_600;
const BODY_MIB: RangeInclusive<u64> = 1..=1_024;
const REQUEST_KIB: RangeInclusive<u64> = 1..=65_536;
/// Hyper accepts no buffer smaller than 8 KiB.
const HEADER_KIB: RangeInclusive<u64> = 8..=1_024;
const TABLE_ELEMENTS: RangeInclusive<u64> = 1..=10_000_000;

/// The limits of an instance: flags of `tenants`, and keys of a config's `limits` for `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Limits, for each tenant")]
pub struct Limits {
    /// Linear memory, in MiB. A page of the maximum size, 16 MiB, takes about 60 MiB.
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().memory_mib,
          value_parser = clap::value_parser!(u64).range(MEMORY_MIB))]
    pub memory_mib: u64,
    /// Wall-clock time of one call, in seconds. The component limits each exchange to 120 s.
    #[arg(long, value_name = "S", default_value_t = Limits::default().call_seconds,
          value_parser = clap::value_parser!(u64).range(SECONDS))]
    pub call_seconds: u64,
    /// CPU time of one call, in seconds. A full page takes well under 1 s.
    #[arg(long, value_name = "S", default_value_t = Limits::default().cpu_seconds,
          value_parser = clap::value_parser!(u64).range(SECONDS))]
    pub cpu_seconds: u64,
    /// Size of a response body, in MiB. The component itself stops at 16 MiB.
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().response_mib,
          value_parser = clap::value_parser!(u64).range(BODY_MIB))]
    pub response_mib: u64,
    /// Size of a request body, in KiB. A GraphQL query takes a few KiB.
    #[arg(long, value_name = "KIB", default_value_t = Limits::default().request_kib,
          value_parser = clap::value_parser!(u64).range(REQUEST_KIB))]
    pub request_kib: u64,
    /// Size of a response's headers, in KiB. Servers send 1 or 2 KiB.
    #[arg(long, value_name = "KIB", default_value_t = Limits::default().header_kib,
          value_parser = clap::value_parser!(u64).range(HEADER_KIB))]
    pub header_kib: u64,
    /// Size of all strings that a call returns, in MiB. A page of the maximum size takes about 20 MiB.
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().returned_mib,
          value_parser = clap::value_parser!(u64).range(BODY_MIB))]
    pub returned_mib: u64,
    /// Number of elements in one table. The component has a few hundred functions.
    #[arg(long, value_name = "N", default_value_t = Limits::default().table_elements,
          value_parser = clap::value_parser!(u64).range(TABLE_ELEMENTS))]
    pub table_elements: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mib: 128,
            call_seconds: 150,
            cpu_seconds: 30,
            response_mib: 64,
            request_kib: 1024,
            header_kib: 64,
            returned_mib: 64,
            table_elements: 20_000,
        }
    }
}

impl Limits {
    /// Returns each limit with its key and its range.
    fn fields(&mut self) -> [(&'static str, RangeInclusive<u64>, &mut u64); 8] {
        [
            ("memory_mib", MEMORY_MIB, &mut self.memory_mib),
            ("call_seconds", SECONDS, &mut self.call_seconds),
            ("cpu_seconds", SECONDS, &mut self.cpu_seconds),
            ("response_mib", BODY_MIB, &mut self.response_mib),
            ("request_kib", REQUEST_KIB, &mut self.request_kib),
            ("header_kib", HEADER_KIB, &mut self.header_kib),
            ("returned_mib", BODY_MIB, &mut self.returned_mib),
            ("table_elements", TABLE_ELEMENTS, &mut self.table_elements),
        ]
    }

    /// Returns the keys of a config's `limits`.
    pub fn keys() -> [&'static str; 8] {
        Self::default().fields().map(|(key, ..)| key)
    }

    /// Sets the limits that a config's `limits` contains.
    ///
    /// # Errors
    ///
    /// Returns a message with the key whose value is invalid, and its range.
    pub fn set(&mut self, object: &Map<String, Value>) -> Result<(), String> {
        for (key, range, limit) in self.fields() {
            if let Some(value) = object.get(key) {
                let number = value.as_u64().filter(|number| range.contains(number));
                *limit = number.ok_or_else(|| {
                    let (low, high) = (range.start(), range.end());
                    format!(
                        "limits.{key}: must be a whole number from {low} to {high}; leave it out \
                         for the default"
                    )
                })?;
            }
        }
        Ok(())
    }

    /// Returns the limit on the wall-clock time of one call.
    pub fn call(&self) -> Duration {
        Duration::from_secs(self.call_seconds)
    }

    /// Returns the limit on the CPU time of one call.
    pub fn cpu(&self) -> Duration {
        Duration::from_secs(self.cpu_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::source::CHECKPOINT_BYTES_MAX;

    #[test]
    fn the_page_on_embedding_has_the_defaults() {
        let page = include_str!("../../docs/embedding.md");
        let limits = Limits::default();
        for (name, value) in [
            ("linear memory", format!("{} MiB", limits.memory_mib)),
            ("table elements", format!("{},000", limits.table_elements / 1_000)),
            ("CPU time of a call", format!("{} s", limits.cpu_seconds)),
            ("wall-clock time of a call", format!("{} s", limits.call_seconds)),
            ("response body", format!("{} MiB", limits.response_mib)),
            ("response headers", format!("{} KiB", limits.header_kib)),
            ("request body", format!("{} KiB", limits.request_kib)),
            ("what a call returns", format!("{} MiB", limits.returned_mib)),
            ("checkpoint", format!("{} MiB", CHECKPOINT_BYTES_MAX >> 20)),
        ] {
            let row = format!("| {name} | {value} |");
            assert!(page.contains(&row), "{row}");
        }
    }
}
