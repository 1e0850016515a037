//! JSON Web Tokens: signed statements about who asks. Source: RFC 7519.
//!
//! Written here because the tree already contains all the cryptography they need. The crates for JWTs would add another
//! implementation of it, or one with a known timing leak (RUSTSEC-2023-0071).

use crate::credential::key::Key;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long an assertion is valid. Buildkite allows at most five minutes; a clock that is a minute ahead must not make
/// it invalid. Source: buildkite.com/docs/apis/oauth-token-exchange.
pub(crate) const VALID: Duration = Duration::from_secs(240);

/// Signs claims, with the times of issue and expiry added. `key_id` tells the remote which of several keys it is.
///
/// # Errors
///
/// Returns a message if the key cannot sign.
pub(crate) fn sign(
    key: &Key,
    key_id: Option<&str>,
    mut claims: Value,
    now: SystemTime,
) -> Result<String, String> {
    // A clock before 1970 is refused by the remote, whose error names the clock.
    let issued = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    claims["iat"] = json!(issued);
    claims["exp"] = json!(issued + VALID.as_secs());
    let mut header = json!({"alg": key.algorithm(), "typ": "JWT"});
    if let Some(key_id) = key_id {
        header["kid"] = json!(key_id);
    }
    let encode = |part: &[u8]| Base64UrlUnpadded::encode_string(part);
    let mut text = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(claims.to_string().as_bytes())
    );
    let signature = key.sign(text.as_bytes())?;
    text.push('.');
    text.push_str(&encode(&signature));
    Ok(text)
}
