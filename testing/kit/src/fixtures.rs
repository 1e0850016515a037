//! Plays the fixtures of this repository.

use std::path::{Path, PathBuf};

use crate::script::{Player, play};

/// Returns every fixture, in order.
fn all() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    files.sort();
    assert!(files.len() >= 10, "the fixtures are missing");
    files
}

/// Plays every fixture and compares the texts. With `BLESS=1` in the environment, the fixtures are rewritten instead.
pub fn play_all(mut player: impl FnMut() -> Box<dyn Player>) {
    let bless = std::env::var("BLESS").is_ok_and(|value| value == "1");
    for path in all() {
        let text = std::fs::read_to_string(&path).expect("a fixture");
        let played = play(&text, player().as_mut());
        if bless {
            std::fs::write(&path, played).expect("a fixture is written");
            continue;
        }
        let differs = text.lines().zip(played.lines()).find(|(wanted, got)| wanted != got);
        assert!(differs.is_none(), "{}: {differs:#?}", path.display());
        assert_eq!(text.lines().count(), played.lines().count(), "{}", path.display());
    }
}
