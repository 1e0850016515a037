//! The part of `tools/release/build` that reads WebAssembly: compares two components, and writes what is released with
//! one.
//!
//! ```text
//! component ── sections, sums ──► the same bytes twice, or the first difference
//! component, tree ──► describe, sbom, packed ──► files of a release ──► sums
//! component, program ── inside ──► whether the program contains it
//! ```
//!
//! Everything written depends only on the commit and the component: not on the current time, random numbers
//! or local paths.

mod crates;
mod describe;
mod inside;
mod packed;
mod sbom;
mod sections;
mod sums;

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: release-tools compare ONE.wasm OTHER.wasm       fail, and name the first section that differs
       release-tools write COMPONENT.wasm TREE OUT COMMIT TIME
                                                       write everything released with the component of TREE to OUT
       release-tools inside COMPONENT.wasm PROGRAM     fail unless PROGRAM contains exactly that component";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["compare", one, other] => compare(Path::new(one), Path::new(other)),
        ["write", component, tree, out, commit, time] => {
            write(Path::new(component), Path::new(tree), Path::new(out), commit, time)
        }
        ["--version"] => {
            println!("release-tools {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        ["inside", component, program] => inside(Path::new(component), Path::new(program)),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn compare(one: &Path, other: &Path) -> Result<()> {
    let (one, other) = (read(one)?, read(other)?);
    println!("sha256 {}", sums::sha256(&one));
    if let Some(difference) = sections::first_difference(&one, &other)? {
        bail!("the two builds differ: {difference}");
    }
    Ok(())
}

fn write(component: &Path, tree: &Path, out: &Path, commit: &str, time: &str) -> Result<()> {
    let wasm = read(component)?;
    fs::write(out.join(NAME), &wasm)?;
    let cargo = component.parent().context("the component has no parent folder")?.join("deps");
    let parts = crates::parts(tree)?;
    crates::agrees_with_build(&parts, &cargo)?;
    fs::write(out.join("sbom.cdx.json"), sbom::document(&parts, &wasm, tree, time)?)?;
    fs::write(out.join("component.txt"), describe::component(&wasm, commit, time)?)?;
    fs::write(out.join("etl-connector.wasm"), packed::package(&tree.join("wit"))?)?;
    fs::write(out.join("SHA256SUMS"), sums::folder(out)?)?;
    Ok(())
}

fn inside(component: &Path, program: &Path) -> Result<()> {
    ensure!(
        inside::holds(&read(program)?, &read(component)?),
        "{} does not contain the component that was built here",
        program.display()
    );
    Ok(())
}

/// Name of the component in the release folder, as cargo names it.
const NAME: &str = "buildkite_audit_logs.wasm";

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
