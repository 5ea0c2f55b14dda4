//! The client against an engine that misbehaves in scripted ways.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod follow;
mod scripted;
mod stream;
mod submit;
