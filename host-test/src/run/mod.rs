//! A run: reads a batch, makes it durable, stores the checkpoint and waits, and reports its progress.

pub mod estimate;
pub mod lag;
pub mod listen;
pub mod metrics;
pub(crate) mod moment;
pub mod notes;
pub(crate) mod patience;
pub mod pipeline;
pub mod progress;
pub mod rounds;
pub mod stop;
pub mod tally;
