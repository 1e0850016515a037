//! The message for each certificate error of rustls and webpki.

use super::*;
use rustls::OtherError;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;

fn explained(bad: &Bad) -> String {
    let peer = Peer { name: "https://x.example".into(), host: "x.example", source: "--proxy" };
    explain(bad, &peer)
}

fn other(chain: Chain) -> Bad {
    Bad::Other(OtherError(Arc::new(chain)))
}

#[test]
fn every_refusal_is_a_sentence_that_says_what_to_do() {
    let time = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
    let name = |presented: Vec<String>| Bad::NotValidForNameContext {
        expected: ServerName::try_from("x.example").unwrap(),
        presented,
    };
    for (bad, words) in [
        (Bad::BadEncoding, "that is malformed; have it replaced"),
        (Bad::Expired, "that has expired; have it renewed"),
        (Bad::ExpiredContext { time, not_after: time }, "expired at 2023-11-14T22:13:20Z; "),
        (Bad::NotValidYet, "not valid yet; correct this machine's clock"),
        (Bad::NotValidYetContext { time, not_before: time }, "before 2023-11-14T22:13:20Z; "),
        (Bad::Revoked, "was revoked; have it replaced"),
        (Bad::UnhandledCriticalExtension, "critical extension"),
        (Bad::UnknownIssuer, "from an unknown issuer; "),
        (Bad::UnknownRevocationStatus, "revocation cannot be checked; "),
        (Bad::ExpiredRevocationList, "revocation cannot be checked; "),
        (Bad::BadSignature, "does not match its issuer's key; if its CA was renewed"),
        (Bad::NotValidForName, "for another name; check the host in --proxy"),
        (name(Vec::new()), "(no name, not x.example); check the host in --proxy"),
        (name(vec!["a\nb".into(); 6]), "(a b, a b, a b, a b, a b, …, not x.example); "),
        (name(vec!["DnsName(\"y.example\")".into()]), "(y.example, not x.example); "),
        (name(vec!["IpAddress(192.0.2.1)".into()]), "(192.0.2.1, not x.example); "),
        (Bad::InvalidPurpose, "not for servers; have it issued with the extended key usage"),
        (Bad::InvalidOcspResponse, "invalid OCSP response; "),
        (Bad::ApplicationVerificationFailure, "that is not accepted ("),
        (other(Chain::CaUsedAsEndEntity), "is a CA certificate"),
        (other(Chain::EndEntityUsedAsCa), "whose issuer is not a CA; "),
        (other(Chain::UnsupportedCertVersion), "is not X.509 version 3; "),
        (other(Chain::UnsupportedCriticalExtension), "critical extension"),
        (other(Chain::NameConstraintViolation), "that its CA may not certify; "),
        (other(Chain::PathLenConstraintViolated), "chain to its CA is too long; "),
        (other(Chain::EmptyEkuExtension), "not for servers; "),
        (other(Chain::MalformedExtensions), "that is malformed; "),
        (other(Chain::UnsupportedDeltaCrl), "revocation cannot be checked; "),
        (other(Chain::UnsupportedNameType), "that is not accepted (UnsupportedNameType); have"),
    ] {
        let text = explained(&bad);
        let start = "https://x.example presented a certificate ";
        assert!(text.starts_with(start) && text.contains(words), "{bad:?}: {text}");
    }
}
