//! The worker: takes order ids from the queue, claims the orders in the store, and executes each
//! until it has ended or waits for something.
//!
//! Invariants of this crate:
//! - **I1** The store is the only truth; the queue only says where to look.
//! - **I2** At most one transaction per order may still land.
//! - **I3** Every change is one recorded event, under the lease's fence; an effect follows only
//!   after the event has won.
//! - **I4** Sign, store, commit, send: never in another order.
//! - **I5** The worker signs another transaction only once the last one is proved dead. Either it
//!   was rolled back and that is final; or the worker first reads what is final, which must be past
//!   the transaction's last valid height, and then the chain, asked as of that, does not find it.
//!   An error, and a transaction that was seen and is not sure yet, prove nothing. Where nobody can prove it, an
//!   operator's word stands in for the proof, once it can no longer land by its height and the chain does not know it.
//! - **I6** Timers here are monotonic; the store's clock decides about leases, due times and
//!   expiries.
//!
//! It must not know any database, HTTP, or how a venue computes its prices.
//!
//! Begin with `lifecycle.rs`: how an order goes from state to state. `driver.rs` keeps the slots
//! filled, `awakening.rs` wakes orders whose transactions have news, `halting.rs` follows halts, `sweeper.rs` brings back what
//! was lost on the way, `scanning.rs` fires orders that wait for a price, `expiring.rs` ends orders whose time has run out, `finality.rs` looks after
//! orders that are confirmed, `doubting.rs` for those that nobody can prove dead.

pub mod crash_point;
pub mod expiring;
pub mod limiter;
pub mod settings;
pub mod sweeper;

mod asking;
mod assignment;
mod awakening;
mod balance;
mod context;
mod doubting;
mod driver;
mod finality;
mod foreign;
mod halting;
mod lifecycle;
mod looking;
mod metrics;
mod missing;
mod panics;
mod patient;
mod permission;
mod reconciling;
mod recording;
mod scanning;
mod session;
mod sniped;
mod stages;
mod taking;
mod trailing;
mod unheard;
mod usage;
mod volumes;
mod watching;

use std::sync::Arc;

use dex_router::Router;
use domain::NamedWallet;
use ports::reconciliation::WalletHistory;
use ports::{
    Announcer, Births, Landing, Ports, Shutdown, Statuses, TransactionBuilder, Valve, WalletView,
};
use tokio::sync::oneshot;

pub use settings::Settings;

use context::Context;
use doubting::Doubter;
use expiring::Expirer;
use finality::FinalityLook;
use reconciling::Reconciling;
use session::Presence;
use sweeper::Sweeper;

/// The chain, as a worker uses it.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Makes transactions of routes.
    pub builder: Arc<dyn TransactionBuilder>,
    /// Sends them, and tells what became of them.
    pub landing: Arc<dyn Landing>,
    /// Tells where signatures stand, many at once.
    pub statuses: Arc<dyn Statuses>,
    /// The wallets whose keys the builder has, the one that it uses unasked first. Where none is named, the worker takes
    /// orders of all.
    pub wallets: Vec<OwnWallet>,
    /// What builder and landing sign and send through.
    pub valve: Arc<Valve>,
    /// Tells of pools that are born, where somebody does.
    pub births: Option<Arc<dyn Births>>,
}

/// A wallet that pays.
#[derive(Debug, Clone)]
pub struct OwnWallet {
    pub name: NamedWallet,
    /// Shows its balance.
    pub view: Arc<dyn WalletView>,
    /// Its past, which is compared with the engine's receipts.
    pub history: Arc<dyn WalletHistory>,
}

impl Chain {
    /// What the wallets are called, and where they are.
    fn names(&self) -> Vec<NamedWallet> {
        self.wallets.iter().map(|own| own.name.clone()).collect()
    }
}

/// A running worker. It stops when the [`Shutdown`] says so.
#[derive(Debug, Clone)]
pub struct Worker {
    presence: Arc<Presence>,
}

impl Worker {
    /// Starts taking orders, with sweeper, expirer and the looks for finality and doubts beside it. All
    /// end by themselves after a soft request.
    #[must_use]
    pub fn start(
        ports: &Ports,
        announcer: &Announcer,
        router: Router,
        chain: Chain,
        settings: Settings,
        shutdown: &Shutdown,
    ) -> Self {
        let sweeper = Sweeper::new(ports, settings.sweep);
        let expirer = Expirer::new(ports, announcer, settings.sweep);
        let finality = FinalityLook::new(ports, &chain, settings.sweep);
        let doubter = Doubter::new(ports, &chain, settings.sweep, settings.doubt_after);
        if !chain.wallets.is_empty() {
            let (wallets, clock) = (chain.wallets.clone(), Arc::clone(&ports.clock));
            let shown = balance::show(wallets, clock, shutdown.clone());
            shutdown.spawn_essential("balance", shown);
        }
        if !chain.wallets.is_empty() {
            let reconciling = Reconciling::new(ports, &chain.wallets, settings.on_alarm);
            shutdown.spawn_essential("reconciliation", reconciling.run(shutdown.clone()));
        }
        let context = Context::new(ports, announcer, router, chain, settings, shutdown);
        let context = Arc::new(context);
        if !context.chain.wallets.is_empty() && !context.settings.limits.is_empty() {
            let shown = usage::show(Arc::clone(&context), shutdown.clone());
            shutdown.spawn_essential("usage", shown);
        }
        if let Some(births) = context.chain.births.clone() {
            shutdown.spawn_until_soft(async move { births.attend().await });
        }
        shutdown.spawn_essential("scan", scanning::run(Arc::clone(&context)));
        let presence = Arc::new(Presence::default());
        let watching = watching::run(Arc::clone(&context), Arc::clone(&presence));
        shutdown.spawn_essential("watch", watching);
        let driver = driver::run(Arc::clone(&context), Arc::clone(&presence));
        let (runs, ended) = oneshot::channel();
        let (looked, first_look) = oneshot::channel();
        shutdown.spawn_essential("landing list", awakening::run(context, looked, ended));
        let stopping = shutdown.clone();
        shutdown.spawn_essential("worker", async move {
            let _runs: oneshot::Sender<()> = runs;
            tokio::select! {
                biased;
                () = stopping.soft() => {}
                _ = first_look => {}
            }
            driver.await;
        });
        shutdown.spawn_essential("sweeper", sweeper.run(shutdown.clone()));
        shutdown.spawn_essential("expirer", expirer.run(shutdown.clone()));
        shutdown.spawn_essential("finality", finality.run(shutdown.clone()));
        shutdown.spawn_essential("doubts", doubter.run(shutdown.clone()));
        Self { presence }
    }

    /// Whether the store knows this worker, so that it can get leases.
    #[must_use]
    pub fn is_enlisted(&self) -> bool {
        self.presence.is_enlisted()
    }

    /// How many orders it executes at this moment.
    #[must_use]
    pub fn running(&self) -> u32 {
        self.presence.running()
    }
}
