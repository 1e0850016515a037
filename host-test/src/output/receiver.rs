//! Where records go if not into a file: a program that embeds this library keeps the checkpoints itself.

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
    /// An error ends the run. The checkpoint then counts as not stored.
    fn write(&mut self, events: &[&Event], checkpoint: &str) -> Result<()>;

    /// Is told that the run waits. By then it has everything that was read.
    ///
    /// # Errors
    ///
    /// An error ends the run.
    fn wait(&mut self, why: Why, time: Duration) -> Result<()>;
}
