//! Tests that every relative link of a Markdown page leads to a file, and every anchor to a heading.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// Returns the pages that git tracks or, without git, those at the root and in `docs`.
fn pages(root: &Path) -> Vec<PathBuf> {
    let listed = Command::new("git").current_dir(root).args(["ls-files", "*.md"]).output();
    let listed = listed.ok().filter(|output| output.status.success() && !output.stdout.is_empty());
    if let Some(output) = listed {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        return text.lines().map(|line| root.join(line)).collect();
    }
    let folders = [root.to_owned(), root.join("docs")];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

/// Returns the text without code blocks, whose brackets are not links.
fn prose(page: &Path) -> String {
    let text = std::fs::read_to_string(page).expect("a page");
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the targets of `[text](target)`.
fn targets(text: &str) -> Vec<&str> {
    let ends = text.match_indices("](").map(|(at, mark)| &text[at + mark.len()..]);
    ends.filter_map(|rest| rest.split(')').next()).collect()
}

/// Returns the anchors of a page's headings, as GitHub generates them.
fn anchors(page: &Path) -> BTreeSet<String> {
    let text = prose(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
            kept.map(|it| if it == ' ' { '-' } else { it }).collect()
        })
        .collect()
}

fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = pages(root);
    assert!(pages.len() >= 12, "{pages:?}");
    let mut broken = Vec::new();
    let mut seen = 0;
    for page in &pages {
        for target in targets(&prose(page)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let to = if file.is_empty() {
                page.clone()
            } else {
                normal(&page.parent().expect("a folder").join(file))
            };
            let has_anchor = anchor.is_empty()
                || to.extension().is_none_or(|end| end != "md")
                || to.is_file() && anchors(&to).contains(anchor);
            if !to.exists() || !has_anchor {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(seen > 20, "{seen} links");
    assert_eq!(broken, Vec::<String>::new());
}
