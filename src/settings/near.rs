//! Suggests the known name that an unknown one resembles.

/// Maximum number of edits for a suggestion. A worse guess would only confuse.
const STEPS_MAX: usize = 4;

/// Returns what to do about an unknown name.
pub fn hint(name: &str, known: &[&str]) -> String {
    let near = known.iter().map(|known| (distance(known, name), *known)).min();
    match near {
        Some((..=STEPS_MAX, known)) => ["did you mean ", known, "?"].concat(),
        _ => ["valid names are ", &known.join(", ")].concat(),
    }
}

/// Returns the number of edits that turn one name into the other (Levenshtein distance).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (down, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = down + 1;
        for (across, b) in other.chars().enumerate() {
            let step = (corner + usize::from(a != b)).min(row[across] + 1).min(row[across + 1] + 1);
            corner = std::mem::replace(&mut row[across + 1], step);
        }
    }
    row.last().copied().unwrap_or(0)
}
