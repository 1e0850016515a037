//! The API token: a value that the host holds, and that nothing can print.

use http::HeaderValue;

/// What the guest gets in place of every secret. It is no secret itself.
pub const PLACEHOLDER: &str = "host-test-placeholder";

/// Longest token taken, in bytes. Buildkite's have 45; a longer value is a file read by mistake.
const TOKEN_BYTES_MAX: usize = 4096;

/// An API access token. `Debug` hides it, and there is no `Display`.
#[derive(Clone)]
pub struct Token(HeaderValue);

impl Token {
    /// Takes a token as the operator stored it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without quoting it: empty, too long, or a strange character.
    pub fn new(value: &str) -> Result<Self, String> {
        if value.is_empty() {
            return Err("is empty".to_owned());
        }
        if value.len() > TOKEN_BYTES_MAX {
            return Err(format!("is longer than {TOKEN_BYTES_MAX} bytes"));
        }
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("may hold printable ASCII without spaces only; look for a line break, \
                        a space or quotes around it"
                .to_owned());
        }
        let mut header = HeaderValue::try_from(format!("Bearer {value}"))
            .map_err(|_| "cannot be sent in a header".to_owned())?;
        // Keeps it out of the debug output of every library that sees the request.
        header.set_sensitive(true);
        Ok(Self(header))
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
        let token = Token::new("bkua_0123456789").unwrap();
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        assert!(!format!("{:?}", token.authorization()).contains("bkua"));
    }

    #[test]
    fn a_bad_token_is_refused_without_being_quoted() {
        for bad in ["", "with space", "line\nbreak", "ümlaut", "\"quoted\t\""] {
            let error = Token::new(bad).unwrap_err();
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
    }
}
