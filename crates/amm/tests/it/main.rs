//! The integration tests of `amm`, in one binary.

mod errors;
mod properties;
mod svm;
mod vectors;
