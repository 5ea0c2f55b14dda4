//! sim-chain
