//! Compiles a package of this workspace to a component.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_target::TARGET;

/// Compiles the package `name` as it is shipped, into a target folder that no cargo under way uses, and gives the
/// component's place.
///
/// # Errors
///
/// That the target is not installed, or what cargo says.
pub fn compile(name: &str, target: &Path) -> Result<PathBuf, String> {
    wasm_target::ensure(Path::new(crate::ROOT))?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    // What an outer cargo set for its own target would break this one.
    let kept = ["CARGO_HOME", "RUSTC", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_cargos = text.starts_with("CARGO") || text.starts_with("RUST");
        if is_cargos && !kept.contains(&text.as_ref()) {
            cargo.env_remove(&name);
        }
    }
    let built = cargo
        .current_dir(crate::ROOT)
        .args(["rustc", "--locked", "--quiet", "--package", name, "--lib"])
        .args(["--crate-type", "cdylib", "--profile", "component"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(target)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !built.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&built.stderr)));
    }
    let file = format!("{}.wasm", name.replace('-', "_"));
    Ok(target.join(TARGET).join("component").join(file))
}
