//! Adds the target with rustup.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::TARGET;
use crate::bounded::{Ended, run};
use crate::say;
use crate::toolchain::Toolchain;

/// Time limit. The target is about 20 MB, which a slow connection downloads within a minute. Where packets are dropped,
/// rustup itself waits far longer.
const LIMIT: Duration = Duration::from_secs(120);

/// Returns the command with which a person adds the target.
pub fn command(toolchain: &Toolchain) -> String {
    format!("rustup target add {TARGET} --toolchain {}", toolchain.name())
}

/// Adds the target to a toolchain.
pub fn add(toolchain: &Toolchain) -> Result<(), String> {
    let missing = format!("the Rust target {TARGET} is not installed");
    let Some(home) = toolchain.rustup_home() else {
        return Err(format!(
            "{missing}, and the Rust toolchain {} was not installed by rustup; install your distribution's package \
             (Debian: libstd-rust-dev-wasm32; Fedora: rust-std-static-{TARGET}), or install rustup (https://rustup.rs) \
             and run: rustup target add {TARGET}",
            toolchain.sysroot.display()
        ));
    };
    let remedy = command(toolchain);
    let Some(rustup) = program() else {
        return Err(format!("{missing}, and rustup is not in PATH; run: {remedy}"));
    };
    let mut adding = Command::new(&rustup);
    adding
        .args(["target", "add", TARGET, "--toolchain", &toolchain.name()])
        // The folder that has this toolchain, even if the environment names another.
        .env("RUSTUP_HOME", home)
        // A backtrace would hide the error.
        .env_remove("RUST_BACKTRACE");
    say::line(&format!("adding the target {TARGET} to the Rust toolchain {}", toolchain.name()));
    match run(adding, LIMIT) {
        Ok(Ended::Succeeded) => Ok(()),
        Ok(Ended::Failed(error)) => {
            Err(format!("{missing}, and rustup could not add it ({error}); run: {remedy}"))
        }
        Ok(Ended::TimedOut) => Err(format!(
            "{missing}, and rustup did not add it within {} s; run: {remedy}",
            LIMIT.as_secs()
        )),
        Err(error) => Err(format!(
            "{missing}, and {} cannot be run ({error}); run: {remedy}",
            rustup.display()
        )),
    }
}

/// Finds rustup in `PATH`, or in the folder where it installs itself.
fn program() -> Option<PathBuf> {
    let file = format!("rustup{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    let own = cargo.into_iter().chain(home).map(|folder| folder.join("bin"));
    std::env::split_paths(&path).chain(own).map(|folder| folder.join(&file)).find(|it| it.is_file())
}
