//! The client against an engine that misbehaves by the book.

mod follow;
mod scripted;
mod submit;
