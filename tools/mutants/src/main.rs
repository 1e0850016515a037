//! Plants the bugs of `list.rs` one by one in a copy of this repository, and reports which of them the simulation
//! finds. Fails if one survives. `SEEDS` sets the number of runs for each; an argument selects the mutants whose
//! names contain it.

#[cfg(test)]
mod fit;
mod list;
mod mutant;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use list::{HARMLESS, MUTANTS};
use mutant::Mutant;

/// Default number of runs for each mutant. Most are found within a hundred.
const SEEDS: &str = "5000";

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let place = root.join("target/mutants");
    let tree = place.join("tree");
    if tree.exists() {
        std::fs::remove_dir_all(&tree)?;
    }
    for name in sources(root)? {
        copy(&root.join(&name), &tree.join(&name))?;
    }
    let part = std::env::args().nth(1).unwrap_or_default();
    let chosen: Vec<&Mutant> =
        MUTANTS.iter().filter(|mutant| mutant.name.contains(&part)).collect();
    let mut survivors = Vec::new();
    for mutant in &chosen {
        let seed = find(&tree, &place.join("build"), mutant)?;
        println!("{}: {}", mutant.name, seed.as_deref().unwrap_or("SURVIVED"));
        if seed.is_none() {
            survivors.push(mutant.name);
        }
    }
    for (mutant, why) in HARMLESS {
        println!("{}: not planted, since no run can reveal it: {why}", mutant.name);
    }
    println!("{} planted, {} found", chosen.len(), chosen.len() - survivors.len());
    match survivors.is_empty() {
        true => Ok(()),
        false => Err(format!("not found: {}", survivors.join("; ")).into()),
    }
}

/// Plants a mutant and runs the simulation. Returns the first line of the first failure, or `None` if nothing failed.
fn find(tree: &Path, build: &Path, mutant: &Mutant) -> Result<Option<String>, Box<dyn Error>> {
    let path = tree.join(mutant.file);
    let right = std::fs::read_to_string(&path)?;
    std::fs::write(&path, right.replacen(mutant.right, mutant.wrong, 1))?;
    let compiled = simulate(tree, build, &["--no-run"])?;
    let ended = simulate(tree, build, &[])?;
    std::fs::write(&path, right)?;
    if !compiled.status.success() {
        let why = String::from_utf8_lossy(&compiled.stderr).into_owned();
        return Err(format!("{} does not compile:\n{why}", mutant.name).into());
    }
    if ended.status.success() {
        return Ok(None);
    }
    let output = String::from_utf8_lossy(&ended.stdout).into_owned()
        + &String::from_utf8_lossy(&ended.stderr);
    let line = output
        .lines()
        .find(|line| line.starts_with("seed ") || line.contains("occurred in fewer"))
        .unwrap_or("the test failed");
    Ok(Some(line.to_owned()))
}

fn simulate(tree: &Path, build: &Path, rest: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO"))
        .args(["test", "--locked", "--quiet", "--test", "simulation"])
        .args(rest)
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", build)
        .env("SEEDS", std::env::var("SEEDS").unwrap_or(SEEDS.to_owned()))
        .env_remove("SEED")
        .output()
}

/// Returns every file of the repository that git lists, including those not committed yet.
fn sources(root: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()?;
    let names = String::from_utf8(listed.stdout)?;
    let names: Vec<PathBuf> = names
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|name| root.join(name).is_file())
        .collect();
    match names.is_empty() {
        true => Err("git lists no files; run this in a git checkout".into()),
        false => Ok(names),
    }
}

/// Copies a file, and creates its parent folders.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(from, to).map(|_| ())
}
