//! Compares the wallets with the engine's receipts when the worker starts and again and again, one worker at a time.

use std::sync::Arc;
use std::time::Duration;

use ports::finality::Turn;
use ports::reconciliation::{OnAlarm, Reconciler, acting};
use ports::{Clock, Ports, Shutdown, Store};
use tokio::time::timeout;
use tracing::warn;

use crate::OwnWallet;

/// Between two comparisons of one worker.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// After one that failed, or that came to nothing because another worker has just compared.
const SOON: Duration = Duration::from_secs(5 * 60);
/// A comparison that takes longer is given up; what it has not noted is looked at again.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The comparisons of one worker.
#[derive(Debug)]
pub(crate) struct Reconciling {
    reconcilers: Vec<Reconciler>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    on_alarm: OnAlarm,
}

impl Reconciling {
    pub(crate) fn new(ports: &Ports, wallets: &[OwnWallet], on_alarm: OnAlarm) -> Self {
        let addresses = wallets.iter().map(|wallet| wallet.name.address);
        acting::register(ports.clock.now(), addresses);
        let reconcilers = wallets.iter().map(|wallet| Reconciler {
            store: Arc::clone(&ports.store),
            history: Arc::clone(&wallet.history),
            clock: Arc::clone(&ports.clock),
        });
        Self {
            reconcilers: reconcilers.collect(),
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            on_alarm,
        }
    }

    /// Compares until somebody asks to stop.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        tokio::select! {
            biased;
            () = shutdown.soft() => {}
            () = self.compare_for_ever() => {}
        }
    }

    async fn compare_for_ever(&self) {
        loop {
            let pause = match self.compare().await {
                true => EVERY,
                false => SOON,
            };
            self.clock.sleep(pause).await;
        }
    }

    /// Whether every wallet was compared.
    async fn compare(&self) -> bool {
        // Other workers look again after it: an end of it that nobody hears of costs one comparison.
        let turn = self.store.take_turn(Turn::Reconciliation, SOON / 2);
        if !matches!(turn.await, Ok(true)) {
            return false;
        }
        let mut all_were = true;
        for reconciler in &self.reconcilers {
            all_were &= match timeout(PATIENCE, reconciler.run(self.on_alarm)).await {
                Ok(outcome) => outcome.is_ok(),
                Err(_) => {
                    let wallet = reconciler.history.wallet();
                    warn!("the wallet {wallet} could not be reconciled in time");
                    false
                }
            };
        }
        all_were
    }
}
