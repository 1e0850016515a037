//! A private key that signs assertions: RSA or ECDSA P-256, in PEM.

use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use std::sync::Arc;

/// Length of each of the two numbers of a P-256 signature in a JWT, in bytes. Source: RFC 7518, section 3.4.
const NUMBER_BYTES: usize = 32;

/// A private key. Nothing can print it.
#[derive(Clone)]
pub(crate) struct Key {
    key: Arc<dyn SigningKey>,
    scheme: SignatureScheme,
}

impl Key {
    /// Parses a key in PEM: PKCS #8, PKCS #1 (RSA) or SEC 1 (EC).
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it and what to do, without quoting it.
    pub fn parse(pem: &str) -> Result<Self, String> {
        if let Some(why) = fault(pem) {
            return Err(why.to_owned());
        }
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| "is damaged: it is not valid PEM; copy the key again".to_owned())?;
        let key = any_supported_type(&der).map_err(|_| unsupported())?;
        let scheme = match key.algorithm() {
            SignatureAlgorithm::RSA => SignatureScheme::RSA_PKCS1_SHA256,
            SignatureAlgorithm::ECDSA => SignatureScheme::ECDSA_NISTP256_SHA256,
            _ => return Err(unsupported()),
        };
        // An ECDSA key on another curve does not have this scheme.
        key.choose_scheme(&[scheme]).ok_or_else(unsupported)?;
        Ok(Self { key, scheme })
    }

    /// Parses an RSA key.
    ///
    /// # Errors
    ///
    /// Same as [`Key::parse`].
    pub fn parse_rsa(pem: &str) -> Result<Self, String> {
        match Self::parse(pem)? {
            key if key.is_rsa() => Ok(key),
            _ => Err("is an ECDSA key; only RSA is supported here".to_owned()),
        }
    }

    /// Returns the name of the algorithm in a JWT's header. Source: RFC 7518, section 3.1.
    pub fn algorithm(&self) -> &'static str {
        if self.is_rsa() { "RS256" } else { "ES256" }
    }

    /// Signs a message as JWTs require.
    ///
    /// # Errors
    ///
    /// Returns a message if the key cannot sign.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let signer: Option<Box<dyn Signer>> = self.key.choose_scheme(&[self.scheme]);
        let signature = signer.and_then(|signer| signer.sign(message).ok());
        let signature = match self.is_rsa() {
            true => signature,
            false => signature.and_then(|der| numbers(&der)),
        };
        signature.ok_or_else(|| "the private key cannot sign".to_owned())
    }

    fn is_rsa(&self) -> bool {
        self.scheme == SignatureScheme::RSA_PKCS1_SHA256
    }
}

/// Returns what is wrong with a text that should be a private key in PEM, if its headings tell.
fn fault(pem: &str) -> Option<&'static str> {
    let has = |words: &str| pem.contains(words);
    if has("ENCRYPTED") {
        Some("is encrypted; decrypt it: openssl pkey -in KEY -out NEW")
    } else if has("BEGIN OPENSSH PRIVATE KEY") {
        Some("is an OpenSSH key; convert a copy of it: ssh-keygen -p -m PEM -f KEY")
    } else if has("PRIVATE KEY-----") {
        None
    } else if has("BEGIN PUBLIC KEY") || has("BEGIN RSA PUBLIC KEY") {
        Some("is a public key; store the private key, whose public key is registered at Buildkite")
    } else if has("BEGIN CERTIFICATE") {
        Some("is a certificate; store its private key")
    } else {
        Some("is not a private key in PEM; it must begin with -----BEGIN PRIVATE KEY-----")
    }
}

fn unsupported() -> String {
    "is not a usable RSA (2048 to 4096 bits) or ECDSA P-256 key; create one: openssl genpkey \
     -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out KEY.pem"
        .to_owned()
}

/// Returns the two numbers of an ECDSA signature one after the other, as a JWT has them, instead of in DER: a sequence
/// of two integers. Source: RFC 3279, section 2.2.3.
fn numbers(der: &[u8]) -> Option<Vec<u8>> {
    let [0x30, _, rest @ ..] = der else { return None };
    let (first, rest) = integer(rest)?;
    let (second, rest) = integer(rest)?;
    rest.is_empty().then(|| [first, second].concat())
}

/// Splits off an integer of DER, padded to the length that it has in a JWT.
fn integer(der: &[u8]) -> Option<([u8; NUMBER_BYTES], &[u8])> {
    let [0x02, size, rest @ ..] = der else { return None };
    let (digits, rest) = rest.split_at_checked(usize::from(*size))?;
    // DER adds a zero before a number whose first bit is set.
    let digits = if digits.len() > NUMBER_BYTES { digits.strip_prefix(&[0])? } else { digits };
    let mut number = [0; NUMBER_BYTES];
    let from = NUMBER_BYTES.checked_sub(digits.len())?;
    number[from..].copy_from_slice(digits);
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_a_usable_key_is_refused_and_not_quoted() {
        let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let ed25519 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let damaged = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n";
        for (pem, words) in [
            ("bkua_secret", "is not a private key in PEM"),
            ("", "is not a private key in PEM"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nsecret", "is encrypted; decrypt it"),
            ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nsecret", "is encrypted"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret", "is an OpenSSH key"),
            ("-----BEGIN PUBLIC KEY-----\nsecret", "is a public key"),
            ("-----BEGIN CERTIFICATE-----\nsecret", "is a certificate"),
            (damaged, "is "),
            (&p384.serialize_pem(), "is not a usable RSA"),
            (&ed25519.serialize_pem(), "is not a usable RSA"),
        ] {
            let why = Key::parse(pem).err().unwrap();
            assert!(why.contains(words) && !why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn the_numbers_of_a_signature_have_a_fixed_length() {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let key = Key::parse(&key).unwrap();
        // Among this many, some have short or padded numbers.
        for count in 0..1_000_u32 {
            assert_eq!(key.sign(&count.to_be_bytes()).unwrap().len(), 2 * NUMBER_BYTES);
        }
        assert_eq!(integer(&[2, 1, 7]).unwrap().0[31], 7);
        for bad in [&[][..], &[2], &[2, 2, 7], &[3, 1, 7], &[2, 34, 0, 0]] {
            assert!(integer(bad).is_none(), "{bad:?}");
        }
    }
}
