//! A run: read a batch, make it durable, store the checkpoint, wait; and what is said of it.

pub mod estimate;
pub mod lag;
pub mod listen;
pub mod metrics;
pub mod notes;
pub(crate) mod patience;
pub mod pipeline;
pub mod progress;
pub mod retry;
pub mod rounds;
pub mod stop;
pub mod tally;
