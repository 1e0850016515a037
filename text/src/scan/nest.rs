//! The lists and objects around a place in JSON: a bit each, so that deep nesting needs neither much memory nor
//! recursion.

/// Number of levels in one word.
const WORD: usize = 64;

/// What is open, innermost last.
#[derive(Default)]
pub struct Nest {
    depth: usize,
    /// The innermost levels. The lowest bit is the last one: whether it is an object.
    bits: u64,
    /// Full words further out.
    outer: Vec<u64>,
}

impl Nest {
    /// Returns how many are open.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Returns whether the innermost one is an object.
    pub fn is_object(&self) -> bool {
        self.bits & 1 == 1
    }

    /// Opens a list or an object.
    pub fn open(&mut self, is_object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(WORD) {
            self.outer.push(self.bits);
        }
        self.bits = self.bits << 1 | u64::from(is_object);
        self.depth += 1;
    }

    /// Closes the innermost one.
    pub fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.bits >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(WORD) {
            self.bits = self.outer.pop().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_remembered() {
        let mut nest = Nest::default();
        let is_object = |level: usize| level.is_multiple_of(3) || level % 64 == 1;
        for level in 0..1_000 {
            nest.open(is_object(level));
            assert_eq!((nest.depth(), nest.is_object()), (level + 1, is_object(level)));
        }
        for level in (0..1_000).rev() {
            assert_eq!((nest.depth(), nest.is_object()), (level + 1, is_object(level)));
            nest.close();
        }
        assert_eq!(nest.depth(), 0);
    }
}
