//! The credential that a config describes: a token in a file or variable, or what is needed to get one.

use crate::config::keys::{known, object};
use crate::config::secret::Found;
use crate::config::text;
use crate::credential::exchange::{Exchange, URL};
use crate::credential::held::Credential;
use crate::credential::key::Key;
use crate::credential::method::{Method, PublicKey};
use crate::credential::portal::Portal;
use crate::credential::stored::Stored;
use crate::credential::token::{Token, is_like};
use crate::egress::origin::Origin;
use serde_json::{Map, Value};
use source_token::trimmed;

/// The ways to get a token.
const METHODS: [&str; 3] = ["portal", "oauth", "public_key"];

/// All that `api_token` can say.
const KEYS: [&str; 5] = ["env", "file", "portal", "oauth", "public_key"];

const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// Finds the secret that a value points to. Its first argument is the place of the value, such as `secrets.api_token`.
pub(crate) type Find<'a> = dyn FnMut(&str, Value) -> Result<Found, String> + 'a;

/// Returns whether a secret says how to get a token, instead of where it is. A misspelled way counts too.
pub(crate) fn is_method(source: &Value) -> bool {
    let is_near = |key: &String| {
        METHODS.iter().any(|method| strsim::jaro_winkler(key, method) > 0.7) && !is_like(key)
    };
    source.as_object().is_some_and(|all| all.keys().any(is_near))
}

/// Reads `{"portal": {…}}`, `{"oauth": {…}}` or `{"public_key": {…}}`.
///
/// # Errors
///
/// Returns a message with the key, what is wrong, and a valid example, but never with the value of a secret.
pub(crate) fn method(
    place: &str,
    source: Value,
    settings: &Value,
    find: &mut Find<'_>,
) -> Result<Credential, String> {
    let source = object(source, place)?;
    known(&source, &format!("{place}."), &KEYS)?;
    let all: Vec<&str> = source.keys().map(String::as_str).collect();
    let [name] = all[..] else {
        let all = all.join(", ");
        return Err(format!(
            "{place}: names several ways to get a token ({all}); keep exactly one"
        ));
    };
    let place = format!("{place}.{name}");
    let value = source.get(name).cloned().unwrap_or_default();
    let mut fields = Fields { all: object(value, &place)?, place, settings, find };
    let method = match name {
        "portal" => Method::Portal(fields.portal()?),
        "oauth" => Method::Exchange(fields.exchange()?),
        _ => Method::PublicKey(fields.public_key()?),
    };
    Ok(Credential::new(method))
}

/// Returns the credential for a token that was found.
///
/// # Errors
///
/// Returns what is wrong with the token, without quoting it.
pub(crate) fn stored(found: &Found) -> Result<Credential, String> {
    let stored = Stored::new(&found.text, found.file.clone(), text::read, Token::new)
        .map_err(|why| format!("the token in {} {why}", found.place))?;
    Ok(Credential::new(Method::Stored(stored)))
}

struct Fields<'a, 'f> {
    all: Map<String, Value>,
    place: String,
    settings: &'a Value,
    find: &'a mut Find<'f>,
}

impl Fields<'_, '_> {
    fn portal(&mut self) -> Result<Portal, String> {
        known(&self.all, &format!("{}.", self.place), &["client_id", "secret"])?;
        let client_id = self.uuid("client_id", "the portal's UUID, from the portal's page")?;
        let secret = self.secret("secret", "one of the portal's secrets", portal_secret)?;
        let url = self.settings["endpoint"].as_str().unwrap_or_default();
        // The name of an operation, which requests for tokens do not have.
        let (url, query) = url.split_once('?').unwrap_or((url, "operation_name="));
        let is_portal = url.split_once("/organizations/").is_some_and(|(_, path)| {
            path.split_once("/portals/")
                .is_some_and(|(_, portal)| !portal.is_empty() && !portal.contains(['/', '#']))
        });
        if !is_portal || !query.starts_with("operation_name=") {
            return Err(format!(
                "{}: settings.endpoint must be the portal's URL, such as \
                 https://portal.buildkite.com/organizations/acme-inc/portals/audit-log",
                self.place
            ));
        }
        Ok(Portal { url: url.to_owned(), client_id, secret })
    }

    fn exchange(&mut self) -> Result<Exchange, String> {
        let keys = ["client_id", "key", "key_id", "subject", "url"];
        known(&self.all, &format!("{}.", self.place), &keys)?;
        let client_id = self
            .text("client_id", "the application's client ID, such as \"0123456789abcdef0123\"")?;
        if !(8..=100).contains(&client_id.len())
            || !client_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return Err(self.wrong(
                "client_id",
                "must be the application's client ID, such as \"0123456789abcdef0123\"",
            ));
        }
        let subject =
            "the email address or UUID of the user to act as, such as \"ana@example.com\"";
        let subject_text = self.text("subject", subject)?;
        if !is_uuid(&subject_text) && !is_email(&subject_text) {
            return Err(self.wrong("subject", &format!("must be {subject}")));
        }
        let key_id = match self.all.contains_key("key_id") {
            true => Some(self.text("key_id", "the `kid` of the registered key")?),
            false => None,
        };
        let url = match self.all.contains_key("url") {
            true => self.text("url", "the token endpoint; leave it out for Buildkite's")?,
            false => URL.to_owned(),
        };
        Origin::parse(&url).map_err(|why| self.wrong("url", &why))?;
        let audience = self.settings["org_slug"].as_str().unwrap_or_default().to_owned();
        let key = self.secret("key", "the application's private key in PEM", Key::parse)?;
        Ok(Exchange { url, client_id, key, key_id, subject: subject_text, audience })
    }

    fn public_key(&mut self) -> Result<PublicKey, String> {
        known(&self.all, &format!("{}.", self.place), &["token_uuid", "key"])?;
        let token_uuid = self.uuid("token_uuid", "the UUID of the API access token")?;
        let key = self.secret("key", "the private RSA key in PEM", Key::parse_rsa)?;
        Ok(PublicKey { token_uuid, key })
    }

    fn uuid(&self, key: &str, what: &str) -> Result<String, String> {
        let text = self.text(key, &format!("{what}, such as \"{UUID}\""))?;
        match is_uuid(&text) {
            true => Ok(text),
            false => Err(self.wrong(key, &format!("must be {what}, such as \"{UUID}\""))),
        }
    }

    fn text(&self, key: &str, what: &str) -> Result<String, String> {
        match self.all.get(key) {
            Some(Value::String(text)) if !trimmed(text).is_empty() => Ok(trimmed(text).to_owned()),
            Some(_) => Err(self.wrong(key, &format!("must be a string: {what}"))),
            None => Err(self.wrong(key, &format!("is missing: {what}"))),
        }
    }

    fn secret<T: Clone>(
        &mut self,
        key: &str,
        what: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<Stored<T>, String> {
        let place = format!("{}.{key}", self.place);
        let Some(value) = self.all.remove(key) else {
            return Err(format!("{place}: is missing: write {{\"file\": \"PATH\"}} with {what}"));
        };
        let found = (self.find)(&place, value).map_err(|why| match why.contains("UTF-8") {
            true if key == "key" => {
                format!(
                    "{place}: is not PEM; convert it: openssl pkey -inform DER -in KEY -out NEW"
                )
            }
            _ => why,
        })?;
        Stored::new(&found.text, found.file.clone(), text::read, parse)
            .map_err(|why| format!("{place}: {} {why}", found.place))
    }

    /// Returns a message about a key. The value is not quoted: it may be a secret in the wrong place.
    fn wrong(&self, key: &str, why: &str) -> String {
        format!("{}.{key}: {why}", self.place)
    }
}

/// Parses the secret of a portal, which looks like a token but is not one.
fn portal_secret(text: &str) -> Result<Token, String> {
    Token::new(text).map_err(|why| why.split(". ").next().unwrap_or(&why).to_owned())
}

fn is_uuid(text: &str) -> bool {
    let is_digit = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == UUID.len() && text.bytes().enumerate().all(is_digit)
}

fn is_email(text: &str) -> bool {
    text.len() <= 254
        && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        && text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
}

#[cfg(test)]
mod tests;
