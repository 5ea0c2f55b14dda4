//! A node of the simulated cluster from outside: its JSON-RPC over HTTP, its sockets, and real tools.

mod accounts;
mod hostile;
pub(crate) mod served;
mod sockets;
mod speed;
mod tools;
mod transactions;
mod trouble;
