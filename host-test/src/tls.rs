//! Which servers are believed to be who they say they are.

use crate::exit::{Failure, Result};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};

/// Sessions that a tenant's next connections may resume. They are shared with no other tenant.
const SESSIONS_MAX: usize = 8;

/// The judge of certificates: large, the same for all tenants, and without a memory of its own.
static VERIFIER: OnceLock<Arc<WebPkiServerVerifier>> = OnceLock::new();

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

/// Trusts what the operating system trusts, and Mozilla's list for machines that have none.
fn verifier() -> Result<Arc<WebPkiServerVerifier>> {
    if let Some(verifier) = VERIFIER.get() {
        return Ok(Arc::clone(verifier));
    }
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    // Certificates that rustls cannot read are of no use to us, and no reason to stop.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let made = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| Failure::Failed(format!("cannot set up TLS: {error}")))?;
    Ok(Arc::clone(VERIFIER.get_or_init(|| made)))
}

/// What a client of one tenant goes by. `is_used`: whether any of its origins speaks TLS at all.
///
/// # Errors
///
/// [`Failure::Failed`] when TLS cannot be set up.
pub fn client(is_used: bool) -> Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Failed(format!("cannot set up TLS: {error}")))?;
    let mut config = match is_used {
        true => builder.with_webpki_verifier(verifier()?).with_no_client_auth(),
        false => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    };
    config.resumption = Resumption::in_memory_sessions(SESSIONS_MAX);
    Ok(config)
}
