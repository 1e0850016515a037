//! Reads and verifies JSON Web Tokens, as Buildkite's documentation describes its checks.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::accounts::VerifyingKey;

/// How long an assertion may be valid, in seconds. Source: buildkite.com/docs/apis/oauth-token-exchange.
const VALID_MAX: u64 = 300;

/// How far the time of issue may be from the server's clock, in seconds.
const SKEW_MAX: u64 = 10;

/// Returns the claims of a token that this key signed and that is valid now.
///
/// # Errors
///
/// Returns what is wrong, in Buildkite's words where they are documented.
pub(crate) fn claims(token: &str, key: &VerifyingKey, now_ms: u64) -> Result<Value, &'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { return Err("Malformed JWT") };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "Malformed JWT");
    let json =
        |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| "Malformed JWT");
    let signed = &token[..header.len() + 1 + payload.len()];
    if json(header)?["alg"] != key.algorithm()
        || !key.verifies(signed.as_bytes(), &decode(signature)?)
    {
        return Err("Invalid client assertion signature");
    }
    let claims = json(payload)?;
    let now = now_ms / 1_000;
    let time = |name: &str| claims[name].as_u64();
    let (Some(issued), Some(expires)) = (time("iat"), time("exp")) else {
        return Err("JWT must have `iat` and `exp` claims");
    };
    if expires <= now {
        return Err("JWT `exp` claim must be in the future");
    }
    if expires.saturating_sub(issued) > VALID_MAX {
        return Err("JWT `exp` claim must be within 5 minutes of `iat`");
    }
    if issued.abs_diff(now) > SKEW_MAX {
        return Err("JWT `iat` claim is too far from the current time");
    }
    Ok(claims)
}
