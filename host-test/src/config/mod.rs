//! The config file: what the operator wants, and how files that people write are read.

mod dialect;
pub mod file;
mod json;
mod keys;
mod secret;
mod text;
