//! The crates in the component, as cargo lists them and as rustc compiled them.
//!
//! Uses `cargo tree`, because `cargo metadata` lists 47 crates where 14 are linked: it unifies the features of the
//! whole workspace (the host's `preserve_order` of serde_json brings in indexmap and hashbrown), and includes the crates
//! of macros (syn, wit-parser), which run only during the build.

use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// A crate: its license, its repository, and the crates it uses.
#[derive(Default)]
pub struct Part {
    pub license: String,
    pub repository: String,
    /// Whether it is part of this repository.
    pub is_local: bool,
    pub uses: BTreeSet<Key>,
}

/// Name and version.
pub type Key = (String, String);

/// The crates of the component, including itself.
pub type Parts = BTreeMap<Key, Part>;

/// Returns the crates in a package's component, as cargo lists them.
///
/// # Errors
///
/// Returns an error if cargo fails or its output has an unknown format.
pub fn parts(tree: &Path, package: &str) -> Result<Parts> {
    parse(&run(
        tree,
        "cargo",
        &[
            "tree",
            "--locked",
            "--no-dedupe",
            "--package",
            package,
            "--target",
            TARGET,
            // Only crates that are linked, not those that run during the build.
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "depth",
            "--format",
            " {p}|{l}|{r}",
        ],
    )?)
}

fn parse(printed: &str) -> Result<Parts> {
    let mut parts = Parts::new();
    let mut above: Vec<Key> = Vec::new();
    for line in printed.lines() {
        let form = || format!("cargo tree printed a line in an unknown format: {line}");
        let (depth, rest) = line.split_once(' ').with_context(form)?;
        let depth: usize = depth.parse().with_context(form)?;
        let mut fields = rest.split('|');
        // `name v1.2.3`, followed by the folder for a local crate.
        let mut package = fields.next().with_context(form)?.split(' ');
        let name = package.next().with_context(form)?.to_owned();
        let version = package.next().and_then(|v| v.strip_prefix('v')).with_context(form)?;
        let key = (name, version.to_owned());
        above.truncate(depth);
        if let Some(user) = above.last().and_then(|user| parts.get_mut(user)) {
            user.uses.insert(key.clone());
        }
        let is_local = package.next().is_some_and(|rest| rest.starts_with("(/"));
        let part = parts.entry(key.clone()).or_default();
        part.is_local = is_local;
        part.license = fields.next().with_context(form)?.to_owned();
        part.repository = fields.next().with_context(form)?.to_owned();
        above.push(key);
    }
    Ok(parts)
}

/// Checks the crates against the libraries that rustc left in cargo's target folder.
///
/// # Errors
///
/// Returns an error if they differ.
pub fn agrees_with_build(parts: &Parts, package: &str, folder: &Path) -> Result<()> {
    let mut compiled = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let stem = file.strip_prefix("lib").and_then(|file| file.strip_suffix(".rlib"));
        compiled
            .extend(stem.and_then(|stem| stem.rsplit_once('-')).map(|(name, _)| name.to_owned()));
    }
    let listed: BTreeSet<String> = parts
        .keys()
        .filter(|(name, _)| name != package)
        .map(|(name, _)| name.replace('-', "_"))
        .collect();
    ensure!(listed == compiled, "the SBOM lists {listed:?}, but rustc compiled {compiled:?}");
    Ok(())
}

/// Runs a program and returns what it printed.
///
/// # Errors
///
/// Returns an error if it fails.
pub fn run(tree: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).current_dir(tree).args(arguments).output()?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::parse;

    const TREE: &str = "\
0 buildkite-audit-logs v0.1.0 (/somewhere)|Apache-2.0|
1 serde_json v1.0.1|MIT OR Apache-2.0|https://example.org/json
2 itoa v1.0.2|MIT|
1 talc v5.0.0|MIT|https://example.org/talc
1 source-token v0.1.0 (/somewhere/token)|Apache-2.0|
1 macro v1.0.0 (proc-macro)|MIT|
";

    fn key(name: &str, version: &str) -> (String, String) {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn a_crate_is_used_by_the_one_it_is_listed_under() {
        let parts = parse(TREE).unwrap();
        let uses = |name, version| parts[&key(name, version)].uses.iter().collect::<Vec<_>>();
        let top = uses("buildkite-audit-logs", "0.1.0");
        let names: Vec<_> = top.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["macro", "serde_json", "source-token", "talc"]);
        assert_eq!(uses("serde_json", "1.0.1"), [&key("itoa", "1.0.2")]);
        assert_eq!(parts[&key("talc", "5.0.0")].license, "MIT");
        let local = parts.iter().filter(|(_, part)| part.is_local).map(|((name, _), _)| name);
        assert_eq!(local.collect::<Vec<_>>(), ["buildkite-audit-logs", "source-token"]);
    }

    #[test]
    fn an_unknown_format_is_refused() {
        assert!(parse("serde v1.0.0|MIT|").is_err());
    }
}
