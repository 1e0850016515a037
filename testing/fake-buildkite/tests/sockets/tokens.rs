//! The endpoints that mint tokens, as Buildkite documents them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fake_buildkite::{
    Accounts, Application, FakeBuildkite, Options, PORTAL, PortalSecret, PublicKey, SLUG,
    VerifyingKey,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::client::{Answer, send, start};

const NOW: u64 = 1_767_225_600;
const EMAIL: &str = "ana@example.com";

/// A fake with an application, and the application's private key.
struct World {
    fake: FakeBuildkite,
    key: EcdsaKeyPair,
}

impl World {
    async fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let public = VerifyingKey::P256(key.public_key().as_ref().to_vec());
        let accounts = Accounts {
            portal: Some(PortalSecret { client_id: "portal".into(), secret: "secret".into() }),
            application: Some(Application {
                client_id: "application".into(),
                subject: EMAIL.into(),
                key: public.clone(),
            }),
            public_key: Some(PublicKey { token_uuid: "token".into(), key: public }),
            ..Accounts::default()
        };
        let clock = Arc::new(|| NOW * 1_000);
        let fake = start(Options { accounts, clock, ..Options::default() }).await;
        Self { fake, key }
    }

    /// Returns signed claims: the usual ones with these changes.
    fn sign(&self, changes: Value) -> String {
        let mut claims = json!({
            "iss": "application", "sub": "application", "aud": "http://localhost/oauth/token",
            "iat": NOW, "exp": NOW + 300, "jti": "1",
        });
        for (key, value) in changes.as_object().unwrap() {
            claims[key] = value.clone();
        }
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(json!({"alg": "ES256"})), encode(claims));
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    async fn exchange(&self, assertion: &str, audience: &str, subject: &str) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
            .append_pair(
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            .append_pair("client_assertion", assertion)
            .append_pair("subject_token", subject)
            .append_pair("subject_token_type", "urn:buildkite:params:oauth:token-type:user-email")
            .append_pair("audience", audience)
            .append_pair("scope", "graphql")
            .append_pair("expires_in", "60")
            .finish();
        send(&self.fake, "POST", "/oauth/token", &[], body).await.unwrap()
    }

    async fn query(&self, token: &str) -> u16 {
        let bearer = format!("Bearer {token}");
        let body = json!({"query": "{ __typename }"}).to_string();
        let headers = [("authorization", bearer.as_str())];
        send(&self.fake, "POST", "/v1", &headers, body).await.unwrap().status
    }
}

#[tokio::test]
async fn an_assertion_is_exchanged_once_for_a_token_that_is_accepted() {
    let world = World::new().await;
    let assertion = world.sign(json!({}));
    let answer = world.exchange(&assertion, SLUG, EMAIL).await.json();
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(60), &json!("Bearer")));
    assert_eq!(world.query(answer["access_token"].as_str().unwrap()).await, 200);
    let again = world.exchange(&assertion, SLUG, EMAIL).await;
    assert_eq!((again.status, &again.json()["error"]), (401, &json!("invalid_client")));
    assert!(again.text.contains("already used"));
    world.fake.revoke_minted();
    assert_eq!(world.query(answer["access_token"].as_str().unwrap()).await, 401);
}

#[tokio::test]
async fn a_wrong_assertion_audience_or_subject_is_refused_in_buildkite_s_words() {
    let world = World::new().await;
    for (changes, error) in [
        (json!({"iss": "other"}), "Unknown client"),
        (json!({"aud": "https://buildkite.com"}), "JWT `aud` claim is invalid"),
        (json!({"exp": NOW}), "JWT `exp` claim must be in the future"),
        (json!({"exp": NOW + 301}), "within 5 minutes"),
        (json!({"iat": NOW - 60, "exp": NOW + 200}), "JWT `iat` claim"),
        (json!({"iat": NOW + 60, "exp": NOW + 300}), "JWT `iat` claim"),
    ] {
        let answer = world.exchange(&world.sign(changes), SLUG, EMAIL).await;
        assert_eq!(answer.status, 401);
        assert!(answer.text.contains(error), "{}", answer.text);
    }
    let forged = world.sign(json!({})) + "AA";
    let answer = world.exchange(&forged, SLUG, EMAIL).await;
    assert!(answer.text.contains("Invalid client assertion signature"), "{}", answer.text);
    let assertion = |id: &str| world.sign(json!({"jti": id}));
    let answer = world.exchange(&assertion("2"), "other", EMAIL).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_target")));
    let answer = world.exchange(&assertion("3"), SLUG, "bob@example.com").await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn a_request_can_be_signed_with_a_public_key() {
    let world = World::new().await;
    assert_eq!(world.query(&world.sign(json!({"iss": "token"}))).await, 200);
    assert_eq!(world.query(&world.sign(json!({"iss": "other"}))).await, 401);
    assert_eq!(world.query(&world.sign(json!({"iss": "token", "iat": NOW - 60}))).await, 401);
}

#[tokio::test]
async fn a_portal_mints_tokens_for_its_secret() {
    let world = World::new().await;
    let path = format!("/organizations/{SLUG}/portals/{PORTAL}/tokens");
    let ask = |secret: &str, minutes: u64| {
        json!({"grant_type": "client_credentials", "client_id": "portal", "secret": secret,
               "expires_in": minutes})
        .to_string()
    };
    let answer = send(&world.fake, "POST", &path, &[], ask("secret", 5)).await.unwrap();
    assert_eq!(answer.json()["expires_at"], "2026-01-01T00:05:00.000Z");
    assert_eq!(world.query(answer.json()["token"].as_str().unwrap()).await, 200);
    for (body, status) in [
        (ask("wrong", 5), 401),
        (ask("secret", 61), 422),
        (json!({"client_id": "portal", "secret": "secret"}).to_string(), 400),
        ("no JSON".to_owned(), 400),
    ] {
        assert_eq!(send(&world.fake, "POST", &path, &[], body).await.unwrap().status, status);
    }
    let path = path.replace(PORTAL, "other");
    assert_eq!(send(&world.fake, "POST", &path, &[], ask("secret", 5)).await.unwrap().status, 404);
    let statuses: Vec<u16> =
        world.fake.token_requests().iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [200, 401, 422, 400, 400]);
}
