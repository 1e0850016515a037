//! A source component that attacks its host. Its settings are the name of the attack and a URL: `NAME URL`. It reports
//! the host's answer in the text of an error.
//!
//! ```text
//! settings ──► attack ── send ──► host ── answer ──► error text
//! ```

#[cfg(target_family = "wasm")]
mod attack;
#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(target_family = "wasm")]
mod guest;
#[cfg(target_family = "wasm")]
mod send;
