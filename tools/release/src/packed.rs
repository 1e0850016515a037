//! Encodes the contract as a binary WIT package, as registries expect it.

use anyhow::Result;
use std::path::Path;
use wasm_encoder::{ComponentSection, CustomSection};
use wit_parser::Resolve;

/// Custom sections that `wkg` turns into annotations, which registries show.
const ANNOTATIONS: [(&str, &str); 2] = [
    ("description", "An incremental source of events: configure, read-batch, checkpoint"),
    ("licenses", "Apache-2.0"),
];

/// Encodes the WIT of a folder with everything that it uses.
///
/// # Errors
///
/// Returns an error if a WIT file is invalid.
pub fn package(folder: &Path) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder)?;
    let mut bytes = wit_component::encode(&resolve, package)?;
    for (name, data) in ANNOTATIONS {
        CustomSection { name: name.into(), data: data.as_bytes().into() }
            .append_to_component(&mut bytes);
    }
    Ok(bytes)
}
