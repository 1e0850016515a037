//! A bug, as one place of the core written wrongly.

/// A bug to plant.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// What is wrong then.
    pub name: &'static str,
    /// The file, from the root of the repository.
    pub file: &'static str,
    /// What stands there, exactly once.
    pub right: &'static str,
    /// What takes its place.
    pub wrong: &'static str,
}

/// Makes an entry of the list.
pub const fn mutant(
    name: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
) -> Mutant {
    Mutant { name, file, right, wrong }
}
