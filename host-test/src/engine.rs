//! The wasmtime engine: one per process, with a clock tick that lets the host interrupt guests.

use crate::exit::{Failure, Result};
use std::time::Duration;

/// One tick of the epoch. Guests are looked at this often while they compute.
pub const TICK: Duration = Duration::from_millis(10);

/// Makes the engine and starts its ticker, which ends when the engine is dropped.
///
/// # Errors
///
/// [`Failure::Failed`] when this machine cannot run wasmtime or start a thread.
pub fn engine() -> Result<wasmtime::Engine> {
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(true);
    // Guest frames in an error would tell the operator nothing: the component is stripped.
    config.wasm_backtrace_max_frames(None);
    let engine = wasmtime::Engine::new(&config)
        .map_err(|error| Failure::Failed(format!("cannot start wasmtime: {error}")))?;
    let weak = engine.weak();
    std::thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            // Bounded by the life of the engine.
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })
        .map_err(|error| Failure::Failed(format!("cannot start the epoch thread: {error}")))?;
    Ok(engine)
}
