//! What is found is said, whatever happens at that moment; and what the chain does not tell is no alarm.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use backend_embedded::{Settings, SqliteStore};
use domain::transaction::{Blockhash, Signature};
use domain::{Address, Mint};
use ports::reconciliation::{Held, Listed, Moved, OnAlarm, Reconciler, WalletHistory};
use ports::safety::Checkpoint;
use ports::{Clock, Error, Result, Store, SystemClock, chain};
use testkit::faulty_store::{FaultyStore, Outcome, Weather, Write};

const WALLET: Address = Address::new([1; 32]);
/// More than are looked at together.
const MANY: u64 = 50_010;
const PAGE: usize = 1_000;

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

/// A store that has explained the wallet up to the first slot.
async fn begun() -> Arc<dyn Store> {
    let store = SqliteStore::in_memory(Settings::default(), clock()).unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let first = Checkpoint {
        slot: 1,
        lamports: 0,
        tokens: BTreeMap::new(),
    };
    store.keep_checkpoint(WALLET, first).await.unwrap();
    store
}

/// A wallet that was given one lamport in each slot from 2 on.
#[derive(Debug)]
struct Gifts {
    newest_first: Vec<Listed>,
    places: HashMap<Signature, usize>,
    /// The chain lists it and tells nothing of it.
    untold: Option<u64>,
    is_signed: bool,
}

impl Gifts {
    fn up_to(slot: u64) -> Self {
        let newest_first = (2..=slot).rev().map(|slot| Listed {
            signature: signature(slot),
            slot,
        });
        let newest_first: Vec<Listed> = newest_first.collect();
        let places = newest_first.iter().map(|it| it.signature.clone());
        Self {
            places: places.zip(0..).collect(),
            newest_first,
            untold: None,
            is_signed: false,
        }
    }
}

fn signature(slot: u64) -> Signature {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&slot.to_le_bytes());
    Signature::from_bytes(&bytes)
}

#[async_trait]
impl WalletHistory for Gifts {
    fn wallet(&self) -> Address {
        WALLET
    }

    fn token_accounts(&self, _mint: Mint) -> Vec<Address> {
        Vec::new()
    }

    async fn holding(&self, _also: &[Mint]) -> std::result::Result<Held, chain::Error> {
        Ok(Held {
            slot: self.newest_first[0].slot,
            lamports: u64::try_from(self.newest_first.len()).unwrap(),
            tokens: BTreeMap::new(),
        })
    }

    async fn older_than(
        &self,
        _account: Address,
        before: Option<&Signature>,
        _at_least: u64,
    ) -> std::result::Result<Vec<Listed>, chain::Error> {
        let behind = before.map_or(0, |before| self.places[before] + 1);
        let older = self.newest_first[behind..].iter();
        Ok(older.take(PAGE).cloned().collect())
    }

    async fn tells_since(&self, _slot: u64) -> std::result::Result<bool, chain::Error> {
        Ok(true)
    }

    async fn moved(&self, asked: &Signature) -> std::result::Result<Option<Moved>, chain::Error> {
        if self.untold.map(signature).as_ref() == Some(asked) {
            return Ok(None);
        }
        Ok(Some(Moved {
            blockhash: Some(Blockhash::new([7; 32])),
            is_signed: self.is_signed,
            has_succeeded: true,
            fee: 0,
            lamports: 1,
            tokens: BTreeMap::new(),
        }))
    }
}

/// A store whose write of this number, from 0 on, is refused.
#[derive(Debug)]
struct Refusing {
    number: usize,
    written: AtomicUsize,
}

impl Weather for Refusing {
    async fn ask<T: Send>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        call.await
    }

    async fn tell<T: Outcome>(
        &self,
        _write: Write,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        match self.written.fetch_add(1, Ordering::Relaxed) == self.number {
            true => Err(Error::unavailable("the store", "it is down")),
            false => call.await,
        }
    }
}

/// Neither what is found nor the halt is lost with one write.
#[tokio::test(start_paused = true)]
async fn a_foreign_transaction_halts_the_engine_whichever_write_fails() {
    for number in 0..2 {
        let store = begun().await;
        let weather = Refusing {
            number,
            written: AtomicUsize::new(0),
        };
        let reconciler = Reconciler {
            store: Arc::new(FaultyStore::new(Arc::clone(&store), Arc::new(weather))),
            history: Arc::new(Gifts {
                is_signed: true,
                ..Gifts::up_to(2)
            }),
            clock: clock(),
        };

        let first = reconciler.run(OnAlarm::Halt).await;
        let second = reconciler.run(OnAlarm::Halt).await.unwrap();

        assert!(first.is_err(), "write {number}: {first:?}");
        assert_eq!(second.foreign, 1, "write {number}");
        assert!(store.halted().await.unwrap().is_some(), "write {number}");
        let third = reconciler.run(OnAlarm::Halt).await.unwrap();
        assert_eq!(third.foreign, 0, "it is told once");
    }
}

/// Nobody can say what was held at the end of the first part, and so what must be held at the end of the next.
#[tokio::test(start_paused = true)]
async fn what_the_chain_does_not_tell_of_one_part_is_no_alarm_in_the_next() {
    let store = begun().await;
    let reconciler = Reconciler {
        store: Arc::clone(&store),
        history: Arc::new(Gifts {
            untold: Some(2),
            ..Gifts::up_to(1 + MANY)
        }),
        clock: clock(),
    };

    let report = reconciler.run(OnAlarm::Halt).await.unwrap();

    assert!(!report.is_alarming() && !report.is_whole(), "{report:?}");
    assert_eq!(report.to.slot, 1 + MANY);
    assert_eq!(
        store.checkpoint(WALLET).await.unwrap().unwrap().slot,
        1 + MANY
    );
    assert_eq!(store.halted().await.unwrap(), None);
}
