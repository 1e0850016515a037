//! Retries operations on files that another program has locked, with the same growing waits as for
//! an unreachable remote.

use crate::exit::{Failure, Result};
use crate::run::retry::Retry;
use crate::run::stop::Stop;

/// Waits before the next retry, as often as `retry` allows. Returns `false` if a signal to stop
/// came.
///
/// # Errors
///
/// Returns the failure itself if it is permanent, or if no retry is left.
pub async fn wait(failure: Failure, retry: &mut Retry, stop: &mut Stop) -> Result<bool> {
    let Failure::Locked(why) = failure else { return Err(failure) };
    if stop.is_set() {
        return Ok(false);
    }
    let Some(time) = retry.failed(rand::random()) else {
        return Err(Failure::Failed(retry.exhausted(&why)));
    };
    tracing::warn!("{why}; retrying in {:.1} s", time.as_secs_f64());
    stop.sleep(time).await;
    Ok(true)
}

/// Opens something that another program may have locked. Returns `None` if a signal to stop came
/// first.
///
/// # Errors
///
/// Returns the error of `open`, unless it is [`Failure::Locked`] and a retry is left.
pub async fn open<T>(
    mut retry: Retry,
    stop: &mut Stop,
    mut open: impl FnMut() -> Result<T>,
) -> Result<Option<T>> {
    // Bounded by the retries.
    loop {
        match tokio::task::block_in_place(&mut open) {
            Ok(opened) => return Ok(Some(opened)),
            Err(failure) if wait(failure.clone(), &mut retry, stop).await? => {}
            Err(_) => return Ok(None),
        }
    }
}
