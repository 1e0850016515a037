//! The macro of the published `cfg-if`, behind a build script of ours.
#![no_std]

pub use published::cfg_if;
