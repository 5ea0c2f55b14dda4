//! The pools of one recorded snapshot, for a router.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use amm::Address;
use amm::Program;
use amm::snapshot::StoredAccount;
use async_trait::async_trait;
use dex_router::PoolSource;
use dex_router::pools::{PairPools, Unavailable};
use domain::{Mint, Venue};

use super::account::Kept;
use super::{BadRecording, bad};
use crate::convert::mints;
use crate::pools::reading::kind;
use crate::pools::{Candidate, Read, Reading, Snapshot};
use crate::rpc::Slot;

/// Every pool among the accounts of one slot. Nothing is asked: it answers at once, and never otherwise.
#[derive(Debug)]
pub struct RecordedPools {
    snapshot: Arc<Snapshot>,
    candidates: Vec<Candidate>,
}

impl RecordedPools {
    pub(super) fn of(programs: &[Program], slot: u64, kept: &Kept) -> Result<Self, BadRecording> {
        let accounts: BTreeMap<Address, StoredAccount> = kept
            .iter()
            .map(|(address, stored)| (*address, stored.account.clone()))
            .collect();
        let candidates = accounts.iter().filter_map(|(address, account)| {
            let program = programs.iter().find(|it| it.id() == account.owner)?;
            Candidate::of(*program, *address, &account.data).ok()
        });
        let candidates = candidates.collect();
        let snapshot = Snapshot::recorded(Slot::new(slot), accounts);
        let snapshot = snapshot.ok_or_else(|| bad("the clock's account is not there"))?;
        Ok(Self {
            snapshot: Arc::new(snapshot),
            candidates,
        })
    }

    /// The slot.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.snapshot.slot.get()
    }
}

#[async_trait]
impl PoolSource for RecordedPools {
    async fn pools(&self, venue: Venue, pair: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        let pair = mints(pair);
        let is_wanted = |it: &&Candidate| {
            let is_of_pair = [pair, (pair.1, pair.0)].contains(&it.mints);
            is_of_pair && kind(&it.program).venue() == venue
        };
        let wanted = self.candidates.iter().filter(is_wanted);
        let read = Read {
            pools: wanted.map(|it| it.look(&*self.snapshot)).collect(),
            snapshot: Arc::clone(&self.snapshot),
        };
        Ok(Reading::of(&read, Duration::ZERO).pair(pair))
    }

    fn doubt(&self, _: (Mint, Mint)) {}
}
