//! Explains why TLS failed and what to do.

use crate::egress::certificate;
use crate::egress::peer::Peer;
use wasmtime_wasi_http::Error as HttpError;

const ELSE: &str = "whether a proxy or a captive portal answers in its place";

/// Translates a TLS failure into an error for the guest, and a message that explains it.
pub(crate) fn explain(error: &rustls::Error, peer: &Peer) -> (HttpError, String) {
    let Peer { name, source, .. } = peer;
    match error {
        rustls::Error::InvalidCertificate(bad) => {
            (HttpError::TlsCertificateError, certificate::explain(bad, peer))
        }
        rustls::Error::NoCertificatesPresented => {
            let text = format!("{name} presented no certificate; check the host in {source}");
            (HttpError::TlsCertificateError, text)
        }
        rustls::Error::AlertReceived(alert) => {
            let code = HttpError::TlsAlertReceived {
                alert_id: Some(u8::from(*alert)),
                alert_message: None,
            };
            let text = format!(
                "{name} refused the TLS handshake ({alert:?}); check the host and port in {source}"
            );
            (code, text)
        }
        rustls::Error::PeerIncompatible(why) => {
            let text = format!(
                "{name} supports no TLS version or cipher that host-test supports ({why:?}); \
                 enable TLS 1.2 or 1.3 there"
            );
            (HttpError::TlsProtocolError, text)
        }
        rustls::Error::InvalidMessage(_) | rustls::Error::InappropriateMessage { .. } => {
            let text = format!(
                "{name} did not answer with TLS; check the scheme, host and port in {source}, and \
                 {ELSE}"
            );
            (HttpError::TlsProtocolError, text)
        }
        other => {
            let text =
                format!("TLS with {name} failed: {other}; check the host and port in {source}");
            (HttpError::TlsProtocolError, text)
        }
    }
}

/// Returns the error for a connection that the peer closed during the handshake.
pub(crate) fn closed(peer: &Peer) -> (HttpError, String) {
    let Peer { name, source, .. } = peer;
    let text = format!(
        "{name} closed the connection during the TLS handshake; check the scheme, host and port \
         in {source}, and {ELSE}"
    );
    (HttpError::TlsProtocolError, text)
}
