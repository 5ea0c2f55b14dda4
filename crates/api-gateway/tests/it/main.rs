//! The gateway as its clients see it.

mod documents;
mod http_client;
mod http_head;
mod http_hostile;
mod http_intake;
mod http_keys;
mod http_limits;
mod http_market;
mod http_sim;
mod http_sites;
mod http_system;
mod http_tokens;
mod http_wallets;
mod http_words;
mod outside;
mod ranges;
mod ws_account;
mod ws_follow;
mod ws_manners;
mod ws_server;
mod ws_sse;
mod ws_submit;
mod ws_world;
