//! Tests of the credentials that configs describe.

use super::*;
use serde_json::json;

const PORTAL: &str = "https://portal.buildkite.com/organizations/acme/portals/audit";
const SECRET: &str = "5ecre7f00dcafe5ecre7f00dcafe5ecre7f00d";

fn read(source: Value, endpoint: Option<&str>) -> Result<Credential, String> {
    let settings = json!({"org_slug": "acme", "endpoint": endpoint});
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let rsa = include_str!("../../../../testing/host-kit/keys/rsa.pem");
    let mut find = |_: &str, value: Value| {
        let text = match value["file"].as_str().unwrap() {
            "key" => key.clone(),
            "rsa" => rsa.to_owned(),
            other => other.to_owned(),
        };
        Ok(Found { place: "the file".to_owned(), text, file: None })
    };
    method("secrets.api_token", source, &settings, &mut find)
}

#[test]
fn each_way_to_get_a_token_is_accepted() {
    let secret = json!({"file": SECRET});
    let portal = json!({"portal": {"client_id": UUID, "secret": secret}});
    assert!(read(portal, Some(PORTAL)).unwrap().method().mints());
    for subject in ["ana@example.com", UUID] {
        let oauth = json!({"oauth": {
            "client_id": "0123456789abcdef0123", "key": {"file": "key"}, "subject": subject,
        }});
        assert!(read(oauth, None).unwrap().method().mints());
    }
    let key = json!({"public_key": {"token_uuid": UUID, "key": {"file": "rsa"}}});
    assert!(!read(key, None).unwrap().method().mints());
}

#[test]
fn a_wrong_field_is_named_with_an_example_and_never_quoted() {
    let (key, secret) = (json!({"file": "key"}), json!({"file": SECRET}));
    let oauth = |field: &str, value: Value| {
        let mut all = json!({"client_id": "0123456789abcdef0123", "key": key,
                             "subject": "ana@example.com"});
        all[field] = value;
        json!({"oauth": all})
    };
    for (source, words) in [
        (json!({"portal": {"client_id": UUID, "secret": secret}, "file": "x"}), "keep exactly one"),
        (json!({"portal": {}, "env": "A"}), "keep exactly one"),
        (
            json!({"portl": {}}),
            "unknown key secrets.api_token.portl; did you mean secrets.api_token.portal?",
        ),
        (json!({"portal": {}, SECRET: 1}), "a key looks like a token"),
        (json!({"public_key": {"token_uuid": UUID, "key": key}}), "only RSA is supported here"),
        (json!({"portal": "x"}), "portal is not a JSON object"),
        (json!({"portal": {"client_id": UUID}}), "portal.secret: is missing: write {\"file\""),
        (json!({"portal": {"client_id": UUID, "secrt": 1}}), "did you mean"),
        (
            json!({"portal": {"client_id": SECRET, "secret": secret}}),
            "client_id: must be the portal's UUID, from",
        ),
        (json!({"portal": {"client_id": 1, "secret": secret}}), "client_id: must be a string"),
        (json!({"portal": {"client_id": UUID, "secret": {"file": "short"}}}), "shorter than 16"),
        (
            json!({"portal": {"client_id": UUID, "secret": secret}}),
            "must be the portal's URL, such as",
        ),
        (
            oauth("client_id", json!("a b")),
            "client_id: must be the application's client ID, such as",
        ),
        (oauth("subject", json!("ana")), "subject: must be the email address or UUID"),
        (oauth("subject", json!(null)), "subject: must be a string"),
        (oauth("key", json!({"file": SECRET})), "key: the file is not a private key in PEM"),
        (oauth("url", json!("http://example.com/")), "url: must be https"),
        (json!({"public_key": {"key": key}}), "token_uuid: is missing: the UUID of"),
    ] {
        let why = read(source.clone(), None).err().unwrap();
        assert!(why.starts_with("secrets.api_token") || why.starts_with("unknown key"), "{why}");
        assert!(why.contains(words) && !why.contains("f00dcafe"), "{source}: {why}");
    }
}
