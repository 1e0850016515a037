//! Compiles components of this repository and composes them into one.
//!
//! ```text
//! source ────┐
//! transform ─┴─► chain ──► a source ─┐
//!                          adapter ──┴─► one component, which no longer imports a source
//! ```
//!
//! Without a transform, the source itself goes into the adapter.

mod plug;

use std::path::{Path, PathBuf};

use component::{CHAIN, SOURCE, TRANSFORM};

pub use plug::plug;

/// The root folder of the repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A component of this repository, which is compiled, or a file.
#[derive(Debug, Clone, Default)]
pub enum Part {
    /// The one in this repository.
    #[default]
    Own,
    /// Another one.
    File(PathBuf),
}

impl Part {
    fn bytes(&self, package: &str, target: &Path) -> Result<Vec<u8>, String> {
        match self {
            Self::Own => read(&compile(package, target)?),
            Self::File(file) => read(file),
        }
    }
}

/// Returns a source: this one or, with a transform, both as one source. `target` is the target folder.
///
/// # Errors
///
/// Returns an error if cargo or the composition fails, or if a file cannot be read.
pub fn source(source: &Part, transform: Option<&Part>, target: &Path) -> Result<Vec<u8>, String> {
    let source = source.bytes(SOURCE, target)?;
    let Some(transform) = transform else { return Ok(source) };
    let transform = transform.bytes(TRANSFORM, target)?;
    let chain = read(&compile(CHAIN, target)?)?;
    plug(chain, vec![("source", source), ("transform", transform)])
}

/// Compiles an adapter, and composes a source into it. `target` is the target folder.
///
/// # Errors
///
/// Same as [`source()`].
pub fn composed(adapter: &str, source: Vec<u8>, target: &Path) -> Result<Vec<u8>, String> {
    plug(read(&compile(adapter, target)?)?, vec![("source", source)])
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
