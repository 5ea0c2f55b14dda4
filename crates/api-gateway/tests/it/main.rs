//! The gateway as its clients see it.

mod ws_account;
mod ws_follow;
mod ws_manners;
mod ws_server;
mod ws_sse;
mod ws_submit;
mod ws_world;
