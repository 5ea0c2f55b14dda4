//! One worker's landing list over the chain that tests script: what each worker knows by itself.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use domain::OrderId;
use domain::transaction::{Signature, SignedTransaction};
use ports::chain::Error;
use ports::landing::{Fate, Standing, Weight};
use ports::{Landing, Valve};
use tokio::sync::Notify;

use super::ScriptedChain;

/// Between two sends of the same bytes.
const CADENCE: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct ScriptedList {
    chain: Arc<ScriptedChain>,
    valve: Arc<Valve>,
    listed: Mutex<HashMap<Signature, Listed>>,
    untold: Mutex<BTreeSet<OrderId>>,
    told: Notify,
}

#[derive(Debug)]
struct Listed {
    order: OrderId,
    transaction: SignedTransaction,
    heard: Fate,
    has_news: bool,
    is_past_its_end: bool,
    waiting: u32,
    looks: u32,
}

impl ScriptedList {
    pub(crate) fn new(chain: Arc<ScriptedChain>, valve: Arc<Valve>) -> Self {
        Self {
            chain,
            valve,
            listed: Mutex::default(),
            untold: Mutex::default(),
            told: Notify::new(),
        }
    }

    fn listed(&self) -> MutexGuard<'_, HashMap<Signature, Listed>> {
        self.listed.lock().unwrap()
    }

    fn look(&self) {
        let mut listed = self.listed();
        for (signature, one) in &mut *listed {
            let fate = self.chain.fate_of(signature);
            let is_past = self.chain.is_past(one.transaction.last_valid_height);
            let is_seen = matches!(fate, Fate::Absent | Fate::Underway);
            let was_seen = matches!(one.heard, Fate::Absent | Fate::Underway);
            let has_changed = fate != one.heard && !(is_seen && was_seen);
            if has_changed || (is_past && !one.is_past_its_end) {
                one.has_news = true;
                if one.waiting == 0 {
                    self.untold.lock().unwrap().insert(one.order);
                    self.told.notify_one();
                }
            }
            (one.heard, one.is_past_its_end) = (fate, is_past);
        }
    }

    fn send(&self, transaction: &SignedTransaction) -> Result<(), Error> {
        match self.valve.is_open() {
            true => self.chain.send(transaction),
            false => Err(Error::Unavailable("halted".to_owned())),
        }
    }

    fn send_all(&self) {
        let listed = self.listed();
        for one in listed.values() {
            if matches!(one.heard, Fate::Absent | Fate::Underway) {
                let _ = self.send(&one.transaction);
            }
        }
    }
}

#[async_trait]
impl Landing for ScriptedList {
    async fn keep(&self, order: OrderId, transaction: &SignedTransaction) -> Result<(), Error> {
        let signature = transaction.signature.clone();
        let one = Listed {
            order,
            transaction: transaction.clone(),
            heard: Fate::Absent,
            has_news: false,
            is_past_its_end: false,
            waiting: 0,
            looks: 0,
        };
        let mut listed = self.listed();
        if listed.contains_key(&signature) {
            return Ok(());
        }
        listed.insert(signature, one);
        drop(listed);
        self.send(transaction)
    }

    fn standing(&self, transaction: &SignedTransaction) -> Standing {
        let mut listed = self.listed();
        let Some(one) = listed.get_mut(&transaction.signature) else {
            return Standing::Unlisted;
        };
        match std::mem::take(&mut one.has_news) || one.is_past_its_end {
            true => Standing::News,
            false => Standing::Quiet,
        }
    }

    fn looked_in_vain(&self, transaction: &SignedTransaction) -> u32 {
        let mut listed = self.listed();
        let one = listed.get_mut(&transaction.signature);
        one.map_or(0, |one| {
            one.looks += 1;
            one.looks - 1
        })
    }

    fn forget(&self, transaction: &SignedTransaction) {
        self.listed().remove(&transaction.signature);
    }

    async fn fate(&self, transaction: &SignedTransaction) -> Result<Fate, Error> {
        self.chain.fate(transaction)
    }

    async fn weigh(&self, transaction: &SignedTransaction) -> Result<Weight, Error> {
        self.chain.weigh(transaction)
    }

    async fn await_fate(
        &self,
        transaction: &SignedTransaction,
        limit: Duration,
    ) -> Result<Fate, Error> {
        let signature = &transaction.signature;
        if let Some(one) = self.listed().get_mut(signature) {
            one.waiting += 1;
        }
        let fate = self.chain.await_fate(signature, limit).await;
        if let Some(one) = self.listed().get_mut(signature) {
            one.waiting -= 1;
        }
        Ok(fate)
    }

    async fn attend(&self) {
        let mut changed = self.chain.changes();
        loop {
            tokio::select! {
                _ = changed.changed() => self.look(),
                () = tokio::time::sleep(CADENCE) => {
                    self.look();
                    self.send_all();
                }
            }
        }
    }

    async fn news(&self) -> Vec<OrderId> {
        loop {
            let untold = std::mem::take(&mut *self.untold.lock().unwrap());
            if !untold.is_empty() {
                return untold.into_iter().collect();
            }
            self.told.notified().await;
        }
    }

    fn usual_time(&self) -> Duration {
        Duration::from_millis(40)
    }
}
