//! What a policy needs to know for each decision: the time, a random jitter, and whether to stop.

use crate::run::stop::Stop;
use source_driver::{Moment, Plan, Policy};
use std::sync::LazyLock;
use std::time::Instant;

/// When the clock of all policies started.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Creates a policy that starts now.
pub fn policy(plan: Plan) -> Policy {
    Policy::new(plan, now_ms())
}

/// Returns the current moment.
pub fn moment(stop: &Stop) -> Moment {
    Moment { now_ms: now_ms(), jitter: rand::random(), is_stopped: stop.is_set() }
}

fn now_ms() -> u64 {
    u64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(u64::MAX)
}
