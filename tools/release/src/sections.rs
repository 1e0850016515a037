//! Compares the sections of two components and of the modules in them.

use anyhow::Result;
use wasmparser::{Parser, Payload};

/// Describes where two components first differ, or returns `None` if they are equal byte for byte.
///
/// # Errors
///
/// Returns an error if they differ and one of them is not WebAssembly.
pub fn first_difference(one: &[u8], other: &[u8]) -> Result<Option<String>> {
    if one == other {
        return Ok(None);
    }
    let (sections, others) = (sections(one)?, sections(other)?);
    let mut pairs = sections.iter().zip(&others);
    let sizes = format!("{} and {} bytes", one.len(), other.len());
    Ok(Some(match pairs.find(|(section, other)| section != other) {
        Some((section, other)) => {
            let place = section.bytes.iter().zip(other.bytes).take_while(|(a, b)| a == b).count();
            format!(
                "first in section {}, {sizes}:\n  {}\n  {}",
                section.name,
                around(section.bytes, place),
                around(other.bytes, place)
            )
        }
        // One has more sections, or only the bytes between sections differ.
        None => format!("{} and {} sections, {sizes}", sections.len(), others.len()),
    }))
}

#[derive(PartialEq)]
struct Section<'a> {
    name: String,
    bytes: &'a [u8],
}

/// Returns the sections that contain no other sections, in file order.
fn sections(wasm: &[u8]) -> Result<Vec<Section<'_>>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let name = match &payload {
            // Skipped: the sections inside follow, and are more specific.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => continue,
            Payload::CustomSection(custom) => format!("{:?} (custom)", custom.name()),
            Payload::CodeSectionStart { .. } => "code".to_owned(),
            Payload::DataSection(_) => "data".to_owned(),
            other => match other.as_section() {
                Some((id, _)) => id.to_string(),
                None => continue,
            },
        };
        let Some((_, range)) = payload.as_section() else { continue };
        let bytes = wasm.get(range.start as usize..range.end as usize).unwrap_or_default();
        found.push(Section { name, bytes });
    }
    Ok(found)
}

/// Returns the text around a position. Most differences are a path, a name or a version.
fn around(bytes: &[u8], place: usize) -> String {
    let (start, end) = (place.saturating_sub(40), bytes.len().min(place + 40));
    let shown = bytes.get(start..end).unwrap_or_default();
    shown.iter().map(|&byte| if byte.is_ascii_graphic() { byte as char } else { '.' }).collect()
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    /// Returns a core module with one custom section, `note`.
    fn module(text: &str) -> Vec<u8> {
        let size = [0, 5 + text.len() as u8, 4];
        [b"\0asm\x01\0\0\0", &size[..], b"note", text.as_bytes()].concat()
    }

    #[test]
    fn equal_components_have_no_difference() {
        assert_eq!(first_difference(&module("a"), &module("a")).unwrap(), None);
    }

    #[test]
    fn a_difference_names_its_section_and_shows_its_text() {
        let difference =
            first_difference(&module("/home/one"), &module("/home/three")).unwrap().unwrap();
        assert_eq!(
            difference,
            "first in section \"note\" (custom), 24 and 26 bytes:\n  .note/home/one\n  .note/home/three"
        );
    }

    #[test]
    fn an_additional_section_is_a_difference() {
        let longer = [module("a"), module("b")[8..].to_vec()].concat();
        let difference = first_difference(&module("a"), &longer).unwrap().unwrap();
        assert_eq!(difference, "1 and 2 sections, 16 and 24 bytes");
    }
}
