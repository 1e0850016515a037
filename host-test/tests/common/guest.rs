//! Compiles a component of this repository, as tests and benches need one.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles the package `name` into a target folder of its own (the outer cargo holds the lock of the usual one), and
/// gives the component's place.
pub fn compile(name: &str, target: &Path) -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    // What the outer cargo set for its own target would break this one.
    let kept = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_cargos = text.starts_with("CARGO") || text.starts_with("RUST");
        if is_cargos && !kept.contains(&text.as_ref()) {
            cargo.env_remove(&name);
        }
    }
    let built = cargo
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["rustc", "--locked", "--quiet", "--package", name, "--lib"])
        .args(["--crate-type", "cdylib", "--profile", "component"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(target)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let file = format!("{}.wasm", name.replace('-', "_"));
    target.join("wasm32-unknown-unknown/component").join(file)
}
