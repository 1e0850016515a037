//! A source component with the same world and toolchain as the connector, whose exports return constants.

#[cfg(target_family = "wasm")]
mod guest;
