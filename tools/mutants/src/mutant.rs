//! A bug: one place in the core, rewritten wrongly.

/// A bug to plant.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// What goes wrong.
    pub name: &'static str,
    /// The file, relative to the root of the repository.
    pub file: &'static str,
    /// The code to replace, which occurs exactly once in the file.
    pub right: &'static str,
    /// The code that replaces it.
    pub wrong: &'static str,
}

/// Returns an entry of the list.
pub const fn mutant(
    name: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
) -> Mutant {
    Mutant { name, file, right, wrong }
}
