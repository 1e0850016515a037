//! The component as a guest: what may be loaded, within which limits it runs, and typed calls of it.

pub mod clock;
pub mod component;
pub mod contract;
pub mod engine;
pub(crate) mod environment;
pub(crate) mod fence;
pub mod limits;
pub(crate) mod redact;
pub mod source;
pub mod tenant;
