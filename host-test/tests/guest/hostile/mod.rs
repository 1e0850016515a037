//! Components that attack their host, through the real command and through the library: each is stopped, the cause is
//! named, and whoever runs beside it does not notice.

mod beside;
mod memory;
mod remote;
mod returns;
mod watchdog;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The hostile component, compiled once.
fn hostile() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    BUILT.get_or_init(|| compose::compile("hostile-guest", &target).unwrap())
}
