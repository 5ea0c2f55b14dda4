//! Whether an endpoint shows the cluster that it is taken for: its genesis hash says so.

use std::sync::Arc;
use std::time::Duration;

use chain_solana::Rpc;
use ports::retry::Policy;
use ports::{Clock, Random, Shutdown};
use sim_chain::cluster::GENESIS_HASH;

/// How long a program's start waits for the answer. After that it goes on asking in the background.
const PATIENCE: Duration = Duration::from_secs(2);
/// Waits between two questions to an endpoint that does not answer.
const ASK_AGAIN: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_secs(5),
};
/// What is said of an address that is none.
pub(super) const NO_ENDPOINT: &str = "SOLANA_RPC_URL is not allowed: its first entry is no address of an endpoint, such as http://host:8899";

/// The endpoint shows another cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the endpoint {endpoint} has the genesis hash {found}, and with ORDER_VENUE_MODE=sim it must be that of the \
     simulated cluster, {GENESIS_HASH}"
)]
pub(super) struct OtherCluster {
    endpoint: String,
    found: String,
}

/// Asks the endpoint which cluster it shows. If it does not answer now, it is asked until it does, and another
/// cluster's ends the process.
pub(super) async fn check(
    rpc: &Arc<dyn Rpc>,
    endpoint: String,
    clock: &Arc<dyn Clock>,
    random: &Random,
    shutdown: &Shutdown,
) -> Result<(), OtherCluster> {
    match ask(&**rpc, &endpoint).await {
        Ok(checked) => return checked,
        Err(error) => tracing::warn!(
            %error,
            "the cluster at {endpoint} cannot be reached; orders fail until it can: {error}"
        ),
    }
    let (rpc, clock, random) = (Arc::clone(rpc), Arc::clone(clock), random.clone());
    let stop = shutdown.clone();
    shutdown.spawn(async move {
        let asked = || ask(&*rpc, &endpoint);
        let answered = ASK_AGAIN.repeat_until(&*clock, &random, asked, |answer, _| answer.ok());
        let checked = tokio::select! {
            biased;
            () = stop.soft() => return,
            checked = answered => checked,
        };
        match checked {
            Ok(()) => tracing::info!("the cluster at {endpoint} answers"),
            Err(other) => {
                tracing::error!(error = %other, "{other}");
                stop.request_soft();
            }
        }
    });
    Ok(())
}

/// What it shows, or why that is not known.
async fn ask(rpc: &dyn Rpc, endpoint: &str) -> Result<Result<(), OtherCluster>, String> {
    let answer = tokio::time::timeout(PATIENCE, rpc.genesis_hash()).await;
    let answer = answer.map_err(|_| "no answer in time".to_owned())?;
    let found = answer.map_err(|error| error.to_string())?;
    if found == GENESIS_HASH {
        return Ok(Ok(()));
    }
    Ok(Err(OtherCluster {
        endpoint: endpoint.to_owned(),
        found: found.to_string(),
    }))
}
