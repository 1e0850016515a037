//! An output for programs that embed this library and store checkpoints themselves.

use crate::exit::Result;
use crate::guest::contract::Event;
use source_driver::Why;
use std::time::Duration;

/// Takes records and the checkpoints that cover them.
pub trait Receiver: Send {
    /// Takes records, oldest first, and the checkpoint that covers them and all earlier ones. There may be no records,
    /// because the checkpoint also changes without them.
    ///
    /// # Errors
    ///
    /// An error ends the run, except [`Failure::Locked`](crate::exit::Failure::Locked), after which the same records come
    /// again.
    fn write(&mut self, events: &[&Event], checkpoint: &str) -> Result<()>;

    /// Called before the run waits for `time`. Everything that was read has been written.
    ///
    /// # Errors
    ///
    /// An error ends the run.
    fn wait(&mut self, why: Why, time: Duration) -> Result<()>;
}
