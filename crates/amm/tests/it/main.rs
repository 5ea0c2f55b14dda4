//! The integration tests of `amm`, in one binary.

mod properties;
mod svm;
mod vectors;
