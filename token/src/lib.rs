//! What an API token looks like, and how messages are kept short and free of it. The component, the hosts and the
//! adapters use the same rules.
//!
//! ```text
//! what the operator stored ─ token ─► the token
//! untrusted text ─ hidden_in ─► without the token ─ one_line, cut ─► a message
//! ```
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod hide;
mod line;
mod stored;

pub use hide::hidden_in;
pub use line::{cut, ellipsize, one_line};
pub use stored::{token, trimmed};

/// Length of the shortest token or placeholder, in bytes. The token is hidden wherever an answer contains it. A shorter
/// one could be there by chance, and hiding it would garble events.
pub const TOKEN_BYTES_MIN: usize = 16;

/// Length of the longest token, in bytes. Buildkite's have about 45; a longer value is a file read by mistake.
pub const TOKEN_BYTES_MAX: usize = 4_096;
