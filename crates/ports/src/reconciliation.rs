//! Compares what a wallet did on the chain with what the engine knows of it, to the lamport and to each token's smallest
//! unit: since the last time, every transaction that names the wallet is read, and must be one that an order names, with
//! the changes that its receipt tells. All of it together must explain what the wallet holds.
//!
//! The first comparison of a wallet, and of each token, only notes what it holds: what was before is nobody's business
//! here. A transaction that the wallet signed and no order names is the first sign of a key that leaked. Whoever pays
//! tokens in need not name the wallet: where a token is not explained, its account's own list of transactions is read.

pub mod acting;

mod judging;
mod oldest;
mod tokens;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::{Blockhash, Signature, TransactionRef};
use domain::{Address, Mint, Order, OrderId};
use tokio::task::JoinSet;

use crate::chain;
use crate::finality::Standing;
use crate::{Clock, Store};

pub use acting::OnAlarm;
pub use judging::{Finding, Kind, Report};
use oldest::Oldest;
pub use tokens::{TokenChange, TokenTotal};

/// The most transactions that are looked at together: of more than that the oldest first.
const TRANSACTIONS_MAX: usize = 50_000;
/// Transactions read from the chain side by side.
const AT_ONCE: usize = 16;
/// Transactions that are judged together.
const CHUNK: usize = 256;
/// How often a transaction is asked for that the chain lists and does not tell yet.
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// Between two comparisons of which the first left something unexplained: some blocks become final meanwhile.
const BETWEEN_COMPARISONS: Duration = Duration::from_secs(2);

/// The most tokens of a wallet that are compared.
pub const TOKENS_MAX: usize = 400;

/// What a wallet holds by a bank that is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub slot: u64,
    pub lamports: u64,
    /// What its usual accounts hold of the tokens that were asked for, and of those that are looked for anyway; nothing
    /// where there is no account.
    pub tokens: BTreeMap<Mint, u64>,
}

/// A final transaction that names the wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub signature: Signature,
    pub slot: u64,
}

/// What a transaction did to the wallet's lamports and tokens, by the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Absent where the transaction cannot be read: it is none of ours.
    pub blockhash: Option<Blockhash>,
    /// Whether the wallet signed it.
    pub is_signed: bool,
    pub has_succeeded: bool,
    /// What the wallet paid for it.
    pub fee: u64,
    pub lamports: i128,
    /// Of its usual accounts, each mint once and none that stayed as it was.
    pub tokens: BTreeMap<Mint, i128>,
}

/// A wallet's past, as the chain tells it.
///
/// Promises:
/// 1. All of it is final. What a bank holds is explained by the transactions up to its slot.
/// 2. A list is newest first; a page that is empty is the last.
///
/// Cancel safety: reads may be dropped.
#[async_trait]
pub trait WalletHistory: Send + Sync + Debug {
    /// Whose it is.
    fn wallet(&self) -> Address;

    /// Where it usually holds a token: one account for each program that the mint may belong to.
    fn token_accounts(&self, mint: Mint) -> Vec<Address>;

    /// What the wallet holds, of these tokens too: all of it of one bank.
    async fn holding(&self, also: &[Mint]) -> Result<Held, chain::Error>;

    /// Transactions that name it or one of its token accounts, older than this one, as a bank at this slot or later
    /// knows them.
    async fn older_than(
        &self,
        account: Address,
        before: Option<&Signature>,
        at_least: u64,
    ) -> Result<Vec<Listed>, chain::Error>;

    /// Whether all blocks from this slot on can still be told.
    async fn tells_since(&self, slot: u64) -> Result<bool, chain::Error>;

    /// What one of them did; `None` where the chain does not tell it, now or any more.
    async fn moved(&self, signature: &Signature) -> Result<Option<Moved>, chain::Error>;
}

/// Why nothing was compared. Nothing follows from it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] crate::Error),
    #[error(transparent)]
    Chain(#[from] chain::Error),
}

/// Compares one wallet.
#[derive(Debug, Clone)]
pub struct Reconciler {
    pub store: Arc<dyn Store>,
    pub history: Arc<dyn WalletHistory>,
    pub clock: Arc<dyn Clock>,
}

/// A transaction with all that is known of it.
#[derive(Debug)]
struct Read {
    listed: Listed,
    moved: Option<Moved>,
}

impl Reconciler {
    /// Compares everything since the last time, part by part where that is much, and notes how far it came but for the
    /// last part, which is not told yet. It ends with the first part that somebody must look at, or that leads no
    /// further.
    async fn reconcile(&self) -> Result<Report, Error> {
        let mut before = None;
        let mut is_cut = false;
        loop {
            let report = self.reconcile_some(is_cut).await?;
            let noted = report.checkpoint();
            let is_further = before.as_ref() != Some(&noted);
            if !report.is_partial || report.is_alarming() || !is_further {
                return Ok(report);
            }
            // Where a part was not told, nobody knows what the wallet held before the next one.
            is_cut |= !report.is_told();
            self.note(&report).await?;
            before = Some(noted);
        }
    }

    /// What is not explained is looked at again before anything is said: an endpoint may lag behind another one.
    async fn reconcile_some(&self, is_cut: bool) -> Result<Report, Error> {
        let mut report = self.compare(is_cut).await?;
        for _ in 1..TRIES {
            if report.is_balanced() {
                break;
            }
            self.clock.sleep(BETWEEN_COMPARISONS).await;
            report = self.compare(is_cut).await?;
        }
        Ok(report)
    }

    async fn note(&self, report: &Report) -> Result<(), Error> {
        let noted = report.checkpoint();
        Ok(self.store.keep_checkpoint(report.wallet, noted).await?)
    }

    async fn compare(&self, is_cut: bool) -> Result<Report, Error> {
        let wallet = self.history.wallet();
        let from = self.store.checkpoint(wallet).await?;
        let followed = from.iter().flat_map(|it| it.tokens.keys().copied());
        let held = self.history.holding(&followed.collect::<Vec<_>>()).await?;
        let Some(from) = from else {
            return Ok(Report::first(wallet, held));
        };
        let (behind, up_to) = (from.slot, held.slot);
        let mut report = Report::begin(wallet, from, held);
        report.is_cut = is_cut || !self.history.tells_since(behind).await?;
        // Oldest first: what is not settled yet ends what is explained for good.
        let listed = self.listed(wallet, behind, up_to).await?;
        let (listed, left_out) = listed.into_parts();
        for some in listed.chunks(CHUNK) {
            self.judge(some, &mut report).await?;
        }
        let up_to = left_out.unwrap_or(up_to);
        let seen = listed.into_iter().map(|it| it.signature).collect();
        let unlisted = self.unlisted(&report, seen, left_out.is_some(), (behind, up_to));
        for some in unlisted.await?.chunks(CHUNK) {
            self.judge(some, &mut report).await?;
        }
        match left_out {
            Some(up_to) => report.break_off(up_to),
            None => report.conclude(),
        }
        Ok(report)
    }

    /// Transactions that name a token account of the wallet and not the wallet. Where everything is read they matter for
    /// tokens alone that are not explained without them.
    async fn unlisted(
        &self,
        report: &Report,
        mut seen: HashSet<Signature>,
        is_partial: bool,
        (behind, up_to): (u64, u64),
    ) -> Result<Vec<Listed>, Error> {
        let mut all = Vec::new();
        for mint in report.tokens_to_look_at(is_partial) {
            for account in self.history.token_accounts(mint) {
                // What goes beyond that many in one token stays unexplained, and is told.
                let listed = self.listed(account, behind, up_to).await?.into_parts().0;
                let unseen = listed.into_iter();
                all.extend(unseen.filter(|it| seen.insert(it.signature.clone())));
            }
        }
        Ok(all)
    }

    /// What landed behind one slot and up to another.
    async fn listed(&self, account: Address, behind: u64, up_to: u64) -> Result<Oldest, Error> {
        let mut all = Oldest::of(TRANSACTIONS_MAX);
        let mut before: Option<Signature> = None;
        loop {
            let page = self.history.older_than(account, before.as_ref(), up_to);
            let page = page.await?;
            let Some(last) = page.last() else {
                return Ok(all);
            };
            before = Some(last.signature.clone());
            let is_through = last.slot <= behind;
            let wanted = page.into_iter();
            for one in wanted.filter(|it| it.slot > behind && it.slot <= up_to) {
                all.add(one);
            }
            if is_through {
                return Ok(all);
            }
        }
    }

    async fn judge(&self, listed: &[Listed], report: &mut Report) -> Result<(), Error> {
        let read = self.read(listed).await?;
        let orders = self.orders(&read).await?;
        for one in &read {
            let known = orders.get(&one.listed.signature);
            report.add(&one.listed, one.moved.as_ref(), known);
        }
        Ok(())
    }

    /// What each of them did, in their order.
    async fn read(&self, listed: &[Listed]) -> Result<Vec<Read>, Error> {
        let mut reading = JoinSet::new();
        let mut read: Vec<Option<Read>> = listed.iter().map(|_| None).collect();
        let mut left = listed.iter().cloned().enumerate();
        loop {
            while reading.len() < AT_ONCE
                && let Some((place, listed)) = left.next()
            {
                let (history, clock) = (Arc::clone(&self.history), Arc::clone(&self.clock));
                reading.spawn(async move {
                    let moved = moved(&*history, &*clock, &listed.signature).await?;
                    Ok::<_, chain::Error>((place, Read { listed, moved }))
                });
            }
            match reading.join_next().await {
                Some(Ok(one)) => {
                    let (place, one) = one?;
                    read[place] = Some(one);
                }
                Some(Err(ended)) => {
                    return Err(chain::Error::Unavailable(ended.to_string()).into());
                }
                None => return Ok(read.into_iter().flatten().collect()),
            }
        }
    }

    /// The orders that name them.
    async fn orders(&self, read: &[Read]) -> Result<HashMap<Signature, (Order, Standing)>, Error> {
        let names: Vec<TransactionRef> = read.iter().filter_map(name).collect();
        let owners = self.store.orders_of(&names).await?;
        let ids: Vec<OrderId> = owners.iter().map(|owner| owner.order_id).collect();
        let standings = self.store.standings(&ids).await?;
        let mut orders = HashMap::with_capacity(owners.len());
        for (owner, standing) in owners.into_iter().zip(standings) {
            if let Some(order) = self.store.order(owner.order_id, None).await? {
                orders.insert(owner.signature, (order, standing));
            }
        }
        Ok(orders)
    }
}

fn name(read: &Read) -> Option<TransactionRef> {
    Some(TransactionRef {
        blockhash: read.moved.as_ref()?.blockhash?,
        signature: read.listed.signature.clone(),
    })
}

/// A transaction is listed some time before it is told.
async fn moved(
    history: &dyn WalletHistory,
    clock: &dyn Clock,
    signature: &Signature,
) -> Result<Option<Moved>, chain::Error> {
    for _ in 1..TRIES {
        match history.moved(signature).await {
            Ok(Some(moved)) => return Ok(Some(moved)),
            Ok(None) | Err(chain::Error::Unavailable(_)) => clock.sleep(BETWEEN_TRIES).await,
            Err(error) => return Err(error),
        }
    }
    history.moved(signature).await
}
