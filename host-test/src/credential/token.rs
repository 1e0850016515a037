//! The API token: the host holds it, and nothing can print it.

use http::HeaderValue;

/// What the guest gets instead of every secret. It is not a secret itself.
pub const PLACEHOLDER: &str = "host-test-placeholder";

/// A run of this many letters and digits is not a name that a person chose.
const RANDOM_CHARS: usize = 32;

/// Returns whether a text that should be a name may be a token in the wrong place. If so, it is not quoted.
pub fn is_like(text: &str) -> bool {
    let is_random = |part: &str| {
        part.chars().all(char::is_alphanumeric) && part.chars().count() >= RANDOM_CHARS
    };
    text.to_ascii_lowercase().contains("bkua_")
        || text.split(|c: char| !c.is_alphanumeric()).any(is_random)
}

/// An API access token. `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

impl Token {
    /// Parses a token as the operator stored it, in a file or a variable.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it and what to do, without quoting it.
    pub fn new(stored: &str) -> Result<Self, String> {
        let value = source_token::token(stored)?;
        let mut header = HeaderValue::try_from(format!("Bearer {value}"))
            .map_err(|_| "cannot be sent in a header".to_owned())?;
        // Keeps it out of the debug output of every library that sees the request.
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// Returns the text with the token replaced by `[token]`, even if it was shortened. Returns `None` if the text
    /// does not contain the token.
    pub fn hidden_in(&self, text: &str) -> Option<String> {
        source_token::hidden_in(text, self.exposed())
    }

    /// Returns the token itself, for hosts that pass it to their component.
    pub(crate) fn exposed(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default()
    }

    /// Returns the value of the `Authorization` header, marked as sensitive.
    pub fn authorization(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_cannot_be_printed() {
        let token = Token::new("bkua_0123456789abcdef").unwrap();
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        assert!(!format!("{:?}", token.authorization()).contains("bkua"));
    }
}
