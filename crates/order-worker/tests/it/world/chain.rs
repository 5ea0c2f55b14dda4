//! A chain that does what a test says.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::quote::Receipt;
use domain::spending::{Item, Outlay};
use domain::transaction::{Blockhash, Height, Signature, SignedTransaction};
use domain::{Address, BaseUnits, Mint, OrderId};
use ports::chain::{Error, Revert};
use ports::finality::{Root, Stand};
use ports::landing::{Fate, Weight};
use ports::transaction_builder::{self, Execution};
use ports::{Statuses, TransactionBuilder};
use tokio::sync::watch;

/// What the chain takes and pays for every swap.
pub(crate) const TAKEN: BaseUnits = BaseUnits::new(1_500_000_000);
pub(crate) const PAID: BaseUnits = BaseUnits::new(224_000_000);
/// For how many blocks a transaction is valid.
const LIFE: u64 = 150;
/// How far slots are ahead of heights.
const SKIPPED: u64 = 22;

/// What becomes of a transaction; plans are taken in the order in which transactions are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It lands as soon as it is sent.
    Land,
    /// It lands, and the reply to sending it is lost.
    LandLosingReply,
    /// It is executed and rolled back for good.
    Revert,
    /// It is executed and rolled back, in a block that is not final until [`ScriptedChain::finalize`] is called and
    /// vanishes when [`ScriptedChain::vanish`] is.
    RevertForNow,
    /// It is seen, and not sure, until [`ScriptedChain::land`] is called.
    Show,
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
    /// Simulated, it pays something else than was quoted.
    /// It does not fit into one packet.
    TooLarge,
    Mismatch,
    /// The wallet holds too little for it.
    TooDear,
    /// The signer does not answer.
    SignerAway,
    /// The signer's rules do not allow it.
    SignerRefuses,
    /// It would pass one of the signer's limits.
    SignerLimits,
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
    is_mute: bool,
    /// Whether it can deny nothing.
    is_purged: bool,
    /// Whether what lands waits for [`ScriptedChain::finalize_all`].
    is_slow_to_finalize: bool,
    built: Vec<(Execution, Signature)>,
    /// What every transaction says that it spends.
    outlay: Option<Outlay>,
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

    /// Every transaction says that it may spend this from now on.
    pub(crate) fn spends(&self, items: &[Item]) {
        self.book.lock().unwrap().outlay = Some(Outlay {
            wallet: Address::new([7; 32]),
            items: items.to_vec(),
        });
    }

    /// How many transactions were signed for this order.
    pub(crate) fn built(&self, order: OrderId) -> usize {
        self.executions(order).len()
    }

    /// What was signed for this order.
    pub(crate) fn executions(&self, order: OrderId) -> Vec<Execution> {
        let book = self.book.lock().unwrap();
        let built = book.built.iter().map(|(execution, _)| execution);
        built.filter(|of| of.order_id == order).cloned().collect()
    }

    /// The first transaction signed for this order.
    pub(crate) fn signature_of(&self, order: OrderId) -> Option<Signature> {
        let book = self.book.lock().unwrap();
        let mut of_order = book.built.iter().filter(|(of, _)| of.order_id == order);
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
        self.change(signature, Known::land);
    }

    /// The block of a transaction that was rolled back can no longer be undone.
    pub(crate) fn finalize(&self, signature: &Signature) {
        self.change(signature, |known, _| match &mut known.fate {
            Fate::Reverted { is_final, .. } => *is_final = true,
            fate => panic!("it was not rolled back: {fate:?}"),
        });
    }

    /// The block of a transaction vanishes; what is sent from now on lands.
    pub(crate) fn vanish(&self, signature: &Signature) {
        self.change(signature, |known, _| {
            known.fate = Fate::Absent;
            known.plan = Plan::Land;
        });
    }

    /// From now on the chain can deny nothing, or can again.
    pub(crate) fn set_purged(&self, is_purged: bool) {
        self.book.lock().unwrap().is_purged = is_purged;
    }

    /// A transaction is found in another slot, for good, where it brought something else.
    pub(crate) fn land_elsewhere(&self, signature: &Signature, slot: u64, amount_out: BaseUnits) {
        self.change(signature, |known, _| {
            known.fate = Fate::Landed {
                amount_in: TAKEN,
                amount_out,
                legs: Vec::new(),
                receipt: Receipt {
                    slot,
                    is_final: true,
                    ..receipt()
                },
            };
        });
    }

    /// From now on what lands is not final.
    pub(crate) fn hold_finality(&self) {
        self.book.lock().unwrap().is_slow_to_finalize = true;
    }

    /// What has landed is final, and so is what lands from now on.
    pub(crate) fn finalize_all(&self) {
        self.book.lock().unwrap().is_slow_to_finalize = false;
        self.tell();
    }

    /// The block of a transaction vanishes, and it is in none again, whoever sends it.
    pub(crate) fn vanish_for_good(&self, signature: &Signature) {
        self.change(signature, |known, _| {
            known.fate = Fate::Absent;
            known.plan = Plan::Forget;
        });
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

    /// From now on the chain does not say, or says again, what became of anything.
    pub(crate) fn set_mute(&self, is_mute: bool) {
        self.book.lock().unwrap().is_mute = is_mute;
    }

    fn change(&self, signature: &Signature, change: impl FnOnce(&mut Known, Height)) {
        let mut book = self.book.lock().unwrap();
        let height = Height::new(book.height);
        if let Some(known) = book.known.get_mut(signature) {
            change(known, height);
        }
        drop(book);
        self.tell();
    }

    fn tell(&self) {
        self.changed.send_modify(|version| *version += 1);
    }
}

impl Known {
    fn new(plan: Plan, last_valid: Height) -> Self {
        Self {
            plan,
            last_valid,
            sends: 0,
            fate: Fate::Absent,
        }
    }

    fn land(&mut self, height: Height) {
        let can_land = match self.fate {
            Fate::Absent => height <= self.last_valid,
            Fate::Underway => true,
            Fate::Landed { .. } | Fate::Reverted { .. } | Fate::Dead => false,
        };
        if can_land {
            self.fate = Fate::Landed {
                amount_in: TAKEN,
                amount_out: PAID,
                legs: Vec::new(),
                receipt: receipt(),
            };
        }
    }

    fn revert(&mut self, is_final: bool) {
        self.fate = Fate::Reverted {
            reason: Revert::SlippageExceeded,
            kind: "dlmm: slippage".to_owned(),
            receipt: receipt(),
            is_final,
        };
    }

    /// What becomes of it when it is sent, and what the sender hears.
    fn sent(&mut self, height: Height) -> Result<(), Error> {
        self.sends += 1;
        match self.plan {
            Plan::Land => self.land(height),
            Plan::LandLosingReply => {
                self.land(height);
                return Err(Error::Unavailable("the reply was lost".to_owned()));
            }
            Plan::Revert => self.revert(true),
            Plan::RevertForNow => self.revert(false),
            Plan::Show if self.fate == Fate::Absent => self.fate = Fate::Underway,
            Plan::Refuse => return Err(Error::Refused("not today".to_owned())),
            _ => {}
        }
        Ok(())
    }
}

impl Plan {
    /// Why nothing is signed.
    fn refusal(self) -> Option<transaction_builder::Error> {
        use transaction_builder::Error as Of;
        match self {
            Self::RefuseBuild => Some(Of::Refused("no such pool".to_owned())),
            Self::Mismatch => Some(Of::QuoteMismatch {
                quoted: PAID,
                simulated: BaseUnits::new(223_000_000),
            }),
            Self::TooLarge => Some(Of::TooLarge { bytes: 1_240 }),
            Self::SignerAway => Some(Of::NoSignature {
                why: "no answer in time".to_owned(),
                again_in: Duration::from_secs(1),
            }),
            Self::SignerRefuses => Some(Of::SignerRefused("pools: 111 is not listed".to_owned())),
            Self::SignerLimits => Some(Of::SignerLimit("limits: too much a day".to_owned())),
            Self::TooDear => Some(Of::InsufficientFunds {
                mint: Mint::SOL,
                needed: BaseUnits::new(1_502_000_000),
                held: BaseUnits::new(250_000_000),
                promised: BaseUnits::new(0),
            }),
            _ => None,
        }
    }
}

/// How every transaction fares.
pub(crate) fn landing() -> LandingReport {
    LandingReport {
        blocks_lived: Some(150),
        sends_taken: Some(3),
        unit_price: 10_000,
        ..LandingReport::default()
    }
}

/// What every transaction costs.
pub(crate) fn receipt() -> Receipt {
    Receipt {
        fee_lamports: 5_001,
        priority_fee_lamports: 1,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: Some(60_000),
        slot: 1_022,
        is_final: false,
        leftover: Vec::new(),
    }
}

#[async_trait]
impl TransactionBuilder for ScriptedChain {
    async fn build(
        &self,
        execution: &Execution,
    ) -> Result<SignedTransaction, transaction_builder::Error> {
        let mut book = self.book.lock().unwrap();
        let plan = book.plans.pop_front().unwrap_or(Plan::Land);
        if plan == Plan::PanicOnBuild {
            drop(book);
            panic!("a defect in building");
        }
        if let Some(error) = plan.refusal() {
            return Err(error);
        }
        let mut bytes = [0; 64];
        bytes[..8].copy_from_slice(&(book.built.len() as u64 + 1).to_le_bytes());
        let signature = Signature::from_bytes(&bytes);
        let last_valid = Height::new(book.height + LIFE);
        book.built.push((execution.clone(), signature.clone()));
        let known = Known::new(plan, last_valid);
        book.known.insert(signature.clone(), known);
        Ok(SignedTransaction {
            signature,
            bytes: Arc::from(bytes.as_slice()),
            last_valid_height: last_valid,
            blockhash: Some(Blockhash::new([7; 32])),
            outlay: book.outlay.clone().map(Box::new),
        })
    }

    async fn report(&self, _: &SignedTransaction) -> Option<LandingReport> {
        Some(landing())
    }
}

/// What lists of workers ask.
impl ScriptedChain {
    pub(crate) fn send(&self, transaction: &SignedTransaction) -> Result<(), Error> {
        let mut book = self.book.lock().unwrap();
        let height = Height::new(book.height);
        let signature = transaction.signature.clone();
        // A transaction built before this process began lands, unless a test says otherwise.
        let known = book
            .known
            .entry(signature)
            .or_insert_with(|| Known::new(Plan::Land, transaction.last_valid_height));
        let answer = known.sent(height);
        drop(book);
        self.tell();
        answer
    }

    pub(crate) fn fate(&self, transaction: &SignedTransaction) -> Result<Fate, Error> {
        let book = self.book.lock().unwrap();
        if book.is_mute {
            return Err(Error::Unavailable("says nothing".to_owned()));
        }
        let is_purged = book.is_purged;
        drop(book);
        let fate = self.fate_of(&transaction.signature);
        if fate == Fate::Absent && is_purged {
            return Err(Error::Unavailable("holds no history".to_owned()));
        }
        let is_dead = fate == Fate::Absent && self.is_past(transaction.last_valid_height);
        Ok(if is_dead { Fate::Dead } else { fate })
    }

    /// Also a chain that holds no history says whether it knows it.
    pub(crate) fn weigh(&self, transaction: &SignedTransaction) -> Result<Weight, Error> {
        if self.book.lock().unwrap().is_mute {
            return Err(Error::Unavailable("says nothing".to_owned()));
        }
        Ok(match self.fate_of(&transaction.signature) {
            Fate::Absent if self.is_past(transaction.last_valid_height) => Weight::Unknown,
            Fate::Absent => Weight::MayLand,
            _ => Weight::Known,
        })
    }

    /// Waits until it has landed or was rolled back.
    pub(crate) async fn await_fate(&self, signature: &Signature, limit: Duration) -> Fate {
        let mut changed = self.changed.subscribe();
        let is_decided = |fate: &Fate| matches!(fate, Fate::Landed { .. } | Fate::Reverted { .. });
        let known = changed.wait_for(|_| is_decided(&self.fate_of(signature)));
        let _ = tokio::time::timeout(limit, known).await;
        self.fate_of(signature)
    }

    pub(crate) fn fate_of(&self, signature: &Signature) -> Fate {
        let book = self.book.lock().unwrap();
        book.known
            .get(signature)
            .map_or(Fate::Absent, |known| known.fate.clone())
    }

    /// Whether what is final has passed this height.
    pub(crate) fn is_past(&self, height: Height) -> bool {
        Height::new(self.book.lock().unwrap().height) > height
    }

    /// Something is different from before.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

#[async_trait]
impl Statuses for ScriptedChain {
    async fn root(&self) -> Result<Root, Error> {
        let book = self.book.lock().unwrap();
        if book.is_mute {
            return Err(Error::Unavailable("says nothing".to_owned()));
        }
        Ok(Root {
            slot: book.height + SKIPPED,
            height: Height::new(book.height),
        })
    }

    async fn of(&self, signatures: &[Signature], _: u64) -> Result<Vec<Option<Stand>>, Error> {
        let is_final = !self.book.lock().unwrap().is_slow_to_finalize;
        let stand = |signature| match self.fate_of(signature) {
            Fate::Absent | Fate::Dead => None,
            Fate::Underway => Some(Stand {
                slot: receipt().slot,
                is_final: false,
                has_succeeded: true,
            }),
            Fate::Landed { receipt, .. } => Some(Stand {
                slot: receipt.slot,
                is_final,
                has_succeeded: true,
            }),
            Fate::Reverted {
                receipt, is_final, ..
            } => Some(Stand {
                slot: receipt.slot,
                is_final,
                has_succeeded: false,
            }),
        };
        Ok(signatures.iter().map(stand).collect())
    }
}
