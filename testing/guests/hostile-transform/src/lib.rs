//! A transform that misbehaves. Its setting `attack` names how, and after how many good calls: `{"attack":"loop 2"}`.

#[cfg(target_family = "wasm")]
mod guest;
