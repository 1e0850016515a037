//! What a record begins with: everything that depends only on the settings and the type of the event. It is written once
//! for each type, and copied from then on.

/// Maximum number of types that are remembered. Buildkite has fewer than 200; a source that has more is only slower.
const TYPES_MAX: usize = 1_000;

/// The beginnings of records, each with its type, in the order of types.
#[derive(Debug)]
pub struct Prefixes<P>(Vec<(String, P)>);

impl<P> Default for Prefixes<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P> Prefixes<P> {
    /// Returns the beginning for a type. `make` makes it if the type is new.
    pub fn of(&mut self, kind: &str, make: impl FnOnce() -> P) -> &P {
        let found = self.0.binary_search_by(|(known, _)| known.as_str().cmp(kind));
        let at = found.unwrap_or_else(|at| {
            let is_full = self.0.len() >= TYPES_MAX;
            if is_full {
                self.0.clear();
            }
            let at = if is_full { 0 } else { at };
            self.0.insert(at, (kind.to_owned(), make()));
            at
        });
        &self.0[at].1
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
            assert!(prefixes.0.len() <= TYPES_MAX && prefixes.0.is_sorted());
        }
    }
}
