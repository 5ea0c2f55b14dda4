//! The integration tests of `amm`, in one binary.

mod svm;
mod vectors;
