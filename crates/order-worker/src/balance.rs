//! Shows, once a minute, how much SOL the wallets have that pay for transactions.

use std::sync::Arc;
use std::time::Duration;

use ports::{Clock, Shutdown};
use tracing::debug;

use crate::OwnWallet;

/// Between two looks: a wallet is not empty from one minute to the next unless it was low before.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const LAMPORTS: &str = "wallet_lamports";

/// Looks until somebody asks to stop.
pub(crate) async fn show(wallets: Vec<OwnWallet>, clock: Arc<dyn Clock>, shutdown: Shutdown) {
    metrics::describe_gauge!(
        LAMPORTS,
        metrics::Unit::Count,
        "SOL of a wallet that trades, in lamports, at the last look"
    );
    tokio::select! {
        biased;
        () = shutdown.soft() => {}
        () = looks(&wallets, &*clock) => {}
    }
}

async fn looks(wallets: &[OwnWallet], clock: &dyn Clock) {
    loop {
        for OwnWallet { name, view, .. } in wallets {
            let name = &name.name;
            let gauge = || metrics::gauge!(LAMPORTS, "wallet" => name.to_string());
            match view.look().await {
                // Exact up to 9 million SOL.
                Ok(wallet) => gauge().set(wallet.lamports as f64),
                Err(error) => {
                    debug!(%error, "the wallet {name} is looked at in a minute: {error}");
                }
            }
        }
        clock.sleep(LOOK_EVERY).await;
    }
}
