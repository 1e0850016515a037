//! What one instance may use: each limit with its default, and the reason for the default.

use serde_json::Value;
use std::time::Duration;

/// The limits of an instance: flags of `tenants`, and keys of a config's `limits` for `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Limits, for each tenant")]
pub struct Limits {
    /// Linear memory, in MiB. A page of the maximum size, 16 MiB, takes about 60.
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().memory_mib,
          value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub memory_mib: u64,
    /// Wall-clock time of one call, in seconds. The component limits its own exchange to 120.
    #[arg(long = "call-seconds", value_name = "S", default_value = "150", value_parser = seconds)]
    pub call: Duration,
    /// CPU time of one call, in seconds. A full page takes well under 1.
    #[arg(long = "cpu-seconds", value_name = "S", default_value = "30", value_parser = seconds)]
    pub cpu: Duration,
    /// Size of a response body, in MiB. The component itself stops at 16.
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().response_mib,
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub response_mib: u64,
    /// Size of a request body, in KiB. A GraphQL query takes a few.
    #[arg(long, value_name = "KIB", default_value_t = Limits::default().request_kib,
          value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub request_kib: u64,
    /// Size of a response's headers, in KiB. Servers send 1 or 2.
    #[arg(long, value_name = "KIB", default_value_t = Limits::default().header_kib,
          value_parser = clap::value_parser!(u64).range(8..=1024))]
    pub header_kib: u64,
    /// Size of all strings that a call returns, in MiB. A page of the maximum size takes about 20.
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().returned_mib,
          value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub returned_mib: u64,
    /// Number of elements in one table. The component has a few hundred functions.
    #[arg(long, value_name = "N", default_value_t = Limits::default().table_elements,
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub table_elements: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mib: 128,
            call: Duration::from_secs(150),
            cpu: Duration::from_secs(30),
            response_mib: 64,
            request_kib: 1024,
            header_kib: 64,
            returned_mib: 64,
            table_elements: 20_000,
        }
    }
}

/// The keys of a config's `limits`.
pub const KEYS: [&str; 8] = [
    "memory_mib",
    "call_seconds",
    "cpu_seconds",
    "response_mib",
    "request_kib",
    "header_kib",
    "returned_mib",
    "table_elements",
];

impl Limits {
    /// Sets the limits that a config's `limits` has.
    ///
    /// # Errors
    ///
    /// Returns a message with the key whose value is invalid, and its range.
    pub fn set(&mut self, object: &serde_json::Map<String, Value>) -> Result<(), String> {
        let number = |key: &str, low: u64, high: u64, usual: u64| match object.get(key) {
            None => Ok(usual),
            Some(value) => {
                value.as_u64().filter(|number| (low..=high).contains(number)).ok_or_else(|| {
                    format!("limits.{key}: must be a whole number from {low} to {high}")
                })
            }
        };
        // 4 GiB is what a 32-bit component can address.
        self.memory_mib = number("memory_mib", 1, 4096, self.memory_mib)?;
        self.call = Duration::from_secs(number("call_seconds", 1, 3600, self.call.as_secs())?);
        self.cpu = Duration::from_secs(number("cpu_seconds", 1, 3600, self.cpu.as_secs())?);
        self.response_mib = number("response_mib", 1, 1024, self.response_mib)?;
        self.request_kib = number("request_kib", 1, 65_536, self.request_kib)?;
        self.header_kib = number("header_kib", 8, 1024, self.header_kib)?;
        self.returned_mib = number("returned_mib", 1, 1024, self.returned_mib)?;
        self.table_elements = number("table_elements", 1, 10_000_000, self.table_elements)?;
        Ok(())
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
    number
        .map(Duration::from_secs)
        .ok_or_else(|| "must be a whole number of seconds from 1 to 3600".to_owned())
}
