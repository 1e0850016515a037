//! Writes `component.txt` and `transform.txt`: the imports, exports and producers of a component, read from its bytes.

use crate::sums::sha256;
use anyhow::Result;
use std::fmt::Write;
use wasmparser::{KnownCustom, Parser, Payload};
use wit_component::{DecodedWasm, OutputToString, WitPrinter};
use wit_parser::PackageId;

/// Returns the text about a component with this file name.
///
/// # Errors
///
/// Returns an error if the bytes are not a component.
pub fn component(name: &str, wasm: &[u8], commit: &str, time: &str) -> Result<String> {
    let mut text =
        format!("{name}\n{} bytes\nsha256 {}\ncommit {commit}, {time}\n", wasm.len(), sha256(wasm));
    text += "\n== producers\n\n";
    text += &producers(wasm)?;
    text += "\n== imports and exports (WIT)\n\n";
    text += &interface(wasm)?;
    Ok(text)
}

/// Returns the world of the component, and the packages that it exports from. The WASI packages are in `wit/`.
fn interface(wasm: &[u8]) -> Result<String> {
    let decoded = wit_component::decode(wasm)?;
    let (resolve, main) = (decoded.resolve(), decoded.package());
    let exported: Vec<PackageId> = match &decoded {
        DecodedWasm::WitPackage(..) => Vec::new(),
        DecodedWasm::Component(resolve, world) => resolve.worlds[*world]
            .exports
            .values()
            .filter_map(|item| match item {
                wit_parser::WorldItem::Interface { id, .. } => resolve.interfaces[*id].package,
                _ => None,
            })
            .collect(),
    };
    let mut printer = WitPrinter::new(OutputToString::default());
    printer.print(resolve, main, &exported)?;
    Ok(printer.output.to_string())
}

/// Returns the producers of the component and of each module in it, deepest first, in file order.
fn producers(wasm: &[u8]) -> Result<String> {
    let mut text = String::new();
    let mut open = vec!["component"];
    let mut modules = ["the code", "shim of wit-component", "fixup of wit-component"].into_iter();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ModuleSection { .. } => open.push(modules.next().unwrap_or("a module")),
            Payload::ComponentSection { .. } => open.push("a component within"),
            Payload::End(_) => _ = open.pop(),
            Payload::CustomSection(custom) => {
                let KnownCustom::Producers(fields) = custom.as_known() else { continue };
                writeln!(text, "{}", open.last().unwrap_or(&"component"))?;
                for field in fields {
                    let field = field?;
                    for value in field.values {
                        let value = value?;
                        let made = format!("  {}: {} {}", field.name, value.name, value.version);
                        // A language often has no version.
                        writeln!(text, "{}", made.trim_end())?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(text)
}
