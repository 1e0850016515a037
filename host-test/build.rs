//! Builds the component that the host embeds, and tells the host where it lies.
//!
//! It is a build of its own, with its own target folder and profile: the component's `opt-level`,
//! LTO and `panic = "abort"` must not apply to the host, and a second cargo in the same target
//! folder would wait for the lock of the first for ever.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use wasm_target::TARGET;

/// What the outer cargo sets for its own target. Any of these would change or break the component.
const LEAKING: [&str; 13] = [
    "CARGO_BUILD_RUSTC",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "MAKEFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTFLAGS",
];

fn main() -> ExitCode {
    match build() {
        Ok(wasm) => {
            println!("cargo:rustc-env=COMPONENT_WASM={}", wasm.display());
            ExitCode::SUCCESS
        }
        Err(message) => {
            // One line for cargo to show, instead of the trace of a panic.
            eprintln!("{message}");
            println!("cargo:warning={}", message.lines().next().unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<PathBuf, String> {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("..");
    // Known long before, by the build script of tools/cfg-if, unless the target has been removed since.
    wasm_target::ensure(&root)?;
    for part in ["src", "wit", "Cargo.toml", "Cargo.lock", ".cargo", "rust-toolchain.toml"] {
        println!("cargo:rerun-if-changed={}", root.join(part).display());
    }
    let target_dir = Path::new(&variable("OUT_DIR")?).join("component");
    let mut cargo = Command::new(variable("CARGO")?);
    for name in LEAKING {
        cargo.env_remove(name);
    }
    // Profile settings of the outer build come as variables of this form.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PROFILE_") || text.starts_with("CARGO_TARGET_WASM32") {
            cargo.env_remove(&name);
        }
    }
    let output = cargo
        .current_dir(&root)
        // The same words as the alias `cargo component`: a cdylib alone, so that LTO is at work.
        .args(["rustc", "--locked", "--quiet", "--package", "buildkite-audit-logs", "--lib"])
        .args(["--crate-type", "cdylib", "--profile", "component"])
        .args(["--target", TARGET])
        .arg("--target-dir")
        .arg(&target_dir)
        .args(["--config", &short_paths(&root)])
        .output()
        .map_err(|error| format!("cannot run cargo for the component: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the component does not compile:\n{said}"));
    }
    let wasm = target_dir.join(TARGET).join("component/buildkite_audit_logs.wasm");
    if !wasm.is_file() {
        return Err(format!("cargo built no component at {}", wasm.display()));
    }
    Ok(wasm)
}

/// Cuts the place of the sources out of the component's panic messages: it tells of this machine, and would make the
/// component larger on one with a longer name. Adds to the flags of `.cargo/config.toml`.
fn short_paths(root: &Path) -> String {
    let flags: Vec<String> = crates()
        .chain(standard_library(root))
        // A path that TOML could not quote stays as it is.
        .filter(|(from, _)| !from.contains('\''))
        .map(|(from, to)| format!("'--remap-path-prefix={from}/={to}'"))
        .collect();
    format!("target.{TARGET}.rustflags = [{}]", flags.join(", "))
}

/// The folders that cargo unpacks crates into.
fn crates() -> impl Iterator<Item = (String, String)> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let sources = home.map(|home| home.join("registry/src"));
    let folders = sources.and_then(|sources| std::fs::read_dir(sources).ok());
    folders
        .into_iter()
        .flatten()
        .filter_map(|folder| Some((folder.ok()?.path().to_str()?.to_owned(), String::new())))
}

/// The sources of the standard library where rustup's component `rust-src` is installed, as editors want it: rustc names
/// them then, and the path `/rustc/COMMIT` of its own build elsewhere.
fn standard_library(root: &Path) -> Option<(String, String)> {
    let ask = |arguments: &[&str]| {
        let output =
            Command::new(wasm_target::rustc()).current_dir(root).args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let version = ask(&["--version", "--verbose"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
    let sysroot = ask(&["--print", "sysroot"])?;
    Some((format!("{}/lib/rustlib/src/rust", sysroot.trim_end()), format!("/rustc/{commit}/")))
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("cargo did not set {name}"))
}
