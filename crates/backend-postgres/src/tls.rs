//! The address and its TLS; `sslmode` and `sslrootcert` mean what they mean in libpq.

mod connector;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

pub(crate) use connector::Connector;

/// An address that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidAddress {
    #[error("it is not a postgres:// address")]
    Url(#[source] tokio_postgres::Error),
    #[error("sslmode={0} is not one of disable, prefer, require, verify-ca, verify-full")]
    SslMode(String),
    #[error("the certificates in {0} cannot be read")]
    RootCertificates(PathBuf),
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Which servers an encrypted connection trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Any server: what `require` means without a root certificate.
    Anybody,
    /// A certificate for the server's name, signed by a trusted authority.
    Verified,
}

/// Reads an address.
pub(crate) fn read_address(url: &str) -> Result<(Config, Connector), InvalidAddress> {
    let (bare, mut mode, mut roots) = (strip(url), "prefer".to_owned(), None);
    for (name, value) in query_of(url) {
        match name {
            "sslmode" => value.clone_into(&mut mode),
            "sslrootcert" => roots = Some(PathBuf::from(decoded(value))),
            _ => {}
        }
    }
    let mut config: Config = bare.parse().map_err(InvalidAddress::Url)?;
    let (ssl_mode, trust) = match (mode.as_str(), &roots) {
        ("disable", _) => (SslMode::Disable, Trust::Anybody),
        ("allow" | "prefer", _) => (SslMode::Prefer, Trust::Anybody),
        ("require", None) => (SslMode::Require, Trust::Anybody),
        ("require", Some(_)) | ("verify-ca" | "verify-full", _) => {
            (SslMode::Require, Trust::Verified)
        }
        _ => return Err(InvalidAddress::SslMode(mode)),
    };
    config.ssl_mode(ssl_mode);
    Ok((config, connector(trust, roots.as_deref())?))
}

fn query_of(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter_map(|parameter| parameter.split_once('='))
}

/// The address without the parameters that only this file understands.
fn strip(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|parameter| {
            let name = parameter.split('=').next();
            !matches!(name, Some("sslmode" | "sslrootcert" | "pgbouncer"))
        })
        .collect();
    if kept.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", kept.join("&"))
    }
}

/// A path in an address, whose slashes may be written as `%2F`.
fn decoded(path: &str) -> String {
    path.replace("%2F", "/")
        .replace("%2f", "/")
        .replace("%20", " ")
}

fn connector(trust: Trust, roots: Option<&Path>) -> Result<Connector, InvalidAddress> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(InvalidAddress::Tls)?;
    let config = match trust {
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth(),
        Trust::Verified => {
            let store = Arc::new(root_store(roots)?);
            let verifier = WebPkiServerVerifier::builder_with_provider(store, provider)
                .build()
                .map_err(|error| InvalidAddress::Tls(rustls::Error::General(error.to_string())))?;
            builder.with_webpki_verifier(verifier).with_no_client_auth()
        }
    };
    Ok(Connector::new(config))
}

fn root_store(roots: Option<&Path>) -> Result<RootCertStore, InvalidAddress> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let unreadable = || InvalidAddress::RootCertificates(path.to_owned());
            for certificate in CertificateDer::pem_file_iter(path).map_err(|_| unreadable())? {
                let certificate = certificate.map_err(|_| unreadable())?;
                store.add(certificate).map_err(InvalidAddress::Tls)?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(system.certs);
        }
    }
    Ok(store)
}

/// Encrypts without checking who the other side is; the handshake's signature must still be valid.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
