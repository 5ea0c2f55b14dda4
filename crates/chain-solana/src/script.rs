//! A cluster for tests that answers from a list: the calls must come as the list says, in its order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amm::Address;
use async_trait::async_trait;
use solana_hash::Hash;
use solana_signature::Signature;

use crate::rpc::{
    Account, At, Blockhash, Commitment, Entry, EntryPage, EpochInfo, Error, Filter, History,
    Lamports, MicroLamports, Rpc, Simulated, SimulationRequest, Slot, Status, Transaction, View,
};

/// How long an answer takes that others can ask for meanwhile, of a time that tests pause.
pub(crate) const LATENCY: Duration = Duration::from_millis(40);

/// A call and its answer.
#[derive(Debug)]
pub(crate) enum Call {
    MinimumBalance(usize, Lamports),
    Accounts(Vec<Address>, Result<At<Vec<Option<Account>>>, Error>),
    /// Of another endpoint than this one.
    AccountsBeside(usize, Vec<Address>, Result<At<Vec<Option<Account>>>, Error>),
    ProgramAccounts(Address, Vec<Filter>, Result<Vec<(Address, Account)>, Error>),
    /// A search that takes a while.
    Slow(Box<Call>),
    EpochInfo(View, Result<EpochInfo, Error>),
    LatestBlockhash(Result<At<Blockhash>, Error>),
    Send(Vec<u8>, Result<(), Error>),
    /// A send that hears nothing.
    SendUnanswered(Vec<u8>),
    Statuses(
        Vec<Signature>,
        History,
        Result<At<Vec<Option<Status>>>, Error>,
    ),
    Transaction(Signature, Commitment, Result<Option<Transaction>, Error>),
    History(Address, View, Result<Vec<Entry>, Error>),
    Blocks(Slot, u64, Vec<Slot>),
    Fees(Vec<Address>, Result<Vec<(Slot, MicroLamports)>, Error>),
}

impl Call {
    /// The same asked of another endpoint than this one.
    pub(crate) fn beside(self, place: usize) -> Self {
        match self {
            Self::Accounts(addresses, answer) => Self::AccountsBeside(place, addresses, answer),
            other => panic!("not of one endpoint: {other:?}"),
        }
    }

    /// The same, which takes a while.
    pub(crate) fn slow(self) -> Self {
        Self::Slow(Box::new(self))
    }

    pub(crate) fn minimum_balance(bytes: usize, lamports: u64) -> Self {
        Self::MinimumBalance(bytes, Lamports::new(lamports))
    }
}

/// The list.
#[derive(Debug, Clone)]
pub(crate) struct Script(Arc<Mutex<VecDeque<Call>>>);

impl Script {
    pub(crate) fn new(calls: impl IntoIterator<Item = Call>) -> Self {
        Self(Arc::new(Mutex::new(calls.into_iter().collect())))
    }

    pub(crate) fn rpc(&self) -> Arc<dyn Rpc> {
        Arc::new(self.clone())
    }

    /// This too, at the end of the list.
    pub(crate) fn then(&self, call: Call) {
        self.0.lock().unwrap().push_back(call);
    }

    /// Everything on the list was asked.
    #[track_caller]
    pub(crate) fn check_done(&self) {
        let left = self.0.lock().unwrap();
        assert!(left.is_empty(), "never asked: {left:?}");
    }

    fn next(&self, asked: &str) -> Call {
        let next = self.0.lock().unwrap().pop_front();
        next.unwrap_or_else(|| panic!("asked after the end of the script: {asked}"))
    }
}

/// The answer of the next call, which must be this one.
macro_rules! answer {
    ($self:ident, $name:literal, $pattern:pat => $answer:expr) => {
        match $self.next($name) {
            $pattern => $answer,
            other => panic!("asked for {}, and the script says {other:?}", $name),
        }
    };
}

#[async_trait]
impl Rpc for Script {
    async fn epoch_info(&self, view: View) -> Result<EpochInfo, Error> {
        answer!(self, "epoch info", Call::EpochInfo(expected, answer) => {
            assert_eq!(view, expected);
            answer
        })
    }

    async fn latest_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        answer!(self, "a blockhash", Call::LatestBlockhash(answer) => {
            assert_ne!(view.commitment, Commitment::Processed, "its block may vanish");
            tokio::time::sleep(LATENCY).await;
            answer
        })
    }

    async fn accounts(
        &self,
        addresses: &[Address],
        _view: View,
    ) -> Result<At<Vec<Option<Account>>>, Error> {
        answer!(self, "accounts", Call::Accounts(expected, answer) => {
            assert_eq!(addresses, expected);
            tokio::time::sleep(LATENCY).await;
            answer
        })
    }

    /// It stands for two endpoints.
    async fn accounts_beside(
        &self,
        addresses: &[Address],
        view: View,
        beside: Option<usize>,
    ) -> Result<(At<Vec<Option<Account>>>, Option<usize>), Error> {
        let Some(place) = beside else {
            return Ok((self.accounts(addresses, view).await?, Some(0)));
        };
        answer!(self, "accounts of another endpoint", Call::AccountsBeside(than, expected, answer) => {
            assert_eq!((place, addresses), (than, &expected[..]));
            tokio::time::sleep(LATENCY).await;
            answer.map(|answer| (answer, Some(1 - place)))
        })
    }

    async fn program_accounts(
        &self,
        program: Address,
        filters: &[Filter],
        _view: View,
    ) -> Result<At<Vec<(Address, Account)>>, Error> {
        let next = match self.next("a program's accounts") {
            Call::Slow(call) => {
                tokio::time::sleep(LATENCY).await;
                *call
            }
            call => call,
        };
        let Call::ProgramAccounts(of, expected, answer) = next else {
            panic!("asked for a program's accounts, and the script says {next:?}");
        };
        assert_eq!((program, filters), (of, &expected[..]));
        answer.map(|value| At {
            slot: Slot::new(1),
            value,
        })
    }

    async fn minimum_balance(&self, bytes: usize) -> Result<Lamports, Error> {
        answer!(self, "a minimum balance", Call::MinimumBalance(expected, answer) => {
            assert_eq!(bytes, expected);
            tokio::time::sleep(LATENCY).await;
            Ok(answer)
        })
    }

    async fn simulate(&self, request: &SimulationRequest<'_>) -> Result<At<Simulated>, Error> {
        panic!("nothing here simulates: {request:?}")
    }

    async fn send(&self, transaction: &[u8]) -> Result<Signature, Error> {
        match self.next("a send") {
            Call::Send(expected, answer) => {
                assert_eq!(transaction, expected);
                answer.map(|()| Signature::default())
            }
            Call::SendUnanswered(expected) => {
                assert_eq!(transaction, expected);
                std::future::pending().await
            }
            other => panic!("asked for a send, and the script says {other:?}"),
        }
    }

    async fn signature_statuses(
        &self,
        signatures: &[Signature],
        history: History,
    ) -> Result<At<Vec<Option<Status>>>, Error> {
        answer!(self, "statuses", Call::Statuses(expected, of, answer) => {
            assert_eq!((signatures, history), (&expected[..], of));
            tokio::time::sleep(LATENCY).await;
            answer
        })
    }

    async fn transaction(
        &self,
        signature: &Signature,
        commitment: Commitment,
    ) -> Result<Option<Transaction>, Error> {
        answer!(self, "a transaction", Call::Transaction(expected, of, answer) => {
            assert_eq!((signature, commitment), (&expected, of));
            answer
        })
    }

    async fn signatures_for_address(
        &self,
        address: Address,
        _page: EntryPage,
        view: View,
    ) -> Result<Vec<Entry>, Error> {
        answer!(self, "a history", Call::History(of, expected, answer) => {
            assert_eq!((address, view), (of, expected));
            answer
        })
    }

    async fn prioritization_fees(
        &self,
        written: &[Address],
    ) -> Result<Vec<(Slot, MicroLamports)>, Error> {
        answer!(self, "fees", Call::Fees(expected, answer) => {
            assert_eq!(written, expected);
            answer
        })
    }

    async fn genesis_hash(&self) -> Result<Hash, Error> {
        panic!("nothing here asks for the genesis hash")
    }

    async fn blocks(
        &self,
        start: Slot,
        limit: u64,
        commitment: Commitment,
    ) -> Result<Vec<Slot>, Error> {
        answer!(self, "blocks", Call::Blocks(from, most, slots) => {
            assert_eq!((start, limit, commitment), (from, most, Commitment::Finalized));
            Ok(slots)
        })
    }
}
