//! Compiles components of this repository and composes two of them into one.

mod cargo;
mod plug;

use std::path::Path;

pub use cargo::compile;
pub use plug::plug;

/// Where the repository lies.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The package of the source component.
pub const SOURCE: &str = "buildkite-audit-logs";

/// Compiles an adapter, and composes the source into it: the file given, or one that is compiled now. `target` is the
/// target folder.
///
/// # Errors
///
/// What cargo or the composition says, or that a file cannot be read.
pub fn composed(adapter: &str, source: Option<&Path>, target: &Path) -> Result<Vec<u8>, String> {
    let adapter = read(&compile(adapter, target)?)?;
    let source = match source {
        Some(file) => read(file)?,
        None => read(&compile(SOURCE, target)?)?,
    };
    plug(adapter, source)
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}
