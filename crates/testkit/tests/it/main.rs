//! What holds for the source of every crate.

mod circles;
