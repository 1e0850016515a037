//! The checkpoint: the state as a text that a host stores, and the operations on such a text.

mod codec;

pub mod resume;

pub mod tools;

pub use codec::{CHECKPOINT_BYTES_MAX, decode, encode};
