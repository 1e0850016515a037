//! Writes the software bill of materials in CycloneDX: each crate in the component, with version, licence and checksum.
//!
//! Uses `cargo tree` instead of `cargo cyclonedx`, which reads `cargo metadata`. That has the features of the whole
//! workspace (serde_json with the host's `preserve_order`, hence indexmap and hashbrown, none of which is in the
//! component), and includes the crates of macros (syn, wit-parser), which run only during the build: 47 crates where 14
//! are linked. The crates found are compared with those that rustc compiled for the component.

use crate::sums::sha256;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const PACKAGE: &str = "buildkite-audit-logs";
const TARGET: &str = "wasm32-unknown-unknown";

/// A crate: its licence, its repository, and the crates it uses.
#[derive(Default)]
pub struct Part {
    licence: String,
    repository: String,
    uses: BTreeSet<Key>,
}

/// Name and version.
type Key = (String, String);

/// The crates of the component, including itself.
pub type Parts = BTreeMap<Key, Part>;

/// Returns the crates that cargo lists.
///
/// # Errors
///
/// Returns an error if cargo fails or its output has an unknown format.
pub fn parts(tree: &Path) -> Result<Parts> {
    parse(&run(
        tree,
        "cargo",
        &[
            "tree",
            "--locked",
            "--no-dedupe",
            "--package",
            PACKAGE,
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
        let part = parts.entry(key.clone()).or_default();
        part.licence = fields.next().with_context(form)?.to_owned();
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
pub fn agrees_with_build(parts: &Parts, folder: &Path) -> Result<()> {
    let mut compiled = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let stem = file.strip_prefix("lib").and_then(|file| file.strip_suffix(".rlib"));
        compiled
            .extend(stem.and_then(|stem| stem.rsplit_once('-')).map(|(name, _)| name.to_owned()));
    }
    let listed: BTreeSet<String> = parts
        .keys()
        .filter(|(name, _)| name != PACKAGE)
        .map(|(name, _)| name.replace('-', "_"))
        .collect();
    ensure!(listed == compiled, "the SBOM lists {listed:?}, but rustc compiled {compiled:?}");
    Ok(())
}

/// Returns the document: CycloneDX 1.6 as JSON. It has no serial number, so that the same component has the same
/// document.
///
/// # Errors
///
/// Returns an error if `Cargo.lock` lacks a crate, or if rustc does not print its version.
pub fn document(parts: &Parts, wasm: &[u8], tree: &Path, time: &str) -> Result<String> {
    let lock = std::fs::read_to_string(tree.join("Cargo.lock"))?;
    let (itself, version) = parts
        .keys()
        .find(|(name, _)| name == PACKAGE)
        .context("cargo tree does not list the component's own package")?;
    let rust = run(tree, "rustc", &["--version"])?;
    let rust = rust.split(' ').nth(1).context("rustc does not print its version")?;
    let mut components = vec![standard_library(rust)];
    for (key, part) in parts.iter().filter(|((name, _), _)| name != PACKAGE) {
        components.push(component(key, part, checksum(&lock, key)?));
    }
    let mut uses: Vec<Value> = parts
        .iter()
        .map(|(key, part)| {
            let mut on: Vec<String> = part.uses.iter().map(reference).collect();
            on.push(standard_reference(rust));
            json!({"ref": reference(key), "dependsOn": on})
        })
        .collect();
    uses.push(json!({"ref": standard_reference(rust), "dependsOn": []}));
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            // The time of the commit.
            "timestamp": time,
            "tools": {"components": [{"type": "application", "name": "rustc", "version": rust}]},
            "component": {
                "type": "library",
                "bom-ref": reference(&(itself.clone(), version.clone())),
                "name": itself,
                "version": version,
                "description": "WebAssembly component, built for wasm32-unknown-unknown",
                "hashes": [{"alg": "SHA-256", "content": sha256(wasm)}],
                "licenses": [{"expression": parts[&(itself.clone(), version.clone())].licence}],
                "purl": reference(&(itself.clone(), version.clone())),
            },
        },
        "components": components,
        "dependencies": uses,
    });
    Ok(format!("{document:#}\n"))
}

fn component(key: &Key, part: &Part, checksum: &str) -> Value {
    // A crate need not name its repository.
    let sources = Some(&part.repository).filter(|address| !address.is_empty());
    let sources: Vec<Value> =
        sources.map(|address| json!({"type": "vcs", "url": address})).into_iter().collect();
    json!({
        "type": "library",
        "bom-ref": reference(key),
        "name": key.0,
        "version": key.1,
        "scope": "required",
        // The hash of the crate on crates.io.
        "hashes": [{"alg": "SHA-256", "content": checksum}],
        "licenses": [{"expression": part.licence}],
        "purl": reference(key),
        "externalReferences": sources,
    })
}

/// Returns the entry for `core`, `alloc` and `std`, which come with the compiler.
fn standard_library(rust: &str) -> Value {
    json!({
        "type": "library",
        "bom-ref": standard_reference(rust),
        "name": "rust-std",
        "version": rust,
        "scope": "required",
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "purl": standard_reference(rust),
        "externalReferences": [{"type": "vcs", "url": "https://github.com/rust-lang/rust"}],
    })
}

fn standard_reference(rust: &str) -> String {
    format!("pkg:github/rust-lang/rust@{rust}#library/std")
}

fn reference((name, version): &Key) -> String {
    format!("pkg:cargo/{name}@{version}")
}

fn checksum<'a>(lock: &'a str, (name, version): &Key) -> Result<&'a str> {
    let head = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    let entry = lock.split("[[package]]\n").find(|entry| entry.starts_with(&head));
    let sum = entry.and_then(|entry| entry.split_once("\nchecksum = \""));
    let sum = sum.and_then(|(_, rest)| rest.split_once('"'));
    sum.map(|(sum, _)| sum).with_context(|| format!("Cargo.lock has no checksum for {name}"))
}

fn run(tree: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).current_dir(tree).args(arguments).output()?;
    ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::{checksum, parse};

    const TREE: &str = "\
0 buildkite-audit-logs v0.1.0 (/somewhere)|Apache-2.0|
1 serde_json v1.0.1|MIT OR Apache-2.0|https://example.org/json
2 itoa v1.0.2|MIT|
1 talc v5.0.0|MIT|https://example.org/talc
";

    fn key(name: &str, version: &str) -> (String, String) {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn a_crate_is_used_by_the_one_it_is_listed_under() {
        let parts = parse(TREE).unwrap();
        let uses = |name, version| parts[&key(name, version)].uses.iter().collect::<Vec<_>>();
        let top = uses("buildkite-audit-logs", "0.1.0");
        assert_eq!(top, [&key("serde_json", "1.0.1"), &key("talc", "5.0.0")]);
        assert_eq!(uses("serde_json", "1.0.1"), [&key("itoa", "1.0.2")]);
        assert_eq!(parts[&key("talc", "5.0.0")].licence, "MIT");
    }

    #[test]
    fn an_unknown_format_is_refused() {
        assert!(parse("serde v1.0.0|MIT|").is_err());
    }

    #[test]
    fn a_checksum_belongs_to_the_version() {
        let lock = "[[package]]\nname = \"syn\"\nversion = \"2.0.0\"\nchecksum = \"aa\"\n\n\
                    [[package]]\nname = \"syn\"\nversion = \"3.0.0\"\nchecksum = \"bb\"\n";
        assert_eq!(checksum(lock, &key("syn", "3.0.0")).unwrap(), "bb");
        assert!(checksum(lock, &key("syn", "4.0.0")).is_err());
    }
}
