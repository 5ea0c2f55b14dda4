//! dex-router
