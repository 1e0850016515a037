//! The component as a guest: what may be loaded, within which limits it runs, and typed calls of it.

pub mod clock;
pub mod component;
pub mod engine;
mod environment;
mod fence;
pub mod limits;
mod redact;
pub mod source;
