//! Paths in panic messages. They name folders of this machine, and make the component larger where those are long.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_target::TARGET;

/// The `--config` that removes them. It adds to the flags of `.cargo/config.toml`.
pub fn remapped(root: &Path) -> String {
    let flags: Vec<String> = crates()
        .chain(standard_library(root))
        // TOML cannot quote such a path; it stays.
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

/// The sources of the standard library. Where rustup's component `rust-src` is installed, rustc names these; elsewhere it
/// names `/rustc/COMMIT`.
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
