//! What a fake account accepts besides its plain token: portal secrets, applications, public keys. None of it is real.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};

/// How long minted tokens live, unless [`Accounts::life_ms`] says otherwise: an hour, Buildkite's maximum for portals.
const LIFE_MS: u64 = 60 * 60 * 1_000;

/// The credentials of a fake account.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The secret of the portal, which mints tokens.
    pub portal: Option<PortalSecret>,
    /// An application that may exchange assertions for tokens.
    pub application: Option<Application>,
    /// An API access token with a public key.
    pub public_key: Option<PublicKey>,
    /// How long minted tokens live at most, in milliseconds.
    pub life_ms: u64,
    /// When the plain token ends, as `GET /v2/access-token` says it.
    pub ends: Option<String>,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { portal: None, application: None, public_key: None, life_ms: LIFE_MS, ends: None }
    }
}

/// A portal's secret.
#[derive(Clone, Debug)]
pub struct PortalSecret {
    /// The portal's UUID.
    pub client_id: String,
    /// The secret.
    pub secret: String,
}

/// An application for OAuth token exchange.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its client ID.
    pub client_id: String,
    /// The only user that it may act as.
    pub subject: String,
    /// Its public key.
    pub key: VerifyingKey,
}

/// An API access token with a public key.
#[derive(Clone, Debug)]
pub struct PublicKey {
    /// The token's UUID.
    pub token_uuid: String,
    /// The public key.
    pub key: VerifyingKey,
}

/// A public key.
#[derive(Clone, Debug)]
pub enum VerifyingKey {
    /// RSA: a DER-encoded `RSAPublicKey` (PKCS #1).
    Rsa(Vec<u8>),
    /// ECDSA P-256: an uncompressed point.
    P256(Vec<u8>),
}

impl VerifyingKey {
    /// Returns the name of its algorithm in a JWT's header.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
        }
    }

    /// Returns whether this key made the signature.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (algorithm, key): (&dyn VerificationAlgorithm, _) = match self {
            Self::Rsa(key) => (&RSA_PKCS1_2048_8192_SHA256, key),
            Self::P256(key) => (&ECDSA_P256_SHA256_FIXED, key),
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
    }
}
