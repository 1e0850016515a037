//! Retries operations on files that another program has locked, with the same growing waits as for
//! an unreachable remote.

use crate::exit::{Failure, Result};
use crate::run::moment::{moment, policy};
use crate::run::stop::Stop;
use source_driver::{End, Plan, Policy, Then};
use std::time::Duration;

/// Waits before the next retry, as the policy says. Returns `false` if a signal to stop arrived.
///
/// # Errors
///
/// Returns the failure itself if it is permanent, or if no retry is left.
pub async fn wait(failure: Failure, policy: &mut Policy, stop: &mut Stop) -> Result<bool> {
    let Failure::Locked(why) = failure else { return Err(failure) };
    match policy.failed(true, moment(stop)) {
        Then::Read => Ok(true),
        Then::Wait { ms, .. } => {
            let time = Duration::from_millis(ms);
            tracing::warn!("{why}; retrying in {:.1} s", time.as_secs_f64());
            stop.sleep(time).await;
            Ok(true)
        }
        Then::End(End::Stopped) => Ok(false),
        Then::End(_) => Err(gave_up(policy, &why)),
    }
}

/// Returns the failure for a step that has no retries left.
pub fn gave_up(policy: &Policy, why: &str) -> Failure {
    let count = policy.failed_retries();
    let noun = if count == 1 { "retry" } else { "retries" };
    Failure::Transient(format!("gave up after {count} {noun}: {why}"))
}

/// Opens something that another program may have locked. Returns `None` if a signal to stop
/// arrived first.
///
/// # Errors
///
/// Returns the error of `open`, unless it is [`Failure::Locked`] and a retry is left.
pub async fn open<T>(
    plan: Plan,
    stop: &mut Stop,
    mut open: impl FnMut() -> Result<T>,
) -> Result<Option<T>> {
    let mut policy = policy(plan);
    // Bounded by the retries.
    loop {
        match tokio::task::block_in_place(&mut open) {
            Ok(opened) => return Ok(Some(opened)),
            Err(failure) if wait(failure.clone(), &mut policy, stop).await? => {}
            Err(_) => return Ok(None),
        }
    }
}
