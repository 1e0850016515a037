//! Components as guests: what may be loaded, the limits that they run within, and typed calls to them.

pub mod chosen;
pub mod clock;
pub mod component;
pub mod contract;
pub mod engine;
pub(crate) mod environment;
pub(crate) mod fence;
pub mod host_state;
pub(crate) mod instance;
pub(crate) mod redact;
pub mod source;
pub mod transform;
pub(crate) mod watchdog;
