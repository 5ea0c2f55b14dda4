//! The integration tests of `dex-router`, in one binary.

mod vectors;
