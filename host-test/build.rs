//! Builds the component that the host embeds, and passes its path to the host.
//!
//! It is a separate build with its own target folder and profile: the component's `opt-level`, LTO and `panic =
//! "abort"` must not apply to the host, and a second cargo in the same target folder would wait forever for the lock of
//! the first.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match build() {
        Ok(wasm) => {
            println!("cargo:rustc-env=COMPONENT_WASM={}", wasm.display());
            ExitCode::SUCCESS
        }
        Err(message) => {
            // One line for cargo to show, instead of a panic's backtrace.
            eprintln!("{message}");
            println!("cargo:warning={}", message.lines().next().unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<PathBuf, String> {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("..");
    for part in ["src", "token", "wit", "Cargo.toml", "Cargo.lock", ".cargo", "rust-toolchain.toml"]
    {
        println!("cargo:rerun-if-changed={}", root.join(part).display());
    }
    component::build(&root, component::SOURCE, &Path::new(&variable("OUT_DIR")?).join("component"))
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("cargo did not set {name}"))
}
