//! Builds the components of this repository. Whatever needs one, a build script, `cargo component`, `tools/compose` or
//! `tools/release`, builds it here, so that the same sources always make the same bytes.
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

/// Builds a package of the workspace in `root` as it is shipped, and returns where the component is. `target` is the
/// target folder: not the one of a cargo that is running, whose lock this one would wait for forever.
///
/// # Errors
///
/// The target is missing and cannot be installed, or what cargo reports.
pub fn build(root: &Path, package: &str, target: &Path) -> Result<PathBuf, String> {
    wasm_target::ensure(root)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    environment::scrub(&mut cargo);
    let output = cargo
        .current_dir(root)
        .args(["rustc", "--locked", "--quiet", "--package", package, "--lib"])
        // A cdylib alone: an rlib beside it would keep the linker from optimizing across crates.
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
        false => Err(format!("cargo built no component at {}", wasm.display())),
    }
}
