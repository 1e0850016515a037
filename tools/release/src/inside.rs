//! Checks whether a program contains a component. A host that includes one contains its bytes unchanged.

/// Returns whether `program` contains `part`, which must not be empty.
pub fn holds(program: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && memchr::memmem::find(program, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn only_the_whole_part_counts() {
        assert!(holds(b"..abc..", b"abc"));
        assert!(!holds(b"..ab.c.", b"abc"));
        assert!(!holds(b"..abc..", b""));
    }
}
