//! Base64 with padding (RFC 4648 section 4), as a checkpoint's packed uuids are written. Here, since even the smallest
//! crate for it takes 3 kB of the component.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes bytes as text.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = [0, 1, 2].map(|at| u32::from(group.get(at).copied().unwrap_or(0)));
        let bits = bits[0] << 16 | bits[1] << 8 | bits[2];
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// Reads what [`encode`] wrote; none for anything else.
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

fn value(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;

    #[test]
    fn it_writes_and_reads_like_the_crate() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 37 + length) as u8).collect();
            let text = encode(&bytes);
            assert_eq!(text, Base64::encode_string(&bytes));
            assert_eq!(decode(&text), Some(bytes));
        }
    }

    #[test]
    fn it_refuses_like_the_crate() {
        for text in ["A", "AA", "AAA", "A===", "AB==", "AAB=", "====", "=", "AA=A", "AAA\n", "A_-="]
        {
            assert_eq!(decode(text), Base64::decode_vec(text).ok(), "{text}");
        }
    }
}
