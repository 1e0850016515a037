//! JSON on one line: without white space between its tokens, and without anything that some reader takes for a line
//! break. Its value does not change.

use memchr::memchr2;

/// Writes valid JSON without the white space between its tokens, so that a record is one line. Returns how deeply it is
/// nested.
pub fn push_compact(out: &mut String, json: &str) -> usize {
    if !json.starts_with(['{', '[']) {
        out.push_str(json);
        return 0;
    }
    // Runs between white space are copied whole, and strings are not touched. White space is ASCII, so every cut lies
    // between characters.
    let bytes = json.as_bytes();
    let (mut from, mut at) = (0, 0);
    let (mut depth, mut deepest) = (0usize, 0);
    while let Some(step) =
        bytes.get(at..).and_then(|rest| rest.iter().position(|byte| TELLING[usize::from(*byte)]))
    {
        at += step;
        match bytes[at] {
            b'"' => at += string_length(&bytes[at + 1..]),
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {
                out.push_str(json.get(from..at).unwrap_or_default());
                from = at + 1;
            }
        }
        at += 1;
    }
    out.push_str(json.get(from..).unwrap_or_default());
    deepest
}

/// The bytes of JSON that matter outside of strings.
const TELLING: [bool; 256] = {
    let mut telling = [false; 256];
    let bytes = b"\"{}[] \n\r\t";
    let mut at = 0;
    while at < bytes.len() {
        telling[bytes[at] as usize] = true;
        at += 1;
    }
    telling
};

/// Returns the length of the rest of a string, including its closing quotation mark.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(step) = rest.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += step + 1;
        if rest[at - 1] == b'"' {
            break;
        }
        at += 1; // Skips the escaped byte.
    }
    at
}

/// What some readers take for a line break, though JSON does not: U+0085, U+2028 and U+2029, each encoded and escaped.
/// All of them are inside strings, the only place where JSON has non-ASCII characters.
const LINE_BREAKS: [(&str, &str); 3] =
    [("\u{85}", "\\u0085"), ("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")];

/// Returns JSON of the same value that is one line for every reader.
pub fn without_line_breaks(json: String) -> String {
    let mut clean = String::new();
    let (mut from, mut at) = (0, 0);
    // The first bytes of all three. Anything else that begins with them is skipped.
    while let Some(step) = json.as_bytes().get(at..).and_then(|rest| memchr2(0xc2, 0xe2, rest)) {
        at += step;
        let rest = json.get(at..).unwrap_or_default();
        let found = LINE_BREAKS.iter().find(|(raw, _)| rest.starts_with(raw));
        if let Some((raw, escaped)) = found {
            clean.push_str(json.get(from..at).unwrap_or_default());
            clean.push_str(escaped);
            at += raw.len();
            from = at;
        } else {
            at += 1;
        }
    }
    if from == 0 {
        return json;
    }
    clean.push_str(json.get(from..).unwrap_or_default());
    clean
}
