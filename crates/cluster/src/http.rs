//! One HTTP client for all of a test process.

use std::sync::OnceLock;

static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();

/// The client; the first call sets TLS up.
#[must_use]
pub fn http() -> &'static reqwest::Client {
    CLIENT.get_or_init(|| {
        // Another part of the process may have been first; either is the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::new()
    })
}
