//! Writes the software bill of materials in CycloneDX: each crate in the component, with version, license and checksum.
//! `cargo cyclonedx` would also list crates that are not in the component; see `crates.rs`.

use crate::crates::{Key, Part, Parts, run};
use crate::sums::sha256;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::Path;

/// Returns the document: CycloneDX 1.6 as JSON. It has no serial number, so that the same component has the same
/// document.
///
/// # Errors
///
/// Returns an error if `Cargo.lock` lacks a crate, or if rustc does not print its version.
pub fn document(
    parts: &Parts,
    package: &str,
    wasm: &[u8],
    tree: &Path,
    time: &str,
) -> Result<String> {
    let lock = std::fs::read_to_string(tree.join("Cargo.lock"))?;
    let (itself, version) = parts
        .keys()
        .find(|(name, _)| name == package)
        .context("cargo tree does not list the component's own package")?;
    let rust = run(tree, "rustc", &["--version"])?;
    let rust = rust.split(' ').nth(1).context("rustc does not print its version")?;
    let mut components = vec![standard_library(rust)];
    for (key, part) in parts.iter().filter(|((name, _), _)| name != package) {
        // A crate of this repository has no checksum, because it is not in a registry.
        let sum = if part.is_local { None } else { Some(checksum(&lock, key)?) };
        components.push(component(key, part, sum));
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
                "licenses": [{"expression": parts[&(itself.clone(), version.clone())].license}],
                "purl": reference(&(itself.clone(), version.clone())),
            },
        },
        "components": components,
        "dependencies": uses,
    });
    Ok(format!("{document:#}\n"))
}

fn component(key: &Key, part: &Part, checksum: Option<&str>) -> Value {
    // A crate need not name its repository.
    let sources = Some(&part.repository).filter(|address| !address.is_empty());
    let sources: Vec<Value> =
        sources.map(|address| json!({"type": "vcs", "url": address})).into_iter().collect();
    // The hash of the crate on crates.io.
    let hashes = checksum.map(|sum| json!({"alg": "SHA-256", "content": sum}));
    let hashes: Vec<Value> = hashes.into_iter().collect();
    json!({
        "type": "library",
        "bom-ref": reference(key),
        "name": key.0,
        "version": key.1,
        "scope": "required",
        "hashes": hashes,
        "licenses": [{"expression": part.license}],
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

#[cfg(test)]
mod tests {
    use super::checksum;

    fn key(name: &str, version: &str) -> (String, String) {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn a_checksum_belongs_to_the_version() {
        let lock = "[[package]]\nname = \"syn\"\nversion = \"2.0.0\"\nchecksum = \"aa\"\n\n\
                    [[package]]\nname = \"syn\"\nversion = \"3.0.0\"\nchecksum = \"bb\"\n";
        assert_eq!(checksum(lock, &key("syn", "3.0.0")).unwrap(), "bb");
        assert!(checksum(lock, &key("syn", "4.0.0")).is_err());
    }
}
