//! What each transaction of a wallet means, and what all of them together explain: plain arithmetic.

use std::collections::BTreeMap;
use std::fmt;

use domain::quote::Fill;
use domain::transaction::Signature;
use domain::{Address, Asset, Mint, Order, OrderId, State};

use super::tokens::{Book, TokenChange, TokenTotal};
use super::{Held, Listed, Moved};
use crate::finality::Standing;
use crate::safety::{Checkpoint, Tokens};

/// The most findings that are told one by one.
const FINDINGS_MAX: usize = 100;

/// What a comparison has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub wallet: Address,
    /// From where on everything was compared; absent the first time, when there is nothing to compare with.
    pub from: Option<Checkpoint>,
    pub to: Held,
    /// How many transactions name the wallet.
    pub transactions: u64,
    /// How many of them are orders'.
    pub orders: u64,
    /// Orders whose transaction has landed and is not recorded yet: the next comparison looks again.
    pub under_way: u64,
    /// Transactions that the chain lists and does not tell any more: they explain nothing.
    pub untold: u64,
    /// Whether the chain no longer holds all of it: nobody can say what is not explained.
    pub is_cut: bool,
    /// Whether there was more than is looked at together: it goes on from there.
    pub is_partial: bool,
    /// What came from others, in lamports.
    pub from_outside: i128,
    /// Transactions that the wallet has signed and no order names.
    pub foreign: u64,
    /// Orders of which the ledger says something else than they do.
    pub contradicted: u64,
    /// Lamports that neither receipts nor what came from others explain.
    pub unexplained: i128,
    /// What there is to say, oldest first, at most so many: what came from outside makes room for the rest.
    pub findings: Vec<Finding>,
    /// What the wallet must hold by what was read.
    expected: i128,
    /// Its tokens.
    book: Book,
    /// The slot that is being read, and what the wallet must have held before it.
    slot_began: (u64, i128, Tokens),
    /// Up to where everything is settled.
    settled: Option<Checkpoint>,
}

/// A transaction that is worth a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    pub signature: Signature,
    pub slot: u64,
    /// The order that names it.
    pub order: Option<OrderId>,
    /// The change of the wallet's lamports, by the ledger.
    pub lamports: i128,
    /// The change that its receipt tells, if that is another one.
    pub told: Option<i128>,
    /// What it did to tokens.
    pub tokens: Vec<TokenChange>,
}

/// What is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The wallet signed it, and no order names it: somebody else may have the key.
    Foreign,
    /// Somebody else signed it, and it names the wallet or its token accounts: a transfer, an airdrop.
    FromOutside,
    /// Somebody else signed it, and tokens left the wallet.
    Taken,
    /// Its order's receipt tells another change.
    Differs,
    /// It landed, and its order says that it did not.
    Contradicts,
}

impl Kind {
    /// Its name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::FromOutside => "from_outside",
            Self::Taken => "taken",
            Self::Differs => "differs",
            Self::Contradicts => "contradicts",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "the wallet signed it, and no order names it",
            Self::FromOutside => "from outside",
            Self::Taken => "somebody else signed it, and it took tokens of the wallet",
            Self::Differs => "its receipt tells another change",
            Self::Contradicts => "it landed, and its order says otherwise",
        })
    }
}

/// How a receipt says that the wallet changed.
struct Told {
    lamports: i128,
    tokens: BTreeMap<Mint, i128>,
}

/// What an order says of a transaction.
enum Booked {
    As(Told),
    /// Nothing yet.
    Open,
    /// Something that cannot be.
    Otherwise,
}

impl Report {
    /// What there is to say the first time.
    pub(super) fn first(wallet: Address, to: Held) -> Self {
        let book = Book::begin(None, &to);
        Self {
            wallet,
            from: None,
            transactions: 0,
            orders: 0,
            under_way: 0,
            untold: 0,
            is_cut: false,
            is_partial: false,
            from_outside: 0,
            foreign: 0,
            contradicted: 0,
            unexplained: 0,
            findings: Vec::new(),
            expected: to.lamports.into(),
            slot_began: (0, to.lamports.into(), book.expected()),
            book,
            settled: None,
            to,
        }
    }

    /// Nothing was read yet.
    pub(super) fn begin(wallet: Address, from: Checkpoint, to: Held) -> Self {
        let book = Book::begin(Some(&from), &to);
        Self {
            expected: from.lamports.into(),
            slot_began: (from.slot, from.lamports.into(), book.expected()),
            book,
            from: Some(from),
            ..Self::first(wallet, to)
        }
    }

    /// Takes in the next transaction, with the order that names it.
    pub(super) fn add(
        &mut self,
        listed: &Listed,
        moved: Option<&Moved>,
        known: Option<&(Order, Standing)>,
    ) {
        self.transactions += 1;
        let Some(moved) = moved else {
            self.untold += 1;
            return;
        };
        if self.slot_began.0 != listed.slot {
            self.slot_began = (listed.slot, self.expected, self.book.expected());
        }
        self.expected += moved.lamports;
        self.book.add(&moved.tokens, moved.is_signed);
        let Some((order, standing)) = known else {
            return self.add_unnamed(listed, moved);
        };
        self.orders += 1;
        match booked(order, standing, &listed.signature, moved) {
            Booked::As(told) => {
                let differs = self.book.differ(&moved.tokens, &told.tokens);
                self.unexplained += moved.lamports - told.lamports;
                if differs || told.lamports != moved.lamports {
                    self.find(Kind::Differs, (listed, moved), Some(order.id), Some(&told));
                }
            }
            Booked::Open => {
                self.under_way += 1;
                // The whole slot is looked at again.
                let (slot, lamports, tokens) = &self.slot_began;
                if let Ok(lamports) = u64::try_from(*lamports) {
                    self.settled.get_or_insert_with(|| Checkpoint {
                        slot: slot.saturating_sub(1),
                        lamports,
                        tokens: tokens.clone(),
                    });
                }
            }
            Booked::Otherwise => {
                self.contradicted += 1;
                self.find(Kind::Contradicts, (listed, moved), Some(order.id), None);
            }
        }
    }

    fn add_unnamed(&mut self, listed: &Listed, moved: &Moved) {
        if moved.is_signed {
            self.foreign += 1;
            self.find(Kind::Foreign, (listed, moved), None, None);
            return;
        }
        self.from_outside += moved.lamports;
        // It is read behind those that the wallet signed, and may have landed before them.
        if let Some(settled) = &mut self.settled
            && listed.slot <= settled.slot
        {
            for (mint, change) in &moved.tokens {
                let held = settled.tokens.get_mut(mint).and_then(Option::as_mut);
                if let Some(held) = held {
                    *held = u64::try_from(i128::from(*held) + change).unwrap_or(*held);
                }
            }
        }
        match self.book.add_outside(&moved.tokens) {
            true => self.find(Kind::Taken, (listed, moved), None, None),
            // Many transactions name a wallet and do nothing to it.
            false if moved.lamports == 0 && moved.tokens.is_empty() => {}
            false => self.find(Kind::FromOutside, (listed, moved), None, None),
        }
    }

    fn find(
        &mut self,
        kind: Kind,
        (listed, moved): (&Listed, &Moved),
        order: Option<OrderId>,
        told: Option<&Told>,
    ) {
        if self.findings.len() == FINDINGS_MAX && !self.make_room(kind) {
            return;
        }
        let mut mints: Vec<Mint> = moved.tokens.keys().copied().collect();
        mints.extend(told.iter().flat_map(|told| told.tokens.keys()));
        mints.sort_unstable();
        mints.dedup();
        let tokens = mints.into_iter().map(|mint| {
            let change = moved.tokens.get(&mint).copied().unwrap_or(0);
            let told = told.map(|told| told.tokens.get(&mint).copied().unwrap_or(0));
            TokenChange {
                mint,
                change,
                told: told.filter(|told| *told != change),
            }
        });
        self.findings.push(Finding {
            kind,
            signature: listed.signature.clone(),
            slot: listed.slot,
            order,
            lamports: moved.lamports,
            told: told.map(|told| told.lamports),
            tokens: tokens.collect(),
        });
    }

    /// What others send must not hide what somebody must look at.
    fn make_room(&mut self, kind: Kind) -> bool {
        let is_outside = |it: &Finding| it.kind == Kind::FromOutside;
        let newest = self.findings.iter().rposition(is_outside);
        match newest.filter(|_| kind != Kind::FromOutside) {
            Some(place) => {
                self.findings.remove(place);
                true
            }
            None => false,
        }
    }

    /// Tokens whose own accounts must be asked, because others may have paid in without naming the wallet: those that
    /// what was read does not explain. Where not everything is read nobody knows what was held, so it is all of them.
    pub(super) fn tokens_to_look_at(&self, is_partial: bool) -> Vec<Mint> {
        match is_partial {
            true => self.book.compared().collect(),
            false => self.book.unbalanced(),
        }
    }

    /// What was found of each token, by its mint.
    #[must_use]
    pub const fn tokens(&self) -> &BTreeMap<Mint, TokenTotal> {
        self.book.totals()
    }

    /// Tokens that are too many to be compared.
    #[must_use]
    pub fn tokens_left_out(&self) -> usize {
        self.book.noted().1
    }

    /// Whether receipts and what came from others explain what the wallet holds.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.unexplained == 0 && self.book.is_balanced()
    }

    /// Everything was read: what the wallet holds beside what it must hold is unexplained. Where the chain did not tell
    /// everything, nobody can say.
    pub(super) fn conclude(&mut self) {
        if self.is_told() {
            self.unexplained += i128::from(self.to.lamports) - self.expected;
            self.book.conclude();
        }
    }

    /// Everything up to this slot was read, and there is more: what the wallet held then nobody tells any more, so that
    /// it is what was read.
    pub(super) fn break_off(&mut self, up_to: u64) {
        self.is_partial = true;
        let lamports = u64::try_from(self.expected).unwrap_or_else(|_| {
            self.unexplained += self.expected;
            0
        });
        self.book.break_off();
        self.to.slot = up_to;
        self.to.lamports = lamports;
    }

    /// Up to where the next comparison need not look. What was found is told once.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let whole = Checkpoint {
            slot: self.to.slot,
            lamports: self.to.lamports,
            tokens: self.book.noted().0,
        };
        let is_explained = !self.is_alarming() && self.is_told();
        let settled = self.settled.clone();
        settled.filter(|_| is_explained).unwrap_or(whole)
    }

    /// Whether everything was compared, and the chain has told all of it.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_told() && !self.is_partial
    }

    pub(super) const fn is_told(&self) -> bool {
        self.untold == 0 && !self.is_cut
    }

    /// Whether somebody must look.
    #[must_use]
    pub fn is_alarming(&self) -> bool {
        self.foreign > 0 || self.contradicted > 0 || !self.is_balanced()
    }
}

fn booked(order: &Order, standing: &Standing, signature: &Signature, moved: &Moved) -> Booked {
    if !moved.has_succeeded {
        // Rolled back: the fee alone is gone.
        return Booked::As(Told {
            lamports: -i128::from(moved.fee),
            tokens: BTreeMap::new(),
        });
    }
    match &order.state {
        State::Submitted { signature: of, .. } if of == signature => Booked::Open,
        State::Confirmed { fill } if fill.signature == *signature => {
            let again = standing.finality.as_ref().and_then(|it| it.fill.as_ref());
            // A fill of before there were receipts tells nothing that could be compared.
            let told = told(again.unwrap_or(fill));
            Booked::As(told.unwrap_or_else(|| Told {
                lamports: moved.lamports,
                tokens: moved.tokens.clone(),
            }))
        }
        _ => Booked::Otherwise,
    }
}

/// The change of the wallet's lamports and tokens that a fill tells.
fn told(fill: &Fill) -> Option<Told> {
    let receipt = fill.receipt.as_deref()?;
    let route = &fill.route;
    let mut lamports = i128::from(receipt.rent_returned_lamports)
        - i128::from(receipt.rent_paid_lamports)
        - i128::from(receipt.fee_lamports);
    let mut tokens = BTreeMap::new();
    let mut add = |asset: Asset, change: i128| match asset.is_native() {
        true => lamports += change,
        false => *tokens.entry(asset.mint).or_insert(0) += change,
    };
    add(route.asset_in(), -i128::from(route.amount_in().get()));
    add(route.asset_out(), fill.amount_out.get().into());
    for left in &receipt.leftover {
        add(left.asset, left.amount.get().into());
    }
    Some(Told { lamports, tokens })
}

#[cfg(test)]
mod tests;
