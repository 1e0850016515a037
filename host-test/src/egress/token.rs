//! The API token: a value that the host holds, and that nothing can print.

use http::HeaderValue;

/// What the guest gets in place of every secret. It is no secret itself.
pub const PLACEHOLDER: &str = "host-test-placeholder";

/// So many letters and digits in a row are no name that a person gave.
const RANDOM_CHARS: usize = 32;

/// Whether a text that should be a name may be a token, put into the wrong place: it is not
/// quoted then.
pub fn is_like(text: &str) -> bool {
    let is_random = |part: &str| {
        part.chars().all(char::is_alphanumeric) && part.chars().count() >= RANDOM_CHARS
    };
    text.to_ascii_lowercase().contains("bkua_")
        || text.split(|c: char| !c.is_alphanumeric()).any(is_random)
}

/// An API access token. `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub struct Token(HeaderValue);

impl Token {
    /// Takes a token as the operator stored it, in a file or in a variable.
    ///
    /// # Errors
    ///
    /// What is wrong with it and what to do, without quoting it.
    pub fn new(stored: &str) -> Result<Self, String> {
        let value = source_token::token(stored)?;
        let mut header = HeaderValue::try_from(format!("Bearer {value}"))
            .map_err(|_| "cannot be sent in a header".to_owned())?;
        // Keeps it out of the debug output of every library that sees the request.
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The text with `[token]` in the place of the token, or of what is left of it when somebody
    /// shortened the text; `None` when it does not hold it.
    pub fn hidden_in(&self, text: &str) -> Option<String> {
        source_token::hidden_in(text, self.exposed())
    }

    /// The token itself, for hosts that want their component to have it.
    pub(crate) fn exposed(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default()
    }

    /// The value of the header `Authorization`, marked as sensitive.
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
