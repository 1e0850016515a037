//! Decides which servers' certificates are trusted.
#![allow(clippy::disallowed_methods, reason = "certificates are in files")]

use crate::exit::{Failure, Result};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Maximum number of TLS sessions that a tenant's later connections may resume. They are not shared with other tenants.
const SESSIONS_MAX: usize = 8;

/// Maximum size of the `--ca-file`, in bytes. All certificates that browsers trust take about 0.2 MiB.
const CA_BYTES_MAX: u64 = 4 << 20;

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())))
}

/// The trusted certificates: those of the operating system, or of `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`, Mozilla's list for machines that have none, and those of `--ca-file`.
/// Clones share the verifier, which is large.
#[derive(Clone, Default)]
pub struct Trust {
    own: Arc<[CertificateDer<'static>]>,
    verifier: Arc<OnceLock<Arc<WebPkiServerVerifier>>>,
}

impl Trust {
    /// Creates the set of trusted certificates, including those in this file.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with the flag and the file if the file is not usable.
    pub fn with(file: Option<&Path>) -> Result<Self> {
        let own = match file {
            None => Vec::new(),
            Some(file) => read(file)
                .map_err(|why| Failure::Refused(format!("--ca-file {}: {why}", file.display())))?,
        };
        Ok(Self { own: own.into(), verifier: Arc::default() })
    }

    /// Returns the verifier of certificates.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if `SSL_CERT_FILE` or `SSL_CERT_DIR` names no usable certificate, and
    /// [`Failure::Failed`] if TLS cannot be set up.
    pub fn verifier(&self) -> Result<Arc<WebPkiServerVerifier>> {
        if let Some(verifier) = self.verifier.get() {
            return Ok(Arc::clone(verifier));
        }
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        // An empty variable counts as unset, since a service file clears it that way.
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let named =
            named(variable("SSL_CERT_FILE"), variable("SSL_CERT_DIR")).map_err(Failure::Refused)?;
        // Skips certificates of the operating system that rustls cannot read.
        roots.add_parsable_certificates(named.unwrap_or_else(|| load_native_certs().certs));
        roots.add_parsable_certificates(self.own.iter().cloned());
        let made = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| Failure::Failed(format!("cannot set up TLS: {error}")))?;
        Ok(Arc::clone(self.verifier.get_or_init(|| made)))
    }

    /// Returns the configuration for the client of one tenant. `is_used` says whether any of its origins uses TLS.
    ///
    /// # Errors
    ///
    /// Same as [`Trust::verifier`].
    pub fn client(&self, is_used: bool) -> Result<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::Failed(format!("cannot set up TLS: {error}")))?;
        let mut config = match is_used {
            true => builder.with_webpki_verifier(self.verifier()?).with_no_client_auth(),
            false => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
        };
        config.resumption = Resumption::in_memory_sessions(SESSIONS_MAX);
        Ok(config)
    }
}

/// Returns the certificates that the two variables name, or `None` if neither is set. A variable that names no
/// usable certificate is refused: otherwise each connection would fail later, for a less obvious reason.
fn named(
    file: Option<OsString>,
    dirs: Option<OsString>,
) -> std::result::Result<Option<Vec<CertificateDer<'static>>>, String> {
    if file.is_none() && dirs.is_none() {
        return Ok(None);
    }
    let mut certs = Vec::new();
    if let Some(file) = file {
        let file = Path::new(&file);
        let found = usable(load_certs_from_paths(Some(file), None));
        certs.extend(found.map_err(|why| format!("SSL_CERT_FILE={}: {why}", file.display()))?);
    }
    if let Some(dirs) = dirs {
        let mut first_fault = None;
        let before = certs.len();
        for dir in std::env::split_paths(&dirs).filter(|dir| !dir.as_os_str().is_empty()) {
            match usable(load_certs_from_paths(None, Some(&dir))) {
                Ok(found) => certs.extend(found),
                // As in OpenSSL, one of several may be missing.
                Err(why) => {
                    first_fault.get_or_insert(why);
                }
            }
        }
        if certs.len() == before {
            let why = first_fault.unwrap_or_else(|| "names no folder; unset it".to_owned());
            return Err(format!("SSL_CERT_DIR={}: {why}", Path::new(&dirs).display()));
        }
    }
    Ok(Some(certs))
}

/// Returns the certificates that were loaded. At least one of them must be readable.
fn usable(loaded: CertificateResult) -> std::result::Result<Vec<CertificateDer<'static>>, String> {
    const REMEDY: &str = "point it to PEM certificates, or unset it";
    let (good, _) = RootCertStore::empty().add_parsable_certificates(loaded.certs.iter().cloned());
    match (good, loaded.errors.first()) {
        (0, Some(error)) => Err(format!("cannot be read: {error}; {REMEDY}")),
        (0, None) => Err(format!("contains no certificate; {REMEDY}")),
        _ => Ok(loaded.certs),
    }
}

/// Reads the certificates of `--ca-file`. Each of them must be usable as a trust anchor.
fn read(file: &Path) -> std::result::Result<Vec<CertificateDer<'static>>, String> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(CA_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > CA_BYTES_MAX {
        return Err(format!(
            "is larger than {} MiB; name a PEM file of CA certificates",
            CA_BYTES_MAX >> 20
        ));
    }
    let certs = CertificateDer::pem_slice_iter(&bytes)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|error| format!("is not a PEM file of certificates: {error}"))?;
    if certs.is_empty() {
        return Err(
            "contains no certificate; PEM begins with -----BEGIN CERTIFICATE-----".to_owned()
        );
    }
    let mut roots = RootCertStore::empty();
    for cert in &certs {
        roots
            .add(cert.clone())
            .map_err(|error| format!("contains an invalid certificate: {error}"))?;
    }
    Ok(certs)
}
