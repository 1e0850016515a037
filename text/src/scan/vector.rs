//! Finds the bytes that matter inside of strings, sixteen at once.

/// Number of bytes that are looked at together.
pub const WIDTH: usize = 16;

/// Returns whether a byte matters inside of a string: it ends the string, begins an escape, is a control character, or
/// (`0xc2`, `0xe2`) begins a character that some readers take for a line break.
const fn is_telling(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\' || byte & 0xdf == 0xc2
}

/// Returns the position of the first telling byte from `at` on, or the number of bytes if there is none.
#[inline]
pub fn telling(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<WIDTH>()) {
        let step = first(chunk);
        at += step;
        if step < WIDTH {
            return at;
        }
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| is_telling(*byte)).unwrap_or(rest.len())
}

/// Returns the position of the first telling byte, or [`WIDTH`] if there is none.
#[cfg(all(target_family = "wasm", target_feature = "simd128"))]
#[inline]
pub fn first(chunk: &[u8; WIDTH]) -> usize {
    use core::arch::wasm32::{
        u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128_and, v128_or,
    };
    let [low, high] = halves(chunk);
    let bytes = u64x2(low, high);
    let ends = v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_eq(bytes, u8x16_splat(b'\\')));
    let leads = u8x16_eq(v128_and(bytes, u8x16_splat(0xdf)), u8x16_splat(0xc2));
    let telling = v128_or(v128_or(ends, leads), u8x16_lt(bytes, u8x16_splat(b' ')));
    // The bit behind the last byte stands for "none".
    (u32::from(u8x16_bitmask(telling)) | 1 << WIDTH).trailing_zeros() as usize
}

/// Returns the position of the first telling byte, or [`WIDTH`] if there is none.
#[cfg(not(all(target_family = "wasm", target_feature = "simd128")))]
#[inline]
pub fn first(chunk: &[u8; WIDTH]) -> usize {
    /// Returns the position of the first telling byte among eight (Mycroft's test for a zero byte), or 8.
    fn first_of_eight(bytes: u64) -> usize {
        const ONES: u64 = u64::MAX / 255;
        let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
        let is = |byte: u8| zero(bytes ^ (ONES * u64::from(byte)));
        let control = bytes.wrapping_sub(ONES * 0x20) & !bytes;
        let lead = zero((bytes & (ONES * 0xdf)) ^ (ONES * 0xc2));
        // A borrow may mark a byte wrongly, but only behind the first one that is marked rightly.
        let telling = (control | is(b'"') | is(b'\\') | lead) & (ONES << 7);
        telling.trailing_zeros() as usize / 8
    }
    let [low, high] = halves(chunk);
    match first_of_eight(low) {
        8 => 8 + first_of_eight(high),
        at => at,
    }
}

/// Returns the bytes as two numbers. (Compiled to a single load of a vector, without `unsafe`.)
#[inline]
fn halves(chunk: &[u8; WIDTH]) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *chunk;
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes([i, j, k, l, m, n, o, p])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_telling_byte_is_found_wherever_it_is() {
        for byte in 0..=u8::MAX {
            for length in 0..40 {
                for place in 0..length {
                    let mut bytes = vec![b'a'; length];
                    bytes[place] = byte;
                    bytes[length - 1] = if place + 1 == length { byte } else { b'"' };
                    let expected = bytes.iter().position(|byte| is_telling(*byte));
                    assert_eq!(telling(&bytes, 0), expected.unwrap_or(length), "{bytes:?}");
                }
            }
        }
    }

    #[test]
    fn neighbours_do_not_hide_each_other() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for pair in bytes.iter().flat_map(|a| bytes.iter().map(move |b| [*a, *b])) {
            for at in 0..15 {
                let mut chunk = [b'a'; WIDTH];
                chunk[at..at + 2].copy_from_slice(&pair);
                let expected = chunk.iter().position(|byte| is_telling(*byte)).unwrap_or(WIDTH);
                assert_eq!(first(&chunk), expected, "{chunk:?}");
            }
        }
    }
}
