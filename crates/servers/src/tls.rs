//! A certificate for `localhost` and its private authority, for servers that speak TLS in tests. The
//! authority's own key was thrown away; nothing but these tests trusts it.

use std::path::{Path, PathBuf};

/// The authority's certificate.
#[must_use]
pub fn authority() -> PathBuf {
    fixture("ca.pem")
}

/// The server's certificate, signed by the authority.
#[must_use]
pub fn certificate() -> PathBuf {
    fixture("server.pem")
}

/// The server's key.
#[must_use]
pub fn key() -> PathBuf {
    fixture("server.key")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/tls")
        .join(name)
}
