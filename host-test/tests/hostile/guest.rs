//! The hostile component, compiled once.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Where it lies.
pub fn hostile() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // A folder of its own: the outer cargo holds the lock of the usual one.
        let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/hostile");
        let mut cargo = Command::new(env!("CARGO"));
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
            .args(["rustc", "--locked", "--quiet", "--package", "hostile-guest", "--lib"])
            .args(["--crate-type", "cdylib", "--profile", "component"])
            .args(["--target", "wasm32-unknown-unknown", "--target-dir", target])
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        PathBuf::from(target).join("wasm32-unknown-unknown/component/hostile_guest.wasm")
    })
}
