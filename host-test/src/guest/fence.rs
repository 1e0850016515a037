//! Enforces the limits of one instance, and reports the one that was exceeded.

use crate::guest::engine::{PARTS_MAX, TICK};
use crate::guest::environment::explain;
use crate::limits::Limits;
use wasmtime::{ResourceLimiter, Trap};

/// Counts what an instance uses, and remembers the limit that it exceeded.
pub(crate) struct Fence {
    limits: Limits,
    /// Number of epoch ticks at which the guest was computing, in this call.
    pub(crate) ticks: u128,
    hit: Option<String>,
    /// Total bytes of all linear memories. They never shrink.
    memory: u64,
}

impl Fence {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, ticks: 0, hit: None, memory: 0 }
    }

    /// Counts a tick at which the guest was computing. Returns `false` to stop the guest. Time in
    /// which the guest waits for the host does not count.
    pub(crate) fn tick(&mut self) -> bool {
        self.ticks += 1;
        let may_continue = self.ticks * TICK.as_millis() <= self.limits.cpu().as_millis();
        if !may_continue {
            let seconds = self.limits.cpu_seconds;
            self.hit = Some(format!("the CPU limit of {seconds} s was exceeded"));
        }
        may_continue
    }

    /// Returns why a call failed: the limit that was exceeded, or else the trap.
    pub(crate) fn cause(&self, call: &str, error: &wasmtime::Error) -> String {
        let trap = error.downcast_ref::<Trap>();
        let text = format!("{error:#}");
        match (&self.hit, trap) {
            (Some(hit), _) => format!("{call}: {hit}"),
            // Wasmtime identifies this error only by its text.
            _ if text.contains("fuel allocated for hostcalls") => {
                let mib = self.limits.returned_mib;
                format!("{call}: the limit of {mib} MiB of returned data was exceeded")
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
        let hit =
            format!("the memory limit of {mib} MiB was exceeded; raise memory_mib if you trust it");
        self.hit = Some(hit.clone());
        // An error instead of `false`, which the guest would turn into a trap without a reason.
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
