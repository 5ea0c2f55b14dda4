//! Compares the wallet with the engine's receipts when the worker starts and again and again, one worker at a time.

use std::sync::Arc;
use std::time::Duration;

use ports::finality::Turn;
use ports::reconciliation::{OnAlarm, Reconciler, WalletHistory, acting};
use ports::{Ports, Shutdown};
use tokio::time::timeout;
use tracing::warn;

/// Between two comparisons of one worker.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// After one that failed, or that came to nothing because another worker has just compared.
const SOON: Duration = Duration::from_secs(5 * 60);
/// A comparison that takes longer is given up; what it has not noted is looked at again.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The comparisons of one worker.
#[derive(Debug)]
pub(crate) struct Reconciling {
    reconciler: Reconciler,
    on_alarm: OnAlarm,
}

impl Reconciling {
    pub(crate) fn new(ports: &Ports, history: Arc<dyn WalletHistory>, on_alarm: OnAlarm) -> Self {
        acting::register(ports.clock.now());
        Self {
            reconciler: Reconciler {
                store: Arc::clone(&ports.store),
                history,
                clock: Arc::clone(&ports.clock),
            },
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
            self.reconciler.clock.sleep(pause).await;
        }
    }

    /// Whether the wallet was compared.
    async fn compare(&self) -> bool {
        // Other workers look again after it: an end of it that nobody hears of costs one comparison.
        let turn = self
            .reconciler
            .store
            .take_turn(Turn::Reconciliation, SOON / 2);
        if !matches!(turn.await, Ok(true)) {
            return false;
        }
        match timeout(PATIENCE, self.reconciler.run(self.on_alarm)).await {
            Ok(outcome) => outcome.is_ok(),
            Err(_) => {
                warn!("the wallet could not be reconciled in time");
                false
            }
        }
    }
}
