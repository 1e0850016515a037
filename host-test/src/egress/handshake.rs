//! Why TLS failed, in words that say what to do.

use crate::egress::origin::Origin;
use crate::guest::redact::one_line;
use chrono::DateTime;
use rustls::CertificateError as Bad;
use rustls::pki_types::UnixTime;
use wasmtime_wasi_http::Error as HttpError;

/// Names of a certificate that are quoted, each of at most so many letters: a remote wrote them.
const NAMES_MAX: usize = 5;
const NAME_CHARS_MAX: usize = 100;

const ELSE: &str = "whether a proxy or a captive portal answers in its place";

/// Translates a failure of TLS with an origin, and says why it failed.
pub(crate) fn explain(error: &rustls::Error, origin: &Origin) -> (HttpError, String) {
    match error {
        rustls::Error::InvalidCertificate(bad) => {
            (HttpError::TlsCertificateError, certificate(bad, origin))
        }
        rustls::Error::AlertReceived(alert) => {
            let code = HttpError::TlsAlertReceived {
                alert_id: Some(u8::from(*alert)),
                alert_message: None,
            };
            (
                code,
                format!("{origin} refused the TLS handshake ({alert:?}); check its host and port"),
            )
        }
        rustls::Error::PeerIncompatible(why) => {
            let text = format!(
                "{origin} and this host have no version or cipher of TLS in common ({why:?}); \
                 1.2 and 1.3 are spoken here"
            );
            (HttpError::TlsProtocolError, text)
        }
        rustls::Error::InvalidMessage(_) | rustls::Error::InappropriateMessage { .. } => {
            (HttpError::TlsProtocolError, not_tls(origin))
        }
        other => (HttpError::TlsProtocolError, format!("TLS with {origin} failed: {other}")),
    }
}

/// What answers is something else than TLS.
fn not_tls(origin: &Origin) -> String {
    format!(
        "{origin} did not answer with TLS; check scheme, host and port of the endpoint, and {ELSE}"
    )
}

/// The connection was closed instead of an answer.
pub(crate) fn closed(origin: &Origin) -> (HttpError, String) {
    let text = format!(
        "{origin} closed the connection during the TLS handshake; check scheme, host and port of \
         the endpoint, and {ELSE}"
    );
    (HttpError::TlsProtocolError, text)
}

fn certificate(bad: &Bad, origin: &Origin) -> String {
    let shown = |time: &UnixTime| {
        let time =
            i64::try_from(time.as_secs()).ok().and_then(|time| DateTime::from_timestamp(time, 0));
        time.map_or("an unknown time".to_owned(), |time| {
            time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        })
    };
    match bad {
        Bad::UnknownIssuer => format!(
            "{origin} presented a certificate of an unknown issuer; for a private CA or a gateway \
             that inspects TLS, name its CA certificate with --ca-file FILE, or with SSL_CERT_FILE"
        ),
        Bad::NotValidForNameContext { presented, .. } => {
            let quote = |name: &String| one_line(name, NAME_CHARS_MAX);
            let mut names: Vec<String> = presented.iter().take(NAMES_MAX).map(quote).collect();
            if presented.len() > NAMES_MAX {
                names.push("…".to_owned());
            }
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            let host = origin.host();
            format!(
                "{origin} presented a certificate for another name ({names}, not {host}); check \
                 the endpoint's host, what it resolves to, and {ELSE}"
            )
        }
        Bad::NotValidForName => format!(
            "{origin} presented a certificate for another name; check the endpoint's host, what \
             it resolves to, and {ELSE}"
        ),
        Bad::ExpiredContext { time, not_after } => format!(
            "{origin} presented a certificate that expired at {}; have it renewed, or set this \
             machine's clock, which says {}",
            shown(not_after),
            shown(time)
        ),
        Bad::Expired => format!(
            "{origin} presented a certificate that has expired; have it renewed, or set this \
             machine's clock"
        ),
        Bad::NotValidYetContext { time, not_before } => format!(
            "{origin} presented a certificate that is not valid before {}; set this machine's \
             clock, which says {}, or have the certificate replaced",
            shown(not_before),
            shown(time)
        ),
        Bad::NotValidYet => format!(
            "{origin} presented a certificate that is not valid yet; set this machine's clock"
        ),
        other => {
            let why = one_line(&other.to_string(), NAME_CHARS_MAX);
            format!(
                "{origin} presented a certificate that cannot be accepted: {why}; have it replaced"
            )
        }
    }
}
