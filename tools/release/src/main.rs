//! The part of `tools/release/build` that reads WebAssembly: compares two components, and writes what is released with
//! one.
//!
//! ```text
//! component ── sections, sums ──► the same bytes twice, or the first difference
//! components, tree ─► describe, sbom, packed ──► files of a release ──► sums
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
       release-tools write COMPONENT.wasm TRANSFORM.wasm TREE OUT COMMIT TIME
                                                       write everything released with these components of TREE to OUT
       release-tools inside COMPONENT.wasm PROGRAM     fail unless PROGRAM contains exactly that component";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["compare", one, other] => compare(Path::new(one), Path::new(other)),
        ["write", component, transform, tree, out, commit, time] => {
            let release = Release { tree: Path::new(tree), out: Path::new(out), commit, time };
            release.write(Path::new(component), Path::new(transform))
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

/// A release of a commit.
struct Release<'a> {
    /// Its sources.
    tree: &'a Path,
    /// The folder that is written.
    out: &'a Path,
    commit: &'a str,
    time: &'a str,
}

impl Release<'_> {
    fn write(&self, component: &Path, transform: &Path) -> Result<()> {
        self.component(component, "buildkite-audit-logs", ["component.txt", "sbom.cdx.json"])?;
        self.component(transform, "siem-transform", ["transform.txt", "transform.cdx.json"])?;
        let contract = packed::package(&self.tree.join("wit"))?;
        fs::write(self.out.join("etl-connector.wasm"), contract)?;
        fs::write(self.out.join("SHA256SUMS"), sums::folder(self.out)?)?;
        Ok(())
    }

    /// Writes a component, its description and its SBOM.
    fn component(&self, file: &Path, package: &str, [text, sbom]: [&str; 2]) -> Result<()> {
        let wasm = read(file)?;
        let name = file.file_name().context("the component has no file name")?;
        fs::write(self.out.join(name), &wasm)?;
        let cargo = file.parent().context("the component has no parent folder")?.join("deps");
        let parts = crates::parts(self.tree, package)?;
        crates::agrees_with_build(&parts, package, &cargo)?;
        let document = sbom::document(&parts, package, &wasm, self.tree, self.time)?;
        fs::write(self.out.join(sbom), document)?;
        let name = name.to_string_lossy();
        let description = describe::component(&name, &wasm, self.commit, self.time)?;
        fs::write(self.out.join(text), description)?;
        Ok(())
    }
}

fn inside(component: &Path, program: &Path) -> Result<()> {
    ensure!(
        inside::holds(&read(program)?, &read(component)?),
        "{} does not contain the component that was built here",
        program.display()
    );
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
