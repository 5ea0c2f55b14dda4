//! The real program as its users meet it: started, called, signalled, killed.

mod bench;
mod bound;
mod chain;
mod chaos;
mod client_program;
mod cluster;
mod commands;
mod crashes;
mod dashboard;
mod doors;
mod doubt;
mod e2e;
mod examples;
mod expiring;
mod extensions;
mod guide;
mod halting;
mod health;
mod hostile;
mod kill_matrix;
mod live;
mod on_postgres;
mod operators_view;
mod order_api;
mod overload;
mod run;
mod serving;
mod settings;
mod signer;
mod spending;
mod stopping;
#[cfg(feature = "otlp")]
mod traces;
mod waiting;
mod wallets;
mod world;
