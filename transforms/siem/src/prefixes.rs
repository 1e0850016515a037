//! What a record begins with: everything that depends only on the settings and the type of the event. It is written once
//! for each type, and copied from then on.

/// Maximum number of types that are remembered. Buildkite has fewer than 200; a source that has more is only slower.
const TYPES_MAX: usize = 1_000;

/// Maximum length of a type that is remembered, in bytes. Buildkite's take at most 50.
const TYPE_BYTES_MAX: usize = 256;

/// The beginnings of records, each with its type, in the order of types.
#[derive(Debug)]
pub struct Prefixes<P> {
    known: Vec<(String, P)>,
    /// That of the last type that is too long to be remembered.
    long: Option<P>,
}

impl<P> Default for Prefixes<P> {
    fn default() -> Self {
        Self { known: Vec::new(), long: None }
    }
}

impl<P> Prefixes<P> {
    /// Returns the beginning for a type. `make` makes it if the type is new.
    pub fn of(&mut self, kind: &str, make: impl FnOnce() -> P) -> &P {
        if kind.len() > TYPE_BYTES_MAX {
            return self.long.insert(make());
        }
        let found = self.known.binary_search_by(|(known, _)| known.as_str().cmp(kind));
        let at = found.unwrap_or_else(|at| {
            let is_full = self.known.len() >= TYPES_MAX;
            if is_full {
                self.known.clear();
            }
            let at = if is_full { 0 } else { at };
            self.known.insert(at, (kind.to_owned(), make()));
            at
        });
        &self.known[at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_made_once_and_too_many_are_forgotten() {
        let mut prefixes = Prefixes::default();
        let mut made = 0;
        for round in 1..=2 {
            for kind in ["b", "a", "c", ""] {
                assert_eq!(
                    *prefixes.of(kind, || {
                        made += 1;
                        kind.len()
                    }),
                    kind.len()
                );
            }
            assert_eq!(made, 4, "round {round}");
        }
        for number in 0..3 * TYPES_MAX {
            let kind = number.to_string();
            assert_eq!(*prefixes.of(&kind, || number), number);
            assert!(prefixes.known.len() <= TYPES_MAX && prefixes.known.is_sorted());
        }
        let long = "x".repeat(TYPE_BYTES_MAX + 1);
        assert_eq!(*prefixes.of(&long, || 7), 7);
        assert!(prefixes.known.iter().all(|(kind, _)| kind.len() <= TYPE_BYTES_MAX));
    }
}
