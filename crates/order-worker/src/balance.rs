//! Shows, once a minute, how much SOL the wallet has that pays for transactions.

use std::sync::Arc;
use std::time::Duration;

use ports::{Clock, Shutdown, WalletView};
use tracing::debug;

/// Between two looks: a wallet is not empty from one minute to the next unless it was low before.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const LAMPORTS: &str = "wallet_lamports";

/// Looks until somebody asks to stop.
pub(crate) async fn show(wallet: Arc<dyn WalletView>, clock: Arc<dyn Clock>, shutdown: Shutdown) {
    metrics::describe_gauge!(
        LAMPORTS,
        metrics::Unit::Count,
        "SOL of the wallet that trades, in lamports, at the last look"
    );
    tokio::select! {
        biased;
        () = shutdown.soft() => {}
        () = looks(&*wallet, &*clock) => {}
    }
}

async fn looks(wallet: &dyn WalletView, clock: &dyn Clock) {
    loop {
        match wallet.look().await {
            // Exact up to 9 million SOL.
            Ok(wallet) => metrics::gauge!(LAMPORTS).set(wallet.lamports as f64),
            Err(error) => debug!(%error, "the wallet is looked at in a minute: {error}"),
        }
        clock.sleep(LOOK_EVERY).await;
    }
}
