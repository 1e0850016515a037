//! Removes this machine's folders from the paths in panic messages, so that every machine builds the same component.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_target::TARGET;

/// Returns the value of `--config` that removes the folders. It adds to the flags in `.cargo/config.toml`.
pub fn remapped(root: &Path) -> String {
    let flags: Vec<String> = crates()
        .chain(standard_library(root))
        // A literal string in TOML cannot contain a quote, so such a path stays.
        .filter(|(from, _)| !from.contains('\''))
        .map(|(from, to)| format!("'--remap-path-prefix={from}/={to}'"))
        .collect();
    format!("target.{TARGET}.rustflags = [{}]", flags.join(", "))
}

/// Returns the folders into which cargo unpacks crates.
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

/// Returns the folder with the sources of the standard library, and its replacement. Rustc names that folder if
/// rustup's component `rust-src` is installed, and `/rustc/COMMIT` otherwise.
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
