//! Tries again what another program has locked: soon, then later, as a remote that is away.

use crate::exit::{Failure, Result};
use crate::run::retry::Retry;
use crate::run::stop::Stop;

/// Waits before another try of what failed, as often as `retry` allows. `false`: a signal came.
///
/// # Errors
///
/// The failure itself when it will not pass, or was the last one allowed.
pub async fn wait(failure: Failure, retry: &mut Retry, stop: &mut Stop) -> Result<bool> {
    let Failure::Locked(why) = failure else { return Err(failure) };
    if stop.is_set() {
        return Ok(false);
    }
    let Some(time) = retry.failed(rand::random()) else {
        return Err(Failure::Failed(format!("given up after retries: {why}")));
    };
    tracing::warn!("{why}; trying again in {:.1} s", time.as_secs_f64());
    stop.sleep(time).await;
    Ok(true)
}

/// Opens something that another program may have locked; none when a signal came first.
///
/// # Errors
///
/// As `open` fails, with anything but [`Failure::Locked`], or too often with that.
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
