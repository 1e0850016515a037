//! The API token, in a type that cannot be printed, and the quoting of untrusted text without leaking it.

use source_token::{TOKEN_BYTES_MAX, TOKEN_BYTES_MIN, ellipsize, hidden_in};

/// Maximum length of a quotation from a remote message, in characters.
const QUOTE_CHARS_MAX: usize = 300;

/// An API token, or the placeholder that a host passes for it. `Debug` hides it, and there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Parses the secret `api_token`.
    ///
    /// # Errors
    ///
    /// Returns a message for the operator, without the value, if it is missing, empty, too short, too long, or not a
    /// single word of printable ASCII.
    pub fn parse(value: Option<&str>) -> Result<Self, String> {
        let help = "create one under Personal Settings, API Access Tokens, with GraphQL access; \
                    it looks like bkua_ and 40 letters and digits";
        let why = match value {
            None => "missing",
            Some("") => "empty",
            Some(text) if text.len() > TOKEN_BYTES_MAX => "far too long",
            Some(text) if text.len() < TOKEN_BYTES_MIN => "shorter than 16 characters",
            Some(text) if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
                return Ok(Self(text.to_owned()));
            }
            Some(_) => {
                "contains spaces, line breaks or other characters that no token has; store only the token"
            }
        };
        Err([why, "; ", help].concat())
    }

    /// Returns the value of the `Authorization` header (RFC 6750 section 2.1). This is the only place that reads the
    /// token.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Returns untrusted text in a form fit for a message: one line, at most 300 characters, without the token if it
    /// contains it.
    pub fn quote(&self, text: &str) -> String {
        let mut quoted = String::new();
        for word in text.split_ascii_whitespace() {
            if !quoted.is_empty() {
                quoted.push(' ');
            }
            quoted.extend(word.chars().filter(|letter| !letter.is_control()));
        }
        // Last, since removed characters may have been inside the token.
        ellipsize(hidden_in(&quoted, &self.0).unwrap_or(quoted), QUOTE_CHARS_MAX)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_a_quotation_shows_the_token() {
        let token = Token::parse(Some("bkua_secret_0123")).unwrap();
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        assert_eq!(token.quote("no\n  bkua_secret_0123\u{7} here"), "no [token] here");
        assert_eq!(token.quote("no bkua_\u{7}secret_0123"), "no [token]");
    }

    #[test]
    fn a_value_that_cannot_be_a_header_is_not_a_token() {
        for value in ["two words of 22 letters", "line-0123456789ab\n", "t\u{f6}ken-0123456789"] {
            assert!(Token::parse(Some(value)).is_err_and(|why| why.starts_with("contains spaces")));
        }
        assert!(Token::parse(None).is_err_and(|why| why.starts_with("missing")));
        assert!(Token::parse(Some("")).is_err_and(|why| why.starts_with("empty")));
    }

    #[test]
    fn a_value_that_could_be_part_of_an_answer_is_not_a_token() {
        for value in ["x", "test", "true", "pageInfo", "bkua_0123456789"] {
            assert!(Token::parse(Some(value)).is_err_and(|why| why.starts_with("shorter than 16")));
        }
        assert!(Token::parse(Some("host-placeholder")).is_ok());
    }
}
