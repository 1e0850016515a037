//! What an API token looks like, and how messages are kept short and free of it. The component, the hosts and the
//! adapters use the same rules.
//!
//! ```text
//! what the operator stored ─ token ─► the token
//! foreign text ─ hidden_in ─► without the token ─ one_line, cut ─► a message
//! ```
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod hide;
mod line;
mod stored;

pub use hide::hidden_in;
pub use line::{cut, ellipsize, one_line};
pub use stored::{token, trimmed};

/// Length of the shortest token or placeholder, in bytes. What a server echoes of it is hidden in answers, so a shorter
/// one, found by chance in an answer's own text, would garble events.
pub const TOKEN_BYTES_MIN: usize = 16;

/// Length of the longest token, in bytes. Buildkite's have about 45; a longer value is a file read by mistake.
pub const TOKEN_BYTES_MAX: usize = 4_096;
