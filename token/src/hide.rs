//! Hides the token in a text that a server may have put it into.

/// Number of leading bytes of a token that are hidden even without the rest. Buildkite's tokens share the first five.
const TELLING_BYTES: usize = 12;

/// Returns the text with `[token]` in place of the token, or of what is left of the token if the text was shortened.
/// Returns `None` if the text does not contain it.
pub fn hidden_in(text: &str, token: &str) -> Option<String> {
    let start = token.get(..TELLING_BYTES).unwrap_or(token);
    let (mut clean, mut rest) = (String::new(), text);
    // Each round advances by at least one byte, since `start` is not empty there.
    while let Some((before, found)) = split_at(rest, start) {
        clean.push_str(before);
        clean.push_str("[token]");
        let common = found.bytes().zip(token.bytes()).take_while(|(a, b)| a == b).count();
        // This is inside a character only if the token is not ASCII, but all tokens are.
        rest = found.get(common..).unwrap_or_default();
    }
    if clean.is_empty() {
        return None;
    }
    clean.push_str(rest);
    Some(clean)
}

/// Splits a text before the first occurrence of another. By hand, since `str::find` would take 2 kB of the component.
fn split_at<'a>(text: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    if start.is_empty() {
        return None;
    }
    let at = text.as_bytes().windows(start.len()).position(|part| part == start.as_bytes())?;
    text.split_at_checked(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_hidden_even_if_it_was_shortened() {
        let token = "bkua_0123456789abcdef";
        let hidden = |text: &str| hidden_in(text, token).unwrap_or_else(|| text.to_owned());
        assert_eq!(hidden("x bkua_0123456789abcdef."), "x [token].");
        assert_eq!(hidden("bkua_0123456789abcdefbkua_0123456789…"), "[token][token]…");
        assert_eq!(hidden("bkua_ is how tokens begin"), "bkua_ is how tokens begin");
        assert_eq!(hidden("abkua_0123456789abcdefü"), "a[token]ü");
    }

    #[test]
    fn no_token_hides_nothing_and_an_odd_one_is_hidden() {
        assert_eq!(hidden_in("text", ""), None);
        assert_eq!(hidden_in("a s3cret", "s3cret").as_deref(), Some("a [token]"));
        assert_eq!(hidden_in("0123456789abü!", "0123456789abö").as_deref(), Some("[token]"));
    }
}
