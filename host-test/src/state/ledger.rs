//! What must be remembered about an output file, so that it holds each record exactly once.

use crate::exit::Result;
use crate::state::mark::Mark;

/// Durably stores the position of an output file and what is about to be appended to it.
pub trait Ledger {
    /// Returns whether nothing was ever delivered with this ledger and it was never reset.
    ///
    /// # Errors
    ///
    /// Returns an error if the stored data cannot be read.
    fn is_new(&self) -> Result<bool>;

    /// Returns what an operator can do to append to a file that does not match this ledger.
    fn remedy(&self) -> String;

    /// Returns the position of the file when the checkpoint was stored.
    ///
    /// # Errors
    ///
    /// Returns an error if the stored data cannot be read.
    fn mark(&self) -> Result<Option<Mark>>;

    /// Returns what was announced but not settled, because the process was killed or a write failed.
    ///
    /// # Errors
    ///
    /// Returns an error if the stored data cannot be read.
    fn announced(&self) -> Result<Option<Vec<u8>>>;

    /// Durably stores what is about to be appended to the file at `mark`, and the checkpoint that
    /// covers the file up to there, unless it is stored already.
    ///
    /// # Errors
    ///
    /// Returns an error if the write fails.
    fn announce(&mut self, checkpoint: Option<&str>, mark: &Mark, bytes: &[u8]) -> Result<()>;

    /// Stores the new position of the file and the checkpoint that covers it, and removes the
    /// announcement, all or nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the write fails.
    fn settle(&mut self, checkpoint: Option<&str>, mark: &Mark) -> Result<()>;
}
