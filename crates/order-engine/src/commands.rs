//! One file per command.

pub(crate) mod bench;
pub(crate) mod books;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod echo;
pub(crate) mod execution;
pub(crate) mod fills;
pub(crate) mod health;
pub(crate) mod migrate;
pub(crate) mod orders;
pub(crate) mod pools;
pub(crate) mod queue;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod signer;
pub(crate) mod sim_chain;
pub(crate) mod simulate;
pub(crate) mod submit;
pub(crate) mod top;
pub(crate) mod wallet;
pub(crate) mod watch;
pub(crate) mod webhooks;
