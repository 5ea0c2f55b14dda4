//! One endpoint after the other: which cluster it shows, how far it is, whether its height is one, what it offers.

use std::error::Error as _;
use std::time::Duration;

use chain_solana::death::{BLOCKHASH_BLOCKS, Witness};
use chain_solana::endpoints::LAG_MAX;
use chain_solana::rpc::{
    Address, Commitment, EntryPage, Error, Filter, Hash, History, Signature, Slot, View,
};
use config::{Config, Secret};
use ports::Clock;
use serde_json::json;
use tokio::time::timeout;

use super::{Finding, State};
use crate::world::endpoint::{self, Asked};
use crate::world::genesis::{self, Expected};

/// An endpoint that takes longer for all its answers is none to trade with.
const PATIENCE: Duration = Duration::from_secs(20);
/// What two methods tell of the height may be so far apart, as one of them may show what was a little earlier.
const HEIGHT_SLACK: u64 = 150;
/// As many blocks are asked for as a proof of death needs.
const BLOCKS: u64 = BLOCKHASH_BLOCKS + 1;
const PROBES: usize = 3;

/// An endpoint that can be traded with.
#[derive(Debug)]
pub(super) struct Usable {
    pub(super) asked: Asked,
    pub(super) genesis: Hash,
}

/// What an endpoint told of itself.
struct Told {
    version: String,
    genesis: Hash,
    slot: u64,
    is_honest: bool,
    /// Whether the engine goes by what it tells of heights: it has no other way to a blockhash.
    is_trusted: bool,
    lacks: Vec<&'static str>,
    latency_ms: u64,
}

/// Looks at all of them; the first that is good is used for the rest.
pub(super) async fn examine_all(
    config: &Config,
    endpoints: &[Secret],
    clock: &dyn Clock,
) -> anyhow::Result<(Vec<Finding>, Option<Usable>)> {
    let mut looked = Vec::new();
    for url in endpoints {
        let asked = endpoint::at(url)?;
        let told = timeout(PATIENCE, look(&asked, clock)).await;
        let told = told.unwrap_or_else(|_| Err("it takes too long to answer".to_owned()));
        looked.push((asked, told));
    }
    let best = looked
        .iter()
        .filter_map(|(_, told)| Some(told.as_ref().ok()?.slot));
    let best = best.max().unwrap_or_default();
    let expected = match config.chain.live_cluster() {
        Some(cluster) => Expected::Named(cluster),
        None => Expected::Simulated,
    };
    let mut usable = None;
    let mut findings = Vec::new();
    for (asked, told) in looked {
        let finding = judge(&asked, told.as_ref(), best, expected);
        if finding.state != State::Bad
            && let (None, Ok(told)) = (&usable, &told)
        {
            let genesis = told.genesis;
            usable = Some(Usable { asked, genesis });
        }
        findings.push(finding);
    }
    if usable.is_some() {
        // The others do without it.
        for finding in findings.iter_mut().filter(|it| it.state == State::Bad) {
            finding.state = State::Warning;
        }
    }
    Ok((findings, usable))
}

fn judge(asked: &Asked, told: Result<&Told, &String>, best: u64, expected: Expected) -> Finding {
    let told = match told {
        Ok(told) => told,
        Err(error) => {
            let advice = "check the address, its key and the network; or name another endpoint";
            return Finding::bad(&asked.name, error.clone(), advice);
        }
    };
    let lag = best.saturating_sub(told.slot);
    let height = match told.is_honest {
        true => "honest height",
        false => "its height is the slot",
    };
    let lacks = match told.lacks.is_empty() {
        true => "lacks nothing".to_owned(),
        false => format!("lacks {}", told.lacks.join(", ")),
    };
    let detail = format!(
        "version {}, genesis {}, slot {}, lag {lag}, {height}, {lacks}, {} ms",
        told.version, told.genesis, told.slot, told.latency_ms
    );
    let finding = match expected.check(told.genesis, &asked.name) {
        Err(other) => {
            let advice = "correct SOLANA_CLUSTER or SOLANA_RPC_URL; they must be of one cluster";
            Finding::bad(&asked.name, other.to_string(), advice)
        }
        Ok(()) if lag > LAG_MAX => {
            let advice = "it is too far behind to be asked; name another endpoint";
            Finding::bad(&asked.name, detail, advice)
        }
        Ok(()) if !told.is_trusted => {
            let advice = "nothing is built on what it tells of heights, and it cannot witness that a transaction is \
                          dead; name another endpoint beside it";
            Finding::bad(&asked.name, detail, advice)
        }
        Ok(()) if !told.is_honest => {
            let advice =
                "it cannot witness that a transaction is dead; name another endpoint beside it";
            Finding::warning(&asked.name, detail, advice)
        }
        Ok(()) if !told.lacks.is_empty() => {
            let advice = "name another endpoint beside it for what it lacks";
            Finding::warning(&asked.name, detail, advice)
        }
        Ok(()) => Finding::good(&asked.name, detail),
    };
    finding.with(json!({
        "version": told.version,
        "genesis": told.genesis.to_string(),
        "slot": told.slot,
        "lagSlots": lag,
        "heightIsHonest": told.is_honest,
        "lacks": told.lacks,
        "latencyMs": told.latency_ms,
    }))
}

async fn look(asked: &Asked, clock: &dyn Clock) -> Result<Told, String> {
    let genesis = genesis::ask(&*asked.rpc).await?;
    let version = asked
        .node
        .version()
        .await
        .unwrap_or_else(|_| "unknown".to_owned());
    let latency_ms = latency(asked, clock).await?;
    let (rpc, node) = (&asked.rpc, &asked.node);
    let info = answer(rpc.epoch_info(View::CONFIRMED)).await?;
    let final_info = answer(rpc.epoch_info(View::FINALIZED)).await?;
    let hash = answer(rpc.latest_blockhash(View::CONFIRMED)).await?;
    let said = answer(node.block_height(View::CONFIRMED)).await?;
    let mut witness = Witness::default();
    let now = clock.monotonic();
    let is_trusted = witness.shows(&info, now).is_ok() && witness.gives(&hash, now).is_ok();
    let is_honest = is_trusted && said.get().abs_diff(info.height.get()) <= HEIGHT_SLACK;
    Ok(Told {
        version,
        genesis,
        slot: info.slot.get(),
        is_honest,
        is_trusted,
        lacks: lacks(asked, final_info.slot).await,
        latency_ms,
    })
}

/// The median of some calls.
async fn latency(asked: &Asked, clock: &dyn Clock) -> Result<u64, String> {
    let mut took = Vec::with_capacity(PROBES);
    for _ in 0..PROBES {
        let began = clock.monotonic();
        answer(asked.rpc.epoch_info(View::CONFIRMED)).await?;
        took.push(clock.monotonic().saturating_sub(began));
    }
    took.sort_unstable();
    let median = took.get(PROBES / 2).copied().unwrap_or_default();
    Ok(u64::try_from(median.as_millis()).unwrap_or(u64::MAX))
}

/// What the endpoint does not answer of that which the engine asks beside the rest.
async fn lacks(asked: &Asked, finalized: Slot) -> Vec<&'static str> {
    let rpc = &asked.rpc;
    let nobody = Address([0; 32]);
    let none = [
        Filter::Size(637),
        Filter::address(168, nobody),
        Filter::address(200, nobody),
    ];
    let program = chain_solana::programs::moved(&[])[0].id();
    let from = Slot::new(finalized.get().saturating_sub(2 * BLOCKS));
    let signature = [Signature::default()];
    let answers = [
        (
            "getProgramAccounts",
            rpc.program_accounts(program, &none, View::CONFIRMED)
                .await
                .err(),
        ),
        (
            "getSignaturesForAddress",
            rpc.signatures_for_address(nobody, EntryPage::newest(1), View::FINALIZED)
                .await
                .err(),
        ),
        (
            "getBlocksWithLimit",
            rpc.blocks(from, BLOCKS, Commitment::Finalized).await.err(),
        ),
        (
            "getSignatureStatuses",
            rpc.signature_statuses(&signature, History::Whole)
                .await
                .err(),
        ),
        (
            "getRecentPrioritizationFees",
            rpc.prioritization_fees(&[]).await.err(),
        ),
    ];
    let failed = answers
        .into_iter()
        .filter_map(|(name, error)| error.map(|_| name));
    failed.collect()
}

/// An answer, or in words why there is none.
async fn answer<T>(asking: impl Future<Output = Result<T, Error>>) -> Result<T, String> {
    asking.await.map_err(|error| match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}
