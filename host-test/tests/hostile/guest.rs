//! The hostile component, compiled once.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Returns its path.
pub fn hostile() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("components");
    BUILT.get_or_init(|| compose::compile("hostile-guest", &target).unwrap())
}
