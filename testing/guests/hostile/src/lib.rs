//! A source component that attacks its host. Its settings are the name of the attack, and what that needs:
//! `attack URL`. What it is told by the host it passes on in the text of an error.

#[cfg(target_family = "wasm")]
mod attack;
#[cfg(target_family = "wasm")]
mod guest;
#[cfg(target_family = "wasm")]
mod send;
