//! The component that does nothing, compiled by the same cargo.

use std::path::PathBuf;
use std::process::Command;

/// Its bytes.
pub fn constant() -> Vec<u8> {
    // A folder of its own: the outer cargo may hold the lock of the usual one.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let target = PathBuf::from(root).join("target/constant");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    let kept = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if (text.starts_with("CARGO") || text.starts_with("RUST")) && !kept.contains(&text.as_ref())
        {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .current_dir(root)
        .args(["rustc", "--locked", "--quiet", "--package", "constant-guest", "--lib"])
        .args(["--crate-type", "cdylib", "--profile", "component"])
        .args(["--target", "wasm32-unknown-unknown", "--target-dir"])
        .arg(&target)
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read(target.join("wasm32-unknown-unknown/component/constant_guest.wasm")).unwrap()
}
