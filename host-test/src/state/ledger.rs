//! What an output file needs remembered, so that each record is in it exactly once.

use crate::exit::Result;
use crate::state::mark::Mark;

/// Remembers durably where an output file stands and what is about to be appended to it.
pub trait Ledger {
    /// Whether it is as good as none: no checkpoint was ever stored, and nobody reset it on purpose.
    ///
    /// # Errors
    ///
    /// When what was remembered cannot be read.
    fn is_new(&self) -> Result<bool>;

    /// What an operator does who wants to append to a file that does not go with it.
    fn remedy(&self) -> String;

    /// Where the file stood when the checkpoint was stored.
    ///
    /// # Errors
    ///
    /// When what was remembered cannot be read.
    fn mark(&self) -> Result<Option<Mark>>;

    /// What was announced and not settled: the process was killed, or the disk did not take it.
    ///
    /// # Errors
    ///
    /// When what was remembered cannot be read.
    fn announced(&self) -> Result<Option<Vec<u8>>>;

    /// Says durably what is about to be appended to the file, which stands at `mark`.
    ///
    /// # Errors
    ///
    /// When the disk does not take it.
    fn announce(&mut self, mark: &Mark, bytes: &[u8]) -> Result<()>;

    /// Stores where the file stands now, that nothing is announced any more, and the checkpoint
    /// that covers it: all of it or nothing.
    ///
    /// # Errors
    ///
    /// When the disk does not take it.
    fn settle(&mut self, checkpoint: Option<&str>, mark: &Mark) -> Result<()>;
}
