//! How a later run knows an output file again.

/// Where an output file stood when the checkpoint was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Device of the file.
    pub device: u64,
    /// Inode of the file.
    pub inode: u64,
    /// Its length in bytes; what lies beyond is covered by no stored checkpoint, and is ours
    /// only if it is what was announced (see [`crate::state::ledger::Ledger::announce`]).
    pub length: u64,
    /// Its last bytes before that length, since inodes are used again for other files.
    pub tail: Vec<u8>,
}
