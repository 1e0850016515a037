//! The config file, and how files that people write are read.

pub(crate) mod credential;
pub(crate) mod dialect;
pub mod file;
pub(crate) mod json;
pub(crate) mod keys;
pub(crate) mod misplaced;
pub(crate) mod secret;
pub(crate) mod text;
