//! Key pairs for tests, which no account accepts. `keys/README.md` says how they were made.

use fake_buildkite::VerifyingKey;

/// A private RSA key, in PKCS #8.
pub const RSA: &str = include_str!("../keys/rsa.pem");

/// A private ECDSA P-256 key, in SEC 1.
pub const EC: &str = include_str!("../keys/ec.pem");

/// Returns the public key of [`RSA`].
pub fn rsa() -> VerifyingKey {
    VerifyingKey::Rsa(include_bytes!("../keys/rsa.der").to_vec())
}

/// Returns the public key of [`EC`].
pub fn ec() -> VerifyingKey {
    VerifyingKey::P256(include_bytes!("../keys/ec.point").to_vec())
}
