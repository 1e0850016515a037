//! The contract as a WIT package in binary form, the one that registries take.

use anyhow::Result;
use std::path::Path;
use wasm_encoder::{ComponentSection, CustomSection};
use wit_parser::Resolve;

/// What registries show of the package, by the custom sections that `wkg` turns into annotations.
const ANNOTATIONS: [(&str, &str); 2] = [
    ("description", "An incremental source of events: configure, read-batch, checkpoint"),
    ("licenses", "Apache-2.0"),
];

/// Packs the WIT of a folder with all that it uses.
///
/// # Errors
///
/// A WIT file with a mistake.
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
