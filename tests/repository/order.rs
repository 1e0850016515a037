//! Tests that the folders and modules of the core are ordered: each uses only those above it, as `src/lib.rs` says.

use std::path::{Path, PathBuf};

/// A module with its path in the crate and its file.
struct Module {
    path: String,
    file: PathBuf,
}

/// Collects the modules that a file declares, those of each folder before the folder itself.
fn modules(file: &Path, path: &str, found: &mut Vec<Module>) {
    let text = std::fs::read_to_string(file).expect("a module");
    let names = text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .filter(|name| *name != "tests");
    let folder = match file.file_stem() {
        Some(stem) if stem != "mod" && stem != "lib" => file.with_extension(""),
        _ => file.parent().expect("a folder").to_owned(),
    };
    for name in names {
        let flat = folder.join(format!("{name}.rs"));
        let file = if flat.is_file() { flat } else { folder.join(name).join("mod.rs") };
        let path = format!("{path}::{name}");
        modules(&file, &path, found);
        found.push(Module { path, file });
    }
}

#[test]
fn a_module_uses_only_those_above_it() {
    let mut list = Vec::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"), "crate", &mut list);
    let mut used = Vec::new();
    for (at, user) in list.iter().enumerate() {
        let text = std::fs::read_to_string(&user.file).expect("a module");
        // Tests and comments may name any module.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| line.contains("crate::")) {
            let is_used = |module: &&Module| {
                let end = line.split(&module.path).nth(1).map(|rest| rest.chars().next());
                end.is_some_and(|end| !end.is_some_and(|c| c.is_alphanumeric() || c == '_'))
            };
            // The deepest module that the line names. A folder is below its own modules.
            let named = list.iter().enumerate().filter(|(_, module)| is_used(module));
            let named = named.max_by_key(|(_, module)| module.path.len());
            if let Some((_, below)) = named.filter(|(place, _)| *place > at) {
                used.push(format!("{} uses {}", user.path, below.path));
            }
        }
    }
    assert!(list.len() > 40, "{} modules", list.len());
    assert_eq!(used, Vec::<String>::new());
}
