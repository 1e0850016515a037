//! Tests that no crate of this workspace has an import cycle between its files, so that each file can be read after the
//! ones it uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Uses = BTreeMap<String, BTreeSet<String>>;

/// Finds every Rust file and every manifest, except generated and installed ones.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && !["target", "node_modules"].contains(&name) {
                files(&path, found);
            }
        } else if name == "Cargo.toml" || name.ends_with(".rs") {
            found.push(path);
        }
    }
}

/// Returns the path of a file's module within its crate.
fn module(src: &Path, file: &Path) -> String {
    let inner = file.strip_prefix(src).expect("a file of the crate").with_extension("");
    let names = inner.iter().map(|name| name.to_string_lossy().into_owned());
    let names = names.filter(|name| !["mod", "lib", "main"].contains(&name.as_str()));
    ["crate".to_owned()].into_iter().chain(names).collect::<Vec<_>>().join("::")
}

/// Returns every path in a text that starts with this word, made absolute. A path with a group in braces at its end
/// stands for one path per name in the group.
fn paths(code: &str, word: &str, base: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let mut found = Vec::new();
    for (at, _) in code.match_indices(word) {
        if code[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_') {
            continue;
        }
        let rest = &code[at + word.len()..];
        let (path, rest) = rest.split_at(rest.find(|l| !is_part(l)).unwrap_or(rest.len()));
        let path = format!("{base}::{path}").trim_end_matches(':').to_owned();
        let group = rest.strip_prefix('{').and_then(|group| group.split(';').next());
        let names = group.unwrap_or_default().split([',', '{', '}']).map(str::trim);
        found.extend(names.filter(|name| !name.is_empty()).map(|name| format!("{path}::{name}")));
        found.push(path);
    }
    found
}

fn uses(src: &Path, files: &[PathBuf]) -> Uses {
    let found: Vec<_> = files.iter().filter(|file| file.starts_with(src)).collect();
    let modules: BTreeSet<String> = found.iter().map(|file| module(src, file)).collect();
    let mut uses = Uses::new();
    for file in found {
        let own = module(src, file);
        let text = std::fs::read_to_string(file).expect("a file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<&str> =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let above = own.rsplit_once("::").map_or("crate", |(above, _)| above);
        let mut all = paths(&code, "crate::", "crate");
        all.extend(paths(&code, "super::", above));
        for path in all {
            let mut name = path.as_str();
            // The longest prefix of the path that is a file's module.
            while !modules.contains(name) {
                let Some((shorter, _)) = name.rsplit_once("::") else { break };
                name = shorter;
            }
            if name != own && name != "crate" && modules.contains(name) {
                uses.entry(own.clone()).or_default().insert(name.to_owned());
            }
        }
    }
    uses
}

/// Returns a path from a module back to itself, if there is one.
fn circle(uses: &Uses, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop() {
        for next in uses.get(way.last()?).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push([way.clone(), vec![next.clone()]].concat());
            }
        }
    }
    None
}

#[test]
fn no_crate_has_an_import_cycle() {
    let mut found = Vec::new();
    files(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
    let crates = found.iter().filter(|file| file.ends_with("Cargo.toml"));
    let mut number = 0;
    for src in crates.filter_map(|manifest| Some(manifest.parent()?.join("src"))) {
        let uses = uses(&src, &found);
        let circles: Vec<_> = uses.keys().filter_map(|module| circle(&uses, module)).collect();
        assert_eq!(circles, Vec::<Vec<String>>::new(), "{}", src.display());
        number += usize::from(uses.len() > 2);
    }
    assert!(number > 7, "{number} crates with several files");
}
