//! Base64 with padding (RFC 4648 section 4), for the packed uuids in a checkpoint. Written by hand, since even the
//! smallest crate for it takes 3 kB of the component.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes bytes as text.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = vec![b'='; bytes.len().div_ceil(3) * 4];
    let (groups, rest) = bytes.as_chunks::<3>();
    let (letters, _) = text.as_chunks_mut::<4>();
    for (group, out) in groups.iter().zip(letters.iter_mut()) {
        *out = letters_of(*group);
    }
    if let (Some(out), false) = (letters.last_mut(), rest.is_empty()) {
        let group = [0, 1, 2].map(|at| rest.get(at).copied().unwrap_or(0));
        out[..=rest.len()].copy_from_slice(&letters_of(group)[..=rest.len()]);
    }
    // ASCII letters are always valid UTF-8.
    String::from_utf8(text).unwrap_or_default()
}

fn letters_of([first, second, third]: [u8; 3]) -> [u8; 4] {
    let bits = u32::from_be_bytes([0, first, second, third]);
    [bits >> 18, bits >> 12, bits >> 6, bits].map(|bits| LETTERS[(bits & 63) as usize])
}

/// Decodes what [`encode`] wrote. Returns `None` for anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let padded = text.as_bytes();
    let letters = padded.strip_suffix(b"=").unwrap_or(padded);
    let letters = letters.strip_suffix(b"=").unwrap_or(letters);
    let mut bytes = Vec::with_capacity(padded.len() / 4 * 3);
    for group in letters.chunks(4) {
        let mut bits = 0;
        for letter in group {
            bits = bits << 6 | value(*letter)?;
        }
        bits <<= 6 * (4 - group.len());
        let [_, whole @ ..] = bits.to_be_bytes();
        let (kept, rest) = whole.split_at_checked(group.len() - 1)?;
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    (padded.len().is_multiple_of(4)).then_some(bytes)
}

/// The value of each byte, or 64 if it is not in the alphabet.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut at = 0;
    while at < LETTERS.len() {
        values[LETTERS[at] as usize] = at as u8;
        at += 1;
    }
    values
};

fn value(letter: u8) -> Option<u32> {
    let value = VALUES[usize::from(letter)];
    (value < 64).then_some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;

    #[test]
    fn it_encodes_and_decodes_like_the_crate() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 37 + length) as u8).collect();
            let text = encode(&bytes);
            assert_eq!(text, Base64::encode_string(&bytes));
            assert_eq!(decode(&text), Some(bytes));
        }
    }

    #[test]
    fn it_refuses_what_the_crate_refuses() {
        for text in ["A", "AA", "AAA", "A===", "AB==", "AAB=", "====", "=", "AA=A", "AAA\n", "A_-="]
        {
            assert_eq!(decode(text), Base64::decode_vec(text).ok(), "{text}");
        }
    }
}
