//! The limits of one instance, and the words for the one that was hit.

use crate::guest::engine::{PARTS_MAX, TICK};
use crate::guest::environment::explain;
use crate::guest::limits::Limits;
use wasmtime::{ResourceLimiter, Trap};

/// Counts what an instance uses, and remembers what it was refused.
pub(crate) struct Fence {
    limits: Limits,
    /// Ticks of the epoch at which the guest was found computing, in this call.
    pub(crate) ticks: u128,
    hit: Option<String>,
    /// Bytes of all linear memories together. They never shrink.
    memory: u64,
}

impl Fence {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, ticks: 0, hit: None, memory: 0 }
    }

    /// Called at every tick that finds the guest computing: `false` stops it. Time in which it
    /// waits for the host does not count here.
    pub(crate) fn tick(&mut self) -> bool {
        self.ticks += 1;
        let go_on = self.ticks * TICK.as_millis() <= self.limits.cpu.as_millis();
        if !go_on {
            let seconds = self.limits.cpu.as_secs();
            self.hit = Some(format!("the CPU limit of {seconds} s was exceeded"));
        }
        go_on
    }

    /// Says why a call failed: the limit that was hit, or else the trap.
    pub(crate) fn cause(&self, call: &str, error: &wasmtime::Error) -> String {
        let trap = error.downcast_ref::<Trap>();
        let text = format!("{error:#}");
        match (&self.hit, trap) {
            (Some(hit), _) => format!("{call}: {hit}"),
            // Known by its words alone. Source: wasmtime's `HostcallFuelExhausted`, or the like.
            _ if text.contains("fuel allocated for hostcalls") => {
                let mib = self.limits.returned_mib;
                format!("{call}: the limit of {mib} MiB returned by a call was exceeded")
            }
            (None, Some(trap)) => format!("{call}: the component trapped: {trap}"),
            (None, None) => format!("{call}: {}", explain(error)),
        }
    }
}

impl ResourceLimiter for Fence {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let mib = self.limits.memory_mib;
        let total = self.memory + desired.saturating_sub(current) as u64;
        if total <= mib << 20 {
            self.memory = total;
            return Ok(true);
        }
        let hit = format!("the memory limit of {mib} MiB was exceeded");
        self.hit = Some(hit.clone());
        // An error, not `false`: the guest would only turn that into a trap without a reason.
        Err(wasmtime::Error::msg(hit))
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let most = self.limits.table_elements;
        if desired as u64 <= most {
            return Ok(true);
        }
        let hit = format!("the limit of {most} table elements was exceeded");
        self.hit = Some(hit.clone());
        Err(wasmtime::Error::msg(hit))
    }

    fn instances(&self) -> usize {
        PARTS_MAX as usize
    }

    fn tables(&self) -> usize {
        PARTS_MAX as usize
    }

    fn memories(&self) -> usize {
        PARTS_MAX as usize
    }
}
