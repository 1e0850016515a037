//! The text of a string that has escapes, such as JSON inside of a string.

use crate::scan::vector::{WIDTH, first, telling};

/// Writes the text of the string whose content begins at `at`, and returns the position behind its closing quotation
/// mark. Returns `None` if the string is invalid or is no text: lone surrogates.
pub fn unescape(json: &str, mut at: usize, out: &mut String) -> Option<usize> {
    out.clear();
    loop {
        at = plain(json, at, out)?;
        let byte = *json.as_bytes().get(at)?;
        at += 1;
        match byte {
            b'"' => return Some(at),
            b'\\' => at = escape(json.as_bytes(), at, out)?,
            // Most likely not a line break, and these are not escaped here.
            0x80.. => {
                let character = json.get(at - 1..)?.chars().next()?;
                out.push(character);
                at += character.len_utf8() - 1;
            }
            _ => return None,
        }
    }
}

/// Writes what needs no change and returns where it ends.
#[inline]
fn plain(json: &str, mut at: usize, out: &mut String) -> Option<usize> {
    // A copy of fixed length is far cheaper than one of the few bytes between two escapes.
    while let Some(chunk) = json.get(at..at + WIDTH) {
        let step = chunk.as_bytes().first_chunk().map_or(WIDTH, first);
        out.push_str(chunk);
        at += step;
        if step < WIDTH {
            out.truncate(out.len() - (WIDTH - step));
            return Some(at);
        }
    }
    let end = telling(json.as_bytes(), at);
    out.push_str(json.get(at..end)?);
    Some(end)
}

/// Writes the character of the escape whose letter is at `at`, and returns the position behind it.
#[inline]
fn escape(json: &[u8], at: usize, out: &mut String) -> Option<usize> {
    out.push(match json.get(at)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return by_number(json, at + 1, out),
        _ => return None,
    });
    Some(at + 1)
}

/// Writes the character whose number begins at `at`, or those of a pair of surrogates.
fn by_number(json: &[u8], at: usize, out: &mut String) -> Option<usize> {
    let number = hex(json, at)?;
    if let Some(character) = char::from_u32(number) {
        out.push(character);
        return Some(at + 4);
    }
    if json.get(at + 4..at + 6)? != b"\\u" {
        return None;
    }
    let (high, low) = (number.checked_sub(0xd800)?, hex(json, at + 6)?.checked_sub(0xdc00)?);
    if low >= 0x400 {
        return None;
    }
    // With a low surrogate in the place of a high one, this is too large for a character.
    out.push(char::from_u32(0x1_0000 + (high << 10 | low))?);
    Some(at + 10)
}

/// Returns the number that four hexadecimal digits stand for.
fn hex(json: &[u8], at: usize) -> Option<u32> {
    let digits = json.get(at..at + 4)?;
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}
