//! Components that attack their host, through the real command and through the library: each is stopped, the cause is
//! named, and other tenants are not affected.

mod beside;
mod memory;
mod remote;
mod returns;
mod transform;
mod watchdog;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Returns the path of the hostile component, which is compiled once.
fn hostile() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    BUILT.get_or_init(|| compose::compile("hostile-guest", &target).unwrap())
}
