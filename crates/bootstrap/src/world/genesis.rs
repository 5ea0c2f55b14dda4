//! Whether an endpoint shows the cluster that it is taken for: its genesis hash says so.

use std::sync::Arc;
use std::time::Duration;

use chain_solana::Rpc;
use chain_solana::rpc::Hash;
use config::Cluster;
use domain::Address;
use futures_util::FutureExt as _;
use futures_util::future::select_all;
use ports::retry::Policy;
use ports::{Clock, Random, Shutdown};
use sim_chain::cluster::GENESIS_HASH;

use super::endpoint::Asked;
use crate::backend::StoppedWaiting;

/// How long an endpoint has for the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Waits between two questions to an endpoint that does not answer.
const ASK_AGAIN: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_secs(5),
};
/// How often a cluster that is traded on is asked again whether it is still the same: a local one may be started anew
/// at the same address.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

const MAINNET_BETA: Hash = literal("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d");
const DEVNET: Hash = literal("EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG");
const TESTNET: Hash = literal("4uhcVJyU9pJkvQyUS88uRDiswHXSCkY3zQawwpjk2NsY");

/// A hash is written as an address is.
const fn literal(text: &str) -> Hash {
    Hash::new_from_array(*Address::literal(text).bytes())
}

/// Which cluster an endpoint must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The simulated one, because orders are executed there.
    Simulated,
    /// The one that the operator names.
    Named(Cluster),
    /// The one that it showed before.
    Same(Hash),
}

/// The endpoint shows another cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint {endpoint} has the genesis hash {found}, and {wanted}")]
pub(crate) struct OtherCluster {
    endpoint: String,
    found: Hash,
    wanted: String,
}

/// The genesis hash of a cluster that everybody calls by the same name.
pub(super) const fn of(cluster: Cluster) -> Option<Hash> {
    match cluster {
        Cluster::MainnetBeta => Some(MAINNET_BETA),
        Cluster::Devnet => Some(DEVNET),
        Cluster::Testnet => Some(TESTNET),
        Cluster::Localnet => None,
    }
}

impl Expected {
    /// Whether this genesis hash is of the cluster; otherwise what must be.
    fn judge(self, found: Hash) -> Result<(), String> {
        let only = |wanted: Hash, why: String| match found == wanted {
            true => Ok(()),
            false => Err(format!("{why}, {wanted}")),
        };
        match self {
            Self::Simulated => only(
                GENESIS_HASH,
                "with ORDER_VENUE_MODE=sim it must be that of the simulated cluster".to_owned(),
            ),
            Self::Same(before) => only(before, "it had another one before".to_owned()),
            Self::Named(cluster) => match of(cluster) {
                Some(wanted) => {
                    let why = format!("with SOLANA_CLUSTER={cluster} it must be that of {cluster}");
                    only(wanted, why)
                }
                None => not_known(found),
            },
        }
    }

    pub(crate) fn check(self, found: Hash, endpoint: &str) -> Result<(), OtherCluster> {
        self.judge(found).map_err(|wanted| OtherCluster {
            endpoint: endpoint.to_owned(),
            found,
            wanted,
        })
    }
}

/// A localnet is whatever has no name.
fn not_known(found: Hash) -> Result<(), String> {
    let known = Cluster::KNOWN.into_iter();
    match known.into_iter().find(|known| of(*known) == Some(found)) {
        None => Ok(()),
        Some(known) => Err(format!(
            "that is {known}: with SOLANA_CLUSTER=localnet it must be that of no cluster with a name"
        )),
    }
}

/// Asks the endpoint which cluster it shows. If it does not answer now, it is asked until it does, and another
/// cluster's ends the process.
pub(super) async fn check(
    asked: &Asked,
    expected: Expected,
    clock: &Arc<dyn Clock>,
    random: &Random,
    shutdown: &Shutdown,
) -> Result<(), OtherCluster> {
    match ask(&*asked.rpc).await {
        Ok(found) => return expected.check(found, &asked.name),
        Err(error) => tracing::warn!(
            %error,
            "the cluster at {} cannot be reached; orders fail until it can: {error}",
            asked.name
        ),
    }
    let (asked, clock, random) = (asked.clone(), Arc::clone(clock), random.clone());
    let stop = shutdown.clone();
    shutdown.spawn(async move {
        let found = tokio::select! {
            biased;
            () = stop.soft() => return,
            found = answer(&asked, &*clock, &random, |_| {}) => found,
        };
        match expected.check(found, &asked.name) {
            Ok(()) => tracing::info!("the cluster at {} answers", asked.name),
            Err(other) => end(&other, &stop),
        }
    });
    Ok(())
}

/// Waits until one of the endpoints says which cluster it shows: before that nothing may be sent to any. Answers which
/// one it was, too.
pub(super) async fn wait(
    all: &[Asked],
    expected: Expected,
    clock: &Arc<dyn Clock>,
    random: &Random,
    shutdown: &Shutdown,
) -> anyhow::Result<(Hash, usize)> {
    let answers = all.iter().map(|asked| {
        let complain = move |error: &str| {
            tracing::warn!(
                error,
                "the start waits for the cluster at {}: {error}",
                asked.name
            );
        };
        let told = async move { (answer(asked, &**clock, random, complain).await, asked) };
        told.boxed()
    });
    let ((found, asked), place) = tokio::select! {
        biased;
        () = shutdown.soft() => return Err(StoppedWaiting("the cluster").into()),
        (first, place, _) = select_all(answers) => (first, place),
    };
    expected.check(found, &asked.name)?;
    Ok((found, place))
}

/// Ends the process once the endpoint shows another cluster than before: what became of a transaction cannot be asked
/// there.
pub(super) fn guard(asked: Asked, before: Hash, clock: Arc<dyn Clock>, shutdown: &Shutdown) {
    let stop = shutdown.clone();
    shutdown.spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = stop.soft() => return,
                () = clock.sleep(LOOK_AGAIN) => {}
            }
            let Ok(found) = ask(&*asked.rpc).await else {
                continue;
            };
            if let Err(other) = Expected::Same(before).check(found, &asked.name) {
                return end(&other, &stop);
            }
        }
    });
}

fn end(other: &OtherCluster, stop: &Shutdown) {
    tracing::error!(error = %other, "{other}");
    stop.request_soft();
}

/// The genesis hash, however long it takes. The first failure is complained of.
async fn answer(
    asked: &Asked,
    clock: &dyn Clock,
    random: &Random,
    complain: impl Fn(&str),
) -> Hash {
    let accept = |answer: Result<Hash, String>, failures| {
        if let Err(error) = &answer
            && failures == 0
        {
            complain(error);
        }
        answer.ok()
    };
    let question = || ask(&*asked.rpc);
    ASK_AGAIN
        .repeat_until(clock, random, question, accept)
        .await
}

/// What it shows, or why that is not known.
pub(crate) async fn ask(rpc: &dyn Rpc) -> Result<Hash, String> {
    let answer = tokio::time::timeout(PATIENCE, rpc.genesis_hash()).await;
    let answer = answer.map_err(|_| "no answer in time".to_owned())?;
    answer.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_cluster_is_known_by_its_genesis_and_a_localnet_is_any_other() {
        let unknown = Hash::new_from_array([7; 32]);
        for cluster in Cluster::KNOWN {
            let genesis = of(cluster).expect("it is known");
            let named = Expected::Named(cluster);

            assert_eq!(named.judge(genesis), Ok(()));
            for other in [unknown, GENESIS_HASH] {
                let line = named.check(other, "node").unwrap_err().to_string();
                for part in [cluster.name(), &genesis.to_string(), &other.to_string()] {
                    assert!(line.contains(part), "{line}");
                }
                assert_eq!(line.lines().count(), 1, "{line}");
            }
            let local = Expected::Named(Cluster::Localnet).judge(genesis);
            assert!(local.unwrap_err().contains(cluster.name()));
        }
        for any in [unknown, GENESIS_HASH] {
            assert_eq!(Expected::Named(Cluster::Localnet).judge(any), Ok(()));
        }
    }

    #[test]
    fn a_cluster_that_began_anew_is_another_one() {
        let (before, after) = (Hash::new_from_array([1; 32]), Hash::new_from_array([2; 32]));

        assert_eq!(Expected::Same(before).judge(before), Ok(()));
        assert!(Expected::Same(before).judge(after).is_err());
    }
}
