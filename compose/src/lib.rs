//! Compiles components of this repository and composes two of them into one.

mod cargo;
mod plug;

pub use cargo::compile;
pub use plug::plug;

/// Where the repository lies.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The package of the source component.
pub const SOURCE: &str = "buildkite-audit-logs";

/// Compiles the source and an adapter, and composes the one into the other. `target` is the target folder.
///
/// # Errors
///
/// What cargo or the composition says.
pub fn composed(adapter: &str, target: &std::path::Path) -> Result<Vec<u8>, String> {
    let read = |package: &str| {
        let file = compile(package, target)?;
        std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
    };
    plug(read(adapter)?, read(SOURCE)?)
}
