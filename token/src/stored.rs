//! A secret as people store it: in a file that an editor or `echo` wrote, in a variable, or with a platform. White
//! space around it is removed. Anything else alongside the token is refused, with a message that quotes nothing.

use crate::{TOKEN_BYTES_MAX, TOKEN_BYTES_MIN};

/// Returns the token within a stored text.
///
/// # Errors
///
/// Returns a predicate, what to do, and what a token looks like, but no part of the value.
pub fn token(stored: &str) -> Result<&str, String> {
    let value = trimmed(stored);
    match fault(value) {
        None => Ok(value),
        Some(why) => Err(format!(
            "{why}. A token looks like bkua_ and 40 letters and digits; store it alone, on one line"
        )),
    }
}

/// Returns a text without the white space around it.
pub fn trimmed(stored: &str) -> &str {
    stored.trim_matches(is_blank)
}

/// White space, and two characters without width that editors and web pages leave behind.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')
}

fn is_quote(letter: char) -> bool {
    "\"'`\u{201c}\u{201d}\u{2018}\u{2019}".contains(letter)
}

/// Returns what is wrong with a value, if anything.
fn fault(value: &str) -> Option<&'static str> {
    let first = value.chars().next();
    // Bearer tokens consist of these: RFC 6750, section 2.1. None of them delimits anything in JSON.
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/=".contains(letter);
    if value.is_empty() {
        Some("is empty")
    } else if value.len() > TOKEN_BYTES_MAX {
        Some("is far too long")
    } else if first == Some('{') || first == Some('[') {
        Some("is JSON; store only the token")
    } else if has_name(value) {
        Some("is a line like NAME=VALUE; store only the value")
    } else if value.split(is_blank).next().is_some_and(is_scheme) {
        Some(
            "begins with an authentication scheme such as Bearer, which is added automatically; remove it",
        )
    } else if first.is_some_and(is_quote) || value.ends_with(is_quote) {
        Some("is in quotation marks; remove them")
    } else if value.contains(is_blank) {
        Some("contains white space; remove it, and everything else that is not the token")
    } else if !value.chars().all(is_allowed) {
        Some("contains characters that no token has; only letters, digits and -._~+/= are allowed")
    } else if value.len() < TOKEN_BYTES_MIN {
        Some("is shorter than 16 characters; no token is that short")
    } else if value.chars().all(|letter| Some(letter) == first) {
        Some("repeats a single character, which no token does")
    } else {
        None
    }
}

/// Returns whether it is `NAME=value`, `export NAME=value` or `name: value`. A token may itself end with equals signs.
fn has_name(value: &str) -> bool {
    let value = value.strip_prefix("export ").unwrap_or(value);
    let Some((name, rest)) = value.split_once(['=', ':']) else { return false };
    let name = name.trim_matches(|letter| is_blank(letter) || is_quote(letter));
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    !name.is_empty() && name.chars().all(is_name) && !rest.chars().all(|letter| letter == '=')
}

/// Returns whether a word is a scheme of the header `Authorization`.
fn is_scheme(word: &str) -> bool {
    ["bearer", "token", "basic"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TOKEN: &str = "bkua_0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn white_space_around_it_is_removed() {
        for (before, after) in [
            ("", ""),
            ("", "\n"),
            ("", "\r\n"),
            ("", "\n\n\n"),
            ("\n", "\r\n\r\n"),
            ("\t ", " \t"),
            ("\u{feff}", "\n"),
            ("\u{a0}", "\u{a0}\n"),
            ("\u{200b}", "\u{3000}\u{85}"),
        ] {
            assert_eq!(token(&[before, TOKEN, after].concat()).unwrap(), TOKEN);
        }
    }

    #[test]
    fn anything_alongside_it_is_named_and_nothing_is_quoted() {
        for (stored, said) in [
            ("\"@\"", "quotation marks"),
            (" '@'\n", "quotation marks"),
            ("\"@", "quotation marks"),
            ("@'", "quotation marks"),
            ("\u{201c}@\u{201d}", "quotation marks"),
            ("Bearer @", "such as Bearer"),
            ("bearer\t@\n", "such as Bearer"),
            ("Token @", "such as Bearer"),
            ("Authorization: Bearer @", "NAME=VALUE"),
            ("BUILDKITE_TOKEN=@", "NAME=VALUE"),
            ("export TOKEN=@", "NAME=VALUE"),
            ("api_token = \"@\"", "NAME=VALUE"),
            ("api_token: @", "NAME=VALUE"),
            ("\"api_token\": \"@\"", "NAME=VALUE"),
            ("{\"api_token\": \"@\"}", "is JSON"),
            ("@ @", "contains white space"),
            ("@ # mine", "contains white space"),
            ("@\n@", "contains white space"),
            ("bkua_0123456789\u{a0}abcdef", "contains white space"),
            ("<@>", "characters that no token has"),
            ("@\u{7}", "characters that no token has"),
            ("t\u{f6}ken-0123456789", "characters that no token has"),
            ("$@", "characters that no token has"),
        ] {
            let error = token(&stored.replace('@', TOKEN)).unwrap_err();
            assert!(error.contains(said), "{stored}: {error}");
            assert!(!error.contains("0123") && !error.contains("mine"), "{error}");
        }
    }

    #[test]
    fn a_value_that_an_answer_could_contain_by_chance_is_refused() {
        for short in ["x", "test", "true", "pageInfo", "bkua_0123456789"] {
            assert!(token(short).unwrap_err().contains("shorter than 16"), "{short}");
        }
        assert!(token("x").unwrap_err().contains(&TOKEN_BYTES_MIN.to_string()));
        assert!(token(&"0".repeat(40)).unwrap_err().contains("repeats a single character"));
        assert!(token("\"organizationSlug").unwrap_err().contains("quotation marks"));
        assert!(token(" \r\n").unwrap_err().starts_with("is empty"));
        assert!(token(&"ab".repeat(3_000)).unwrap_err().starts_with("is far too long"));
    }

    #[test]
    fn valid_tokens_are_accepted() {
        for good in [TOKEN, "bkua_0123456789a", "eyJhbGciOi.eyJzdWIi~x/+_-", "0123456789abcde=="] {
            assert_eq!(token(good).unwrap(), good);
        }
    }
}
