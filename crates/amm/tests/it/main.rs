//! The integration tests of `amm`, in one binary.

mod accounts;
mod errors;
mod properties;
mod svm;
mod vectors;
