//! Tests that every file that `docs/architecture.md` names exists.

use std::path::Path;

#[test]
fn every_file_that_the_architecture_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).expect("the page");
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "/_-.".contains(letter);
    let names: Vec<&str> = page.split(|letter| !is_part(letter)).collect();
    let files = names.iter().filter(|name| name.ends_with(".rs") && name.contains('/'));
    let files: Vec<_> = files.map(|name| name.trim_start_matches("../")).collect();
    assert!(files.len() > 10, "{files:?}");
    let folders = ["", "src", "host-test/src"];
    let is_there = |name: &str| folders.iter().any(|folder| root.join(folder).join(name).exists());
    let missing: Vec<_> = files.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
