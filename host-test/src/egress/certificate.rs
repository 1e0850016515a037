//! Explains why a certificate is refused and what to do.

use crate::egress::peer::Peer;
use chrono::DateTime;
use rustls::CertificateError as Bad;
use rustls::pki_types::UnixTime;
use source_token::one_line;
use webpki::Error as Chain;

/// Maximum number of names that a message quotes from a certificate, since a remote wrote them.
const NAMES_MAX: usize = 5;

/// Maximum number of characters that a message quotes from any text in a certificate.
const NAME_CHARS_MAX: usize = 100;

/// What is wrong with a certificate, and what to do. Both follow the words "presented a certificate".
type Fault = (String, String);

/// Returns why a server's certificate is refused, and what to do.
pub(crate) fn explain(bad: &Bad, peer: &Peer) -> String {
    let (what, remedy) = time(bad)
        .or_else(|| trust(bad, peer))
        .or_else(|| form(bad).map(owned))
        .or_else(|| match bad {
            Bad::Other(other) => other.0.downcast_ref::<Chain>().and_then(chain).map(owned),
            _ => None,
        })
        .unwrap_or_else(|| {
            let why = match bad {
                Bad::Other(other) => other.0.to_string(),
                bad => bad.to_string(),
            };
            let why = one_line(&why, NAME_CHARS_MAX);
            (format!("that is not accepted ({why})"), "have it replaced".to_owned())
        });
    format!("{} presented a certificate {what}; {remedy}", peer.name)
}

fn owned((what, remedy): (&str, &str)) -> Fault {
    (what.to_owned(), remedy.to_owned())
}

/// Explains errors about the time at which a certificate is valid.
fn time(bad: &Bad) -> Option<Fault> {
    let (what, remedy) = match bad {
        Bad::ExpiredContext { time, not_after } => (
            format!("that expired at {}", shown(not_after)),
            format!("have it renewed, or correct this machine's clock, which says {}", shown(time)),
        ),
        Bad::Expired => {
            owned(("that has expired", "have it renewed, or correct this machine's clock"))
        }
        Bad::NotValidYetContext { time, not_before } => (
            format!("that is not valid before {}", shown(not_before)),
            format!(
                "correct this machine's clock, which says {}, or have the certificate replaced",
                shown(time)
            ),
        ),
        Bad::NotValidYet => owned(("that is not valid yet", "correct this machine's clock")),
        _ => return None,
    };
    Some((what, remedy))
}

fn shown(time: &UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok();
    time.and_then(|time| DateTime::from_timestamp(time, 0)).map_or_else(
        || "an unknown time".to_owned(),
        |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// Explains errors about a certificate's issuer or subject.
fn trust(bad: &Bad, peer: &Peer) -> Option<Fault> {
    let names = match bad {
        Bad::UnknownIssuer => {
            return Some(owned((
                "from an unknown issuer",
                "for a private CA or a gateway that inspects TLS, pass its CA certificate with \
                 --ca-file FILE or SSL_CERT_FILE; for a public CA, have the server send its \
                 intermediate certificates",
            )));
        }
        Bad::BadSignature => {
            return Some(owned((
                "with a signature that does not match its issuer's key",
                "if its CA was renewed under the same name, pass the new CA certificate with \
                 --ca-file FILE; otherwise have the certificate replaced",
            )));
        }
        Bad::NotValidForNameContext { presented, .. } => {
            let quote = |name: &String| one_line(plain(name), NAME_CHARS_MAX);
            let names: Vec<String> = presented.iter().take(NAMES_MAX).map(quote).collect();
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            let more = if presented.len() > NAMES_MAX { ", …" } else { "" };
            format!(" ({names}{more}, not {})", peer.host)
        }
        Bad::NotValidForName => String::new(),
        _ => return None,
    };
    let remedy = format!(
        "check the host in {}, what it resolves to, and whether a proxy or a captive portal \
         answers in its place",
        peer.source
    );
    Some((format!("for another name{names}"), remedy))
}

/// Strips the type from a name as rustls shows it: `DnsName("x.example")` or `IpAddress(192.0.2.1)`.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

const MALFORMED: (&str, &str) = ("that is malformed", "have it replaced");
const CRITICAL: (&str, &str) =
    ("with a critical extension that is not supported", "have it issued without that extension");
const PURPOSE: (&str, &str) =
    ("that is not for servers", "have it issued with the extended key usage serverAuth");
const REVOCATION: (&str, &str) =
    ("whose revocation cannot be checked", "have its CA publish a current revocation list");

/// Explains errors about a certificate's content.
fn form(bad: &Bad) -> Option<(&'static str, &'static str)> {
    #[allow(deprecated)] // Variants that rustls no longer creates are still matched.
    Some(match bad {
        Bad::BadEncoding => MALFORMED,
        Bad::Revoked => ("that was revoked", "have it replaced"),
        Bad::UnhandledCriticalExtension => CRITICAL,
        Bad::UnknownRevocationStatus
        | Bad::ExpiredRevocationList
        | Bad::ExpiredRevocationListContext { .. } => REVOCATION,
        Bad::InvalidOcspResponse => (
            "with an invalid OCSP response",
            "have the server fetch a new one, or turn off OCSP stapling there",
        ),
        Bad::UnsupportedSignatureAlgorithm
        | Bad::UnsupportedSignatureAlgorithmContext { .. }
        | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => (
            "whose signature algorithm or key is not supported",
            "have it issued with an ECDSA key (P-256, P-384), or an RSA key of 2048 bits or more, \
             and signed with SHA-256 or better",
        ),
        Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => PURPOSE,
        _ => return None,
    })
}

/// Explains other errors of webpki about a certificate or its chain to the CA.
fn chain(bad: &Chain) -> Option<(&'static str, &'static str)> {
    Some(match bad {
        Chain::CaUsedAsEndEntity => (
            "that is a CA certificate, such as `openssl req -x509` creates",
            "have the CA issue one for the server, or create it with basicConstraints=CA:FALSE",
        ),
        Chain::EndEntityUsedAsCa => (
            "whose issuer is not a CA",
            "have it issued by a certificate with basicConstraints=CA:TRUE",
        ),
        Chain::CertDistrusted => ("that is distrusted", "have it replaced"),
        Chain::EmptyEkuExtension => PURPOSE,
        Chain::UnsupportedCriticalExtension => CRITICAL,
        Chain::UnsupportedCertVersion => {
            ("that is not X.509 version 3", "have it issued as version 3, with a subjectAltName")
        }
        Chain::NameConstraintViolation => (
            "for a name that its CA may not certify",
            "have it issued by a CA whose name constraints allow the name",
        ),
        Chain::PathLenConstraintViolated
        | Chain::MaximumPathDepthExceeded
        | Chain::MaximumPathBuildCallsExceeded
        | Chain::MaximumSignatureChecksExceeded
        | Chain::MaximumNameConstraintComparisonsExceeded => (
            "whose chain to its CA is too long",
            "have the server send only the certificates between its own and the CA's",
        ),
        Chain::BadDer
        | Chain::BadDerTime
        | Chain::TrailingData(_)
        | Chain::ExtensionValueInvalid
        | Chain::InvalidCertValidity
        | Chain::InvalidNetworkMaskConstraint
        | Chain::InvalidSerialNumber
        | Chain::MalformedDnsIdentifier
        | Chain::MalformedExtensions
        | Chain::MalformedNameConstraint
        | Chain::SignatureAlgorithmMismatch => MALFORMED,
        Chain::InvalidCrlNumber
        | Chain::UnsupportedCrlIssuingDistributionPoint
        | Chain::UnsupportedCrlVersion
        | Chain::UnsupportedDeltaCrl
        | Chain::UnsupportedIndirectCrl
        | Chain::UnsupportedRevocationReason
        | Chain::UnsupportedRevocationReasonsPartitioning => REVOCATION,
        // Rustls has its own variants for the other errors.
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
