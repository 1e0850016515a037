//! The half of `tools/release/build` that looks into WebAssembly: compares two components, and writes what goes with one.
//!
//! Everything that is written depends on the commit and the component alone: no time of the day, no random number, no
//! path of the machine.

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
usage: release-tools compare ONE.wasm OTHER.wasm       fails with the first section in which they differ
       release-tools write COMPONENT.wasm TREE OUT COMMIT TIME
                                                       OUT: all that goes with the component of the sources TREE
       release-tools inside COMPONENT.wasm PROGRAM     fails unless PROGRAM holds exactly that component";

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
    let cargo = component.parent().context("a component lies in a folder")?.join("deps");
    let parts = sbom::parts(tree)?;
    sbom::agrees_with_build(&parts, &cargo)?;
    fs::write(out.join("sbom.cdx.json"), sbom::document(&parts, &wasm, tree, time)?)?;
    fs::write(out.join("component.txt"), describe::component(&wasm, commit, time)?)?;
    fs::write(out.join("etl-connector.wasm"), packed::package(&tree.join("wit"))?)?;
    fs::write(out.join("SHA256SUMS"), sums::folder(out)?)?;
    Ok(())
}

fn inside(component: &Path, program: &Path) -> Result<()> {
    ensure!(
        inside::holds(&read(program)?, &read(component)?),
        "{} does not hold the component that was built here",
        program.display()
    );
    Ok(())
}

/// Name of the component in the release folder, the one that cargo gives it.
const NAME: &str = "buildkite_audit_logs.wasm";

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
