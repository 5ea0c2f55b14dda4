//! A chain that does what a test says.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::{Height, Signature, SignedTransaction};
use domain::{BaseUnits, OrderId};
use ports::Chain;
use ports::chain::{Error, Fate, Revert, Swap};
use tokio::sync::watch;

/// What the chain pays for every swap.
pub(crate) const PAID: BaseUnits = BaseUnits::new(224_000_000);
/// For how many blocks a transaction is valid.
const LIFE: u64 = 150;

/// What becomes of a transaction; plans are taken in the order in which transactions are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It lands as soon as it is sent.
    Land,
    /// It lands, and the reply to sending it is lost.
    LandLosingReply,
    /// It is executed and rolled back.
    Revert,
    /// It is taken and forgotten.
    Forget,
    /// It is refused whenever it is sent.
    Refuse,
    /// It waits until [`ScriptedChain::land`] is called.
    Hold,
    /// Building it panics.
    PanicOnBuild,
    /// Building it is refused.
    RefuseBuild,
}

#[derive(Debug)]
struct Known {
    plan: Plan,
    last_valid: Height,
    sends: u32,
    fate: Fate,
}

#[derive(Debug, Default)]
struct Book {
    plans: VecDeque<Plan>,
    height: u64,
    built: Vec<(OrderId, Signature)>,
    known: HashMap<Signature, Known>,
}

#[derive(Debug)]
pub(crate) struct ScriptedChain {
    book: Mutex<Book>,
    changed: watch::Sender<u64>,
}

impl ScriptedChain {
    pub(crate) fn new() -> Arc<Self> {
        let book = Book {
            height: 1_000,
            ..Book::default()
        };
        Arc::new(Self {
            book: Mutex::new(book),
            changed: watch::Sender::new(0),
        })
    }

    /// What becomes of the next transactions; those after them land.
    pub(crate) fn plan(&self, plans: impl IntoIterator<Item = Plan>) {
        self.book.lock().unwrap().plans.extend(plans);
    }

    /// How many transactions were signed for this order.
    pub(crate) fn built(&self, order: OrderId) -> usize {
        let book = self.book.lock().unwrap();
        book.built.iter().filter(|(of, _)| *of == order).count()
    }

    /// The one transaction signed for this order.
    pub(crate) fn signature_of(&self, order: OrderId) -> Option<Signature> {
        let book = self.book.lock().unwrap();
        let mut of_order = book.built.iter().filter(|(of, _)| *of == order);
        of_order.next().map(|(_, signature)| signature.clone())
    }

    /// How often these bytes were sent.
    pub(crate) fn sends(&self, signature: &Signature) -> u32 {
        let book = self.book.lock().unwrap();
        book.known.get(signature).map_or(0, |known| known.sends)
    }

    /// How many transactions took effect, altogether.
    pub(crate) fn landed(&self) -> usize {
        let book = self.book.lock().unwrap();
        let fates = book.known.values().map(|known| &known.fate);
        fates
            .filter(|fate| matches!(fate, Fate::Landed { .. }))
            .count()
    }

    /// Lets a transaction land, unless its last valid height has passed.
    pub(crate) fn land(&self, signature: &Signature) {
        let mut book = self.book.lock().unwrap();
        let height = Height::new(book.height);
        if let Some(known) = book.known.get_mut(signature) {
            known.land(height);
        }
        drop(book);
        self.tell();
    }

    /// Advances the height.
    pub(crate) fn advance(&self, blocks: u64) {
        self.book.lock().unwrap().height += blocks;
        self.tell();
    }

    /// Advances the height to the last one at which transactions built now can land.
    pub(crate) fn advance_to_last_valid(&self) {
        self.advance(LIFE);
    }

    fn tell(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    fn fate_of(&self, signature: &Signature) -> Fate {
        let book = self.book.lock().unwrap();
        book.known
            .get(signature)
            .map_or(Fate::Unknown, |known| known.fate.clone())
    }
}

impl Known {
    fn land(&mut self, height: Height) {
        if self.fate == Fate::Unknown && height <= self.last_valid {
            self.fate = Fate::Landed {
                amount_out: PAID,
                height,
            };
        }
    }
}

#[async_trait]
impl Chain for ScriptedChain {
    async fn build(&self, swap: &Swap) -> Result<SignedTransaction, Error> {
        let mut book = self.book.lock().unwrap();
        let plan = book.plans.pop_front().unwrap_or(Plan::Land);
        if plan == Plan::PanicOnBuild {
            drop(book);
            panic!("a defect in building");
        }
        if plan == Plan::RefuseBuild {
            return Err(Error::Refused("no such pool".to_owned()));
        }
        let mut bytes = [0; 64];
        bytes[..8].copy_from_slice(&(book.built.len() as u64 + 1).to_le_bytes());
        let signature = Signature::from_bytes(&bytes);
        let last_valid = Height::new(book.height + LIFE);
        book.built.push((swap.order_id, signature.clone()));
        let known = Known {
            plan,
            last_valid,
            sends: 0,
            fate: Fate::Unknown,
        };
        book.known.insert(signature.clone(), known);
        Ok(SignedTransaction {
            signature,
            bytes: Arc::from(bytes.as_slice()),
            last_valid_height: last_valid,
        })
    }

    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error> {
        let mut book = self.book.lock().unwrap();
        let height = Height::new(book.height);
        let signature = transaction.signature.clone();
        // A transaction built before this process began lands, unless a test says otherwise.
        let known = book.known.entry(signature).or_insert_with(|| Known {
            plan: Plan::Land,
            last_valid: transaction.last_valid_height,
            sends: 0,
            fate: Fate::Unknown,
        });
        known.sends += 1;
        let answer = match known.plan {
            Plan::Land => {
                known.land(height);
                Ok(())
            }
            Plan::LandLosingReply => {
                known.land(height);
                Err(Error::Unavailable("the reply was lost".to_owned()))
            }
            Plan::Revert => {
                let reason = Revert::SlippageExceeded;
                known.fate = Fate::Reverted { reason, height };
                Ok(())
            }
            Plan::Refuse => Err(Error::Refused("not today".to_owned())),
            _ => Ok(()),
        };
        drop(book);
        self.tell();
        answer
    }

    async fn finalized_height(&self) -> Result<Height, Error> {
        Ok(Height::new(self.book.lock().unwrap().height))
    }

    async fn fate(&self, signature: &Signature) -> Result<Fate, Error> {
        Ok(self.fate_of(signature))
    }

    async fn await_fate(&self, signature: &Signature, limit: Duration) -> Result<Fate, Error> {
        let mut changed = self.changed.subscribe();
        let known = changed.wait_for(|_| self.fate_of(signature) != Fate::Unknown);
        let _ = tokio::time::timeout(limit, known).await;
        Ok(self.fate_of(signature))
    }

    fn usual_time(&self) -> Duration {
        Duration::from_millis(40)
    }
}
