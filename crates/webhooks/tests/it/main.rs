//! Webhooks over a real store in virtual time, and over real connections.

mod connections;
mod sending;
mod stopping;
mod world;
