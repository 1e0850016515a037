//! The checkpoint: the state as a text that a host stores, and what may be done with one.

mod codec;

pub mod resume;

pub mod tools;

pub use codec::{CHECKPOINT_BYTES_MAX, decode, encode};
