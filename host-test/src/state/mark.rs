//! How a later run recognizes an output file.

/// The position of an output file when the checkpoint was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The device of the file.
    pub device: u64,
    /// The inode of the file.
    pub inode: u64,
    /// The length in bytes. No stored checkpoint covers what is beyond it, which is ours only if it
    /// was announced (see [`crate::state::ledger::Ledger::announce`]).
    pub length: u64,
    /// The last bytes before that length, because inodes are reused for other files.
    pub tail: Vec<u8>,
}
