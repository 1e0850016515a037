//! The modules of the core stand in an order: each uses only those above it, as `src/lib.rs` says.

use std::path::Path;

#[test]
fn a_module_uses_only_those_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |name: &str| std::fs::read_to_string(src.join(name)).expect("a module");
    let list = read("lib.rs");
    let modules: Vec<&str> = list
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let mut used = Vec::new();
    for (at, user) in modules.iter().enumerate() {
        let text = read(&format!("{user}.rs"));
        // Tests may look anywhere, and so may words.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| line.contains("crate::")) {
            let is_used = |name: &str| {
                let path = format!("crate::{name}");
                let end = line.split(&path).nth(1).map(|rest| rest.chars().next());
                end.is_some_and(|end| !end.is_some_and(|c| c.is_alphanumeric() || c == '_'))
            };
            let below = modules[at + 1..].iter().filter(|name| is_used(name));
            used.extend(below.map(|name| (*user, *name)));
        }
    }
    assert!(modules.len() > 30, "{modules:?}");
    assert_eq!(used, Vec::<(&str, &str)>::new());
}
