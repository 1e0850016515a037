//! UUIDs as text.

/// Parses a uuid in its usual form: 36 characters, hexadecimal with four hyphens.
pub fn parse_uuid(text: &str) -> Option<u128> {
    let hyphens = [8, 13, 18, 23];
    let shape = |(at, byte): (usize, &u8)| match hyphens.contains(&at) {
        true => *byte == b'-',
        false => byte.is_ascii_hexdigit(),
    };
    if text.len() != 36 || !text.as_bytes().iter().enumerate().all(shape) {
        return None;
    }
    let digits = text.bytes().filter(|byte| *byte != b'-');
    Some(
        digits.fold(0, |uuid, digit| {
            uuid << 4 | u128::from((digit as char).to_digit(16).unwrap_or(0))
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_are_parsed() {
        assert_eq!(parse_uuid("00000000-0000-0000-0000-00000000001F"), Some(31));
        assert_eq!(parse_uuid("000000000000-0000-0000-00000000001F-"), None);
        assert_eq!(parse_uuid("\u{e9}0000000-0000-0000-0000-00000000001"), None);
    }
}
