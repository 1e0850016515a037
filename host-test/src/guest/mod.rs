//! The component as a guest: what may be loaded, the limits that it runs within, and typed calls to it.

pub mod clock;
pub mod component;
pub mod contract;
pub mod engine;
pub(crate) mod environment;
pub(crate) mod fence;
pub mod host_state;
pub(crate) mod redact;
pub mod source;
pub(crate) mod watchdog;
