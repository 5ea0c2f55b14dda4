//! An endpoint that does what a test says, and counts what it is asked.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use domain::transaction::Height;

use crate::rpc::error::Lag;
use crate::rpc::transaction::Meta;
use crate::rpc::{
    Account, Address, At, Blockhash, Commitment, Entry, EntryPage, EpochInfo, Error, Filter, Hash,
    History, Lamports, MicroLamports, Rpc, Signature, Simulated, SimulationRequest, Slot, Status,
    Transaction, View,
};

pub(super) const GENESIS: Hash = Hash::new_from_array([1; 32]);
pub(super) const SLOT: u64 = 50_000;
pub(super) const HEIGHT: u64 = 40_000;

#[derive(Debug)]
pub(super) struct Fake(Mutex<State>);

#[derive(Debug)]
pub(super) struct State {
    pub(super) genesis: Hash,
    pub(super) slot: u64,
    pub(super) height: u64,
    /// It says to stand so many slots ahead of where it stands.
    pub(super) overstates: u64,
    /// It tells the slot in place of the height.
    pub(super) tells_slots: bool,
    /// No account is there, it says.
    pub(super) shows_nothing: bool,
    /// It tells what transactions did.
    pub(super) tells_transactions: bool,
    /// What every call ends with.
    pub(super) failure: Option<Error>,
    /// It answers nothing, ever.
    pub(super) is_silent: bool,
    calls: u32,
    reads: u32,
    sends: u32,
    hashes: u32,
    asked_for_genesis: u32,
}

impl Fake {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            genesis: GENESIS,
            slot: SLOT,
            height: HEIGHT,
            overstates: 0,
            tells_slots: false,
            shows_nothing: false,
            tells_transactions: false,
            failure: None,
            is_silent: false,
            calls: 0,
            reads: 0,
            sends: 0,
            hashes: 0,
            asked_for_genesis: 0,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
    }

    /// All calls.
    pub(super) fn calls(&self) -> u32 {
        self.state().calls
    }

    /// Calls for a minimum balance.
    pub(super) fn reads(&self) -> u32 {
        self.state().reads
    }

    pub(super) fn sends(&self) -> u32 {
        self.state().sends
    }

    pub(super) fn hashes(&self) -> u32 {
        self.state().hashes
    }

    pub(super) fn asked_for_genesis(&self) -> u32 {
        self.state().asked_for_genesis
    }

    async fn answer<T>(&self, answer: impl FnOnce(&mut State) -> T) -> Result<T, Error> {
        let (answer, is_silent, failure) = {
            let mut state = self.state();
            state.calls += 1;
            let answer = answer(&mut state);
            (answer, state.is_silent, state.failure.clone())
        };
        if is_silent {
            std::future::pending::<()>().await;
        }
        failure.map_or(Ok(answer), Err)
    }
}

#[async_trait]
impl Rpc for Fake {
    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error> {
        assert_eq!(view, View::CONFIRMED);
        self.answer(|it| EpochInfo {
            slot: Slot::new(it.slot + it.overstates),
            height: Height::new(if it.tells_slots { it.slot } else { it.height }),
            epoch: 0,
        })
        .await
    }

    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        let answer = self.answer(|it| {
            it.hashes += 1;
            At {
                slot: Slot::new(it.slot),
                value: Blockhash {
                    hash: Hash::new_from_array([4; 32]),
                    last_valid_height: Height::new(it.height + 150),
                },
            }
        });
        let answer = answer.await?;
        match view.min_slot {
            Some(slot) if answer.slot < slot => Err(Error::Behind(Lag::StandsAt(answer.slot))),
            _ => Ok(answer),
        }
    }

    async fn minimum_balance(&self, _bytes: usize) -> Result<Lamports, Error> {
        self.answer(|it| {
            it.reads += 1;
            Lamports::new(1)
        })
        .await
    }

    async fn send(&self, _transaction: &[u8]) -> Result<Signature, Error> {
        self.answer(|it| {
            it.sends += 1;
            Signature::default()
        })
        .await
    }

    async fn genesis_hash(&self) -> Result<Hash, Error> {
        self.answer(|it| {
            it.asked_for_genesis += 1;
            it.genesis
        })
        .await
    }

    async fn accounts(
        &self,
        addresses: &[Address],
        _view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error> {
        let account = Account {
            lamports: Lamports::new(1),
            owner: Address([0; 32]),
            executable: false,
            data: Vec::new(),
        };
        self.answer(|it| {
            it.reads += 1;
            let shown = (!it.shows_nothing).then_some(account);
            At {
                slot: Slot::new(it.slot),
                value: vec![shown; addresses.len()],
            }
        })
        .await
    }

    async fn program_accounts(
        &self,
        _program: Address,
        _filters: &[Filter],
        _view: View,
    ) -> Result<At<Vec<(Address, Account)>>, Error> {
        unasked()
    }

    async fn simulate(&self, _request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        unasked()
    }

    async fn signature_statuses(
        &self,
        _signatures: &[Signature],
        _history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        unasked()
    }

    async fn transaction(
        &self,
        _signature: &Signature,
        _commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        let told = |slot| Transaction {
            slot: Slot::new(slot),
            bytes: Vec::new(),
            meta: Meta {
                outcome: Ok(()),
                fee: Lamports::new(5_000),
                units: None,
                pre_balances: Vec::new(),
                post_balances: Vec::new(),
                pre_tokens: Vec::new(),
                post_tokens: Vec::new(),
                loaded: Vec::new(),
                logs: Vec::new(),
            },
        };
        self.answer(|it| it.tells_transactions.then(|| told(it.slot)))
            .await
    }

    async fn signatures_for_address(
        &self,
        _address: Address,
        _page: EntryPage,
        _view: View,
    ) -> Result<Vec<Entry>, Error> {
        unasked()
    }

    async fn prioritization_fees(
        &self,
        _written: &[Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error> {
        unasked()
    }

    async fn blocks(
        &self,
        _start: Slot,
        _limit: u64,
        _commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        unasked()
    }
}

fn unasked<T>() -> Result<T, Error> {
    panic!("no test here asks for it")
}
