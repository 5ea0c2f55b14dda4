//! What the engine needs from the outside world, as traits: the store (the truth), the queue (a
//! hint), the feed (a projection), the chain, the clock; and what operators may do to a simulated
//! cluster. Promises are numbered. For those of store, queue and feed `testkit::contract` has one
//! test per promise, and every backend passes all of them.
//!
//! It must not know any database, HTTP or a venue.
//!
//! Begin with `order_store.rs`.

pub mod announcer;
pub mod asset_source;
pub mod births;
pub mod chain;
pub mod clock;
pub mod cluster;
pub mod commits;
pub mod directory;
pub mod doubt;
pub mod fills;
pub mod finality;
pub mod job_queue;
pub mod landing;
pub mod ledger;
pub mod operations;
pub mod order_history;
pub mod order_store;
pub mod random;
pub mod reconciliation;
pub mod retry;
pub mod safety;
pub mod shutdown;
pub mod simulation;
pub mod status_feed;
pub mod transaction_builder;
pub mod transaction_reader;
pub mod unconfirmed;
pub mod valve;
pub mod volumes;
pub mod waiting;
pub mod wallet;
pub mod wallet_uses;
pub mod webhooks;
pub mod worker_registry;

mod error;

use std::sync::Arc;

pub use announcer::Announcer;
pub use asset_source::AssetSource;
pub use births::Births;
pub use clock::{Clock, SystemClock};
pub use cluster::{Bound, ClusterId};
pub use commits::Commits;
pub use directory::Directory;
pub use doubt::Doubts;
pub use error::{Error, Result};
pub use fills::Fills;
pub use finality::{Finalities, Statuses};
pub use job_queue::JobQueue;
pub use landing::Landing;
pub use ledger::Ledger;
pub use operations::Operations;
pub use order_history::OrderHistory;
pub use order_store::OrderStore;
pub use random::Random;
pub use safety::Safety;
pub use shutdown::Shutdown;
pub use simulation::Simulation;
pub use status_feed::StatusFeed;
pub use transaction_builder::TransactionBuilder;
pub use transaction_reader::TransactionReader;
pub use unconfirmed::Unconfirmed;
pub use valve::Valve;
pub use volumes::Volumes;
pub use waiting::WaitingOrders;
pub use wallet::{WalletView, WalletViews};
pub use wallet_uses::WalletUses;
pub use webhooks::Webhooks;
pub use worker_registry::WorkerRegistry;

/// Target of the spans that only a trace shows. Without a trace collector they are switched off and
/// never created: `bootstrap`'s telemetry decides.
pub const STAGE_SPANS: &str = "stage";

/// The whole store: a backend implements all its parts, and the engine holds one object of this trait.
pub trait Store:
    OrderStore
    + OrderHistory
    + WorkerRegistry
    + Operations
    + Safety
    + Finalities
    + Doubts
    + Directory
    + WalletUses
    + WaitingOrders
    + Volumes
    + Webhooks
    + Fills
{
}

impl<T> Store for T where
    T: OrderStore
        + OrderHistory
        + WorkerRegistry
        + Operations
        + Safety
        + Finalities
        + Doubts
        + Directory
        + WalletUses
        + WaitingOrders
        + Volumes
        + Webhooks
        + Fills
{
}

/// Everything outside that the engine uses, made once in `main` and cloned freely.
#[derive(Debug, Clone)]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub queue: Arc<dyn JobQueue>,
    pub feed: Arc<dyn StatusFeed>,
    pub clock: Arc<dyn Clock>,
    pub random: Random,
}
