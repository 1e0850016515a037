//! Builds the components that the host embeds, and passes their paths to the host.
//!
//! Theirs is a separate build with its own target folder and profile: the components' `opt-level`, LTO and `panic =
//! "abort"` must not apply to the host, and a second cargo in the same target folder would wait forever for the lock of
//! the first.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match build() {
        Ok([source, transform]) => {
            println!("cargo:rustc-env=COMPONENT_WASM={}", source.display());
            println!("cargo:rustc-env=TRANSFORM_WASM={}", transform.display());
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

fn build() -> Result<[PathBuf; 2], String> {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("..");
    let parts = [
        "src",
        "text",
        "token",
        "transforms",
        "wit",
        "Cargo.toml",
        "Cargo.lock",
        ".cargo",
        "rust-toolchain.toml",
    ];
    for part in parts {
        println!("cargo:rerun-if-changed={}", root.join(part).display());
    }
    let target = Path::new(&variable("OUT_DIR")?).join("component");
    let source = component::build(&root, component::SOURCE, &target)?;
    Ok([source, component::build(&root, component::TRANSFORM, &target)?])
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("cargo did not set {name}"))
}
