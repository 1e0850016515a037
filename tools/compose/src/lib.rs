//! Compiles components of this repository and composes two of them into one.
//!
//! ```text
//! source ───┐
//! adapter ──┴─► plug ──► one component, which no longer imports the source
//! ```

mod plug;

use std::path::{Path, PathBuf};

use component::SOURCE;

pub use plug::plug;

/// The root folder of the repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Compiles an adapter, and composes the source into it. The source is the given file, or is compiled too. `target` is
/// the target folder.
///
/// # Errors
///
/// Returns an error if cargo or the composition fails, or if a file cannot be read.
pub fn composed(adapter: &str, source: Option<&Path>, target: &Path) -> Result<Vec<u8>, String> {
    let adapter = read(&compile(adapter, target)?)?;
    let source = match source {
        Some(file) => read(file)?,
        None => read(&compile(SOURCE, target)?)?,
    };
    plug(adapter, source)
}

/// Builds a package of this repository as a component; see [`component::build`].
///
/// # Errors
///
/// Returns an error if the target is missing and cannot be installed, or if cargo fails.
pub fn compile(package: &str, target: &Path) -> Result<PathBuf, String> {
    component::build(Path::new(ROOT), package, target)
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}
