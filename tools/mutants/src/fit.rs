//! Tests that the planted bugs match the code: each snippet occurs in its file exactly once.

use crate::list::{HARMLESS, MUTANTS};

#[test]
fn every_mutant_matches_the_code() {
    for mutant in MUTANTS.iter().chain(HARMLESS.iter().map(|(mutant, _)| mutant)) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(mutant.file);
        let text = std::fs::read_to_string(&path).expect("a file of the core");
        let count = text.matches(mutant.right).count();
        assert_eq!(count, 1, "{}: {:?} in {}", mutant.name, mutant.right, mutant.file);
        assert_ne!(mutant.right, mutant.wrong, "{}", mutant.name);
    }
}
