//! Builds the components of this repository. Build scripts, `cargo component`, `tools/compose` and `tools/release` all
//! build them here, so that the same sources always produce the same bytes.
//!
//! ```text
//! sources ──► wasm_target::ensure ──► cargo rustc, without the caller's environment and paths ──► component.wasm
//! ```

mod environment;
mod paths;

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_target::TARGET;

/// The package of the source component.
pub const SOURCE: &str = "buildkite-audit-logs";

/// The package of the transform component.
pub const TRANSFORM: &str = "siem-transform";

/// The package of the component that makes one source of a source and a transform.
pub const CHAIN: &str = "transform-chain";

/// Builds a package of the workspace in `root` as it is released, and returns the path of the component. `target` is
/// the target folder. It must not be that of a running cargo: this one would wait for its lock forever.
///
/// # Errors
///
/// Returns an error if the target is missing and cannot be installed, or if cargo fails.
pub fn build(root: &Path, package: &str, target: &Path) -> Result<PathBuf, String> {
    wasm_target::ensure(root)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    environment::scrub(&mut cargo);
    let output = cargo
        .current_dir(root)
        .args(["rustc", "--locked", "--quiet", "--package", package, "--lib"])
        // Only the cdylib: building an rlib too would prevent optimization across crates at link time.
        .args(["--crate-type", "cdylib", "--profile", "component"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(target)
        .args(["--config", &paths::remapped(root)])
        .output()
        .map_err(|error| format!("cannot run cargo for {package}: {error}"))?;
    if !output.status.success() {
        let reported = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{package} does not compile:\n{reported}"));
    }
    let file = format!("{}.wasm", package.replace('-', "_"));
    let wasm = target.join(TARGET).join("component").join(file);
    match wasm.is_file() {
        true => Ok(wasm),
        false => Err(format!("cargo succeeded, but built no component at {}", wasm.display())),
    }
}
