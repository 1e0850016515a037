//! A source component of the same world and toolchain as ours, whose exports return constants.

#[cfg(target_family = "wasm")]
mod guest;
