//! Several endpoints of one cluster as one: reads go to the healthiest, sends to all, and each of them is a witness of
//! its own where a transaction's death is to be proved (`death.rs`).
//!
//! A read that one endpoint does not answer goes to the next. An endpoint that has had enough is left alone for as long
//! as it says, one that lags or fails is asked after the others, and what one lacks it is not asked for again. Nothing
//! is asked of an endpoint, and nothing it says counts, before its genesis hash is known to be the cluster's.

mod blockhash;
mod budget;
mod member;
pub(crate) mod method;
mod metrics;
mod sending;
mod state;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use amm::Address;
use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use ports::{Clock, Valve};
use solana_hash::Hash;
use solana_signature::Signature;

use crate::address::CLOCK;
use crate::in_flight::InFlight;
use crate::rpc::{
    Account, At, Blockhash, Commitment, Entry, EntryPage, EpochInfo, Error, Filter, History,
    Lamports, MicroLamports, Rpc, Simulated, SimulationRequest, Slot, Status, Transaction, View,
};
use method::Method;
use sending::Sending;

pub use member::Member;
pub use state::LAG_MAX;

/// More endpoints than anybody has.
pub const ENDPOINTS_MAX: usize = 16;

/// The endpoints of one cluster, the preferred first.
#[derive(Debug)]
pub struct Endpoints {
    members: Vec<Arc<Member>>,
    genesis: Hash,
    clock: Arc<dyn Clock>,
    /// Whether any endpoint is known to show the cluster.
    is_open: AtomicBool,
    opening: InFlight<(), Result<(), Error>>,
    sending: Sending,
    /// Sends go through it, also those that outlive the call.
    valve: Arc<Valve>,
}

/// There must be one at least, and not too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} endpoints, of 1 to {ENDPOINTS_MAX}")]
pub struct WrongNumber(usize);

impl Endpoints {
    /// The endpoints with their masked names, of the cluster with this genesis hash. Nothing is asked yet.
    pub fn new(
        endpoints: Vec<(String, Arc<dyn Rpc>)>,
        genesis: Hash,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WrongNumber> {
        if endpoints.is_empty() || endpoints.len() > ENDPOINTS_MAX {
            return Err(WrongNumber(endpoints.len()));
        }
        let has_others = endpoints.len() > 1;
        let mut members: Vec<Arc<Member>> = Vec::with_capacity(endpoints.len());
        for (name, rpc) in endpoints {
            let has_name = |member: &&Arc<Member>| {
                let of = member.name().split('#').next();
                of == Some(name.as_str())
            };
            let name = match members.iter().filter(has_name).count() {
                0 => name,
                others => format!("{name}#{}", others + 1),
            };
            let member = Member::unasked(name, rpc, Arc::clone(&clock), has_others);
            members.push(Arc::new(member));
        }
        Ok(Self {
            valve: Arc::new(Valve::open(Arc::clone(&clock))),
            members,
            genesis,
            clock,
            is_open: AtomicBool::new(false),
            opening: InFlight::default(),
            sending: Sending::default(),
        })
    }

    /// The same, which send nothing while this is shut.
    #[must_use]
    pub fn behind(self, valve: Arc<Valve>) -> Self {
        Self { valve, ..self }
    }

    /// What sends go through.
    #[must_use]
    pub fn valve(&self) -> Arc<Valve> {
        Arc::clone(&self.valve)
    }

    /// Each endpoint, as a witness.
    #[must_use]
    pub fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    /// The cluster's genesis hash.
    pub(crate) const fn genesis(&self) -> Hash {
        self.genesis
    }

    /// Goes on once one endpoint at least is known to show the cluster.
    async fn open(&self) -> Result<(), Error> {
        if self.is_open.load(Ordering::Acquire) {
            return Ok(());
        }
        let (members, genesis) = (self.members.clone(), self.genesis);
        let ask = || async move { check_all(&members, genesis).await }.boxed();
        self.opening.join((), ask).await?;
        self.is_open.store(true, Ordering::Release);
        Ok(())
    }

    /// The answer of the healthiest endpoint that gives one.
    async fn read<'s, T>(
        &'s self,
        method: Method,
        call: impl Fn(&'s dyn Rpc) -> BoxFuture<'s, Result<T, Error>> + Send + Sync,
    ) -> Result<T, Error> {
        let answered = self.read_of(&mut 0, method, call).await;
        answered.map(|(answer, _)| answer)
    }

    /// The same of those endpoints that are not among the asked ones, which become more; and the place of the one that
    /// answered.
    async fn read_of<'s, T>(
        &'s self,
        asked: &mut u32,
        method: Method,
        call: impl Fn(&'s dyn Rpc) -> BoxFuture<'s, Result<T, Error>> + Send + Sync,
    ) -> Result<(T, usize), Error> {
        self.open().await?;
        let mut failed = None;
        let mut refusing = Vec::new();
        while let Some(place) = self.next(method, *asked) {
            let member = &self.members[place];
            if let Err(error) = member.wait_for(method).await {
                return Err(failed.unwrap_or(error));
            }
            *asked |= 1 << place;
            match member.ask(method, &call).await {
                // Another endpoint would say the same.
                Err(error @ Error::Preflight { .. }) => return Err(error),
                Err(error) => {
                    if matches!(error, Error::Refused(_)) {
                        refusing.push(member);
                    }
                    failed = failed.or(Some(error));
                }
                Ok(answer) => {
                    for member in refusing {
                        member.lacks(method);
                    }
                    return Ok((answer, place));
                }
            }
        }
        Err(failed.unwrap_or_else(|| {
            Error::Unsupported("no endpoint offers it that can be asked".to_owned())
        }))
    }

    /// Whether an endpoint that is not among those asked can be asked at once.
    fn has_others(&self, method: Method, asked: u32) -> bool {
        let next = self.next(method, asked).map(|place| &self.members[place]);
        next.is_some_and(|member| member.is_ready(method) && !member.is_away())
    }

    /// The place of the best endpoint that is not among those asked: one that can be asked at once before others.
    fn next(&self, method: Method, asked: u32) -> Option<usize> {
        let order = |place: usize| {
            let member = &self.members[place];
            Some((member.wait(method), member.rank(method)?, place))
        };
        let places = (0..self.members.len()).filter(|place| asked & (1 << place) == 0);
        places.filter_map(order).min().map(|(.., place)| place)
    }
}

/// Asks all of them which cluster they show. One that does is enough.
async fn check_all(members: &[Arc<Member>], genesis: Hash) -> Result<(), Error> {
    let answers = join_all(members.iter().map(|member| member.check(genesis))).await;
    let mut failed = None;
    for answer in answers {
        match answer {
            Ok(()) => return Ok(()),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or_else(|| Error::unavailable("no endpoint")))
}

#[async_trait]
impl Rpc for Endpoints {
    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error> {
        self.read(Method::EpochInfo, |rpc| rpc.epoch_info(view))
            .await
    }

    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        self.open().await?;
        self.checked_blockhash(view).await
    }

    async fn accounts(
        &self,
        addresses: &[Address],
        view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error> {
        let clock = addresses.iter().position(|address| *address == CLOCK);
        self.read(Method::Accounts, |rpc| {
            async move {
                let found = rpc.accounts(addresses, view).await?;
                // Every bank has it. Who does not show it shows no bank, and another is asked.
                match clock.is_some_and(|place| matches!(found.value.get(place), Some(None))) {
                    true => Err(Error::Malformed {
                        method: "getMultipleAccounts",
                        reason: "it shows no clock".to_owned(),
                    }),
                    false => Ok(found),
                }
            }
            .boxed()
        })
        .await
    }

    async fn accounts_beside(
        &self,
        addresses: &[Address],
        view: View,
        beside: Option<usize>,
    ) -> Result<(At<Vec<Option<Account>>>, Option<usize>), Error> {
        let method = Method::Accounts;
        let call = |rpc| Rpc::accounts(rpc, addresses, view);
        let beside = beside.map_or(0, |place| 1 << place);
        if beside != 0 && self.has_others(method, beside) {
            let other = self.read_of(&mut { beside }, method, call).await;
            if let Ok((answer, place)) = other {
                return Ok((answer, Some(place)));
            }
        }
        let (answer, place) = self.read_of(&mut 0, method, call).await?;
        Ok((answer, Some(place)))
    }

    async fn program_accounts(
        &self,
        program: Address,
        filters: &[Filter],
        view: View,
    ) -> Result<At<Vec<(Address, Account)>>, Error> {
        self.read(Method::ProgramAccounts, |rpc| {
            rpc.program_accounts(program, filters, view)
        })
        .await
    }

    async fn minimum_balance(&self, bytes: usize) -> Result<Lamports, Error> {
        self.read(Method::MinimumBalance, |rpc| rpc.minimum_balance(bytes))
            .await
    }

    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        self.read(Method::Simulate, |rpc| rpc.simulate(request))
            .await
    }

    async fn send(&self, transaction: &[u8]) -> Result<Signature, Error> {
        self.open().await?;
        self.send_to_all(transaction).await
    }

    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        self.read(Method::Statuses, |rpc| {
            rpc.signature_statuses(signatures, history)
        })
        .await
    }

    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        let mut asked = 0;
        let call = |rpc| Rpc::transaction(rpc, signature, commitment);
        let (mut found, _) = self.read_of(&mut asked, Method::Transaction, call).await?;
        // Whoever does not tell it may lack it for ever.
        while found.is_none() && self.has_others(Method::Transaction, asked) {
            let other = self.read_of(&mut asked, Method::Transaction, call).await;
            found = other.ok().and_then(|(found, _)| found);
        }
        Ok(found)
    }

    async fn signatures_for_address(
        &self,
        address: Address,
        page: EntryPage,
        view: View,
    ) -> Result<Vec<Entry>, Error> {
        self.read(Method::History, |rpc| {
            rpc.signatures_for_address(address, page, view)
        })
        .await
    }

    async fn prioritization_fees(
        &self,
        written: &[Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error> {
        self.read(Method::Fees, |rpc| rpc.prioritization_fees(written))
            .await
    }

    async fn genesis_hash(&self) -> Result<Hash, Error> {
        // No other is ever asked.
        self.open().await.map(|()| self.genesis)
    }

    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        self.read(Method::Blocks, |rpc| rpc.blocks(start, limit, commitment))
            .await
    }
}

#[cfg(test)]
mod tests;
