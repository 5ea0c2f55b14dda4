//! order-worker
