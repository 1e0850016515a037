//! The environment of the build, without the variables that an outer cargo sets for its own target.

use std::process::Command;

/// Variables that would change or break the component. Those for the network and registries stay.
const REMOVED: [&str; 9] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CLIPPY_ARGS",
    "MAKEFLAGS",
    "MFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTFLAGS",
];

/// Prefixes of variables that override cargo's settings.
const REMOVED_PREFIXES: [&str; 3] = ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_"];

/// Removes these variables from the environment of a command.
pub fn scrub(cargo: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_removed = REMOVED.contains(&text.as_ref())
            || REMOVED_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
        if is_removed {
            cargo.env_remove(&name);
        }
    }
}
