//! Which token accounts are the wallet's own, as far as the message itself shows it.

use std::collections::BTreeMap;

use amm::token::WRAPPED_SOL;
use amm::{Address, Swap};
use chain_solana::address::associated_token;

use super::{Refusal, Rules};

/// The wallet's token accounts that a message names in its own list.
#[derive(Debug)]
pub(super) struct Places<'a> {
    rules: &'a Rules,
    /// What stands in the message itself.
    stated: &'a [Address],
    /// Usual accounts that the message shows to be the wallet's, with their mints.
    shown: BTreeMap<Address, Address>,
    /// Temporary accounts of wrapped SOL, as far as each has come.
    temporary: BTreeMap<Address, Step>,
}

/// How far a temporary account has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It exists and is nobody's token account yet.
    Made,
    /// It holds wrapped SOL for the wallet.
    Open,
    /// All that it held is the wallet's again.
    Closed,
}

impl<'a> Places<'a> {
    pub(super) const fn of(rules: &'a Rules, stated: &'a [Address]) -> Self {
        Self {
            rules,
            stated,
            shown: BTreeMap::new(),
            temporary: BTreeMap::new(),
        }
    }

    /// The account is the wallet's usual one of this mint.
    pub(super) fn show(&mut self, account: Address, mint: Address) {
        self.shown.insert(account, mint);
    }

    /// A swap that names its mints shows which accounts are the wallet's usual ones of them.
    pub(super) fn learn(&mut self, swap: &Swap) {
        let Some((first, second)) = swap.mints else {
            return;
        };
        let ends = [swap.trader.input, swap.trader.output];
        if ends.iter().all(|account| self.own(*account).is_ok()) {
            return;
        }
        let programs = swap.token_programs;
        for (mint, program) in [(first, programs.0), (second, programs.1)] {
            let usual = associated_token(self.rules.wallet, mint, program);
            self.show(usual, mint);
        }
    }

    /// The mint of an account that is the wallet's own.
    pub(super) fn own(&self, account: Address) -> Result<Address, Refusal> {
        let no = || Refusal::NotOwn(account);
        // What a lookup table holds is only believed of pools.
        if !self.stated.contains(&account) {
            return Err(no());
        }
        if let Some(mint) = self.usual(account) {
            return Ok(mint);
        }
        match self.temporary.get(&account) {
            Some(Step::Open) => Ok(WRAPPED_SOL),
            _ => Err(no()),
        }
    }

    fn usual(&self, account: Address) -> Option<Address> {
        let listed = self.rules.usual.get(&account);
        listed.or_else(|| self.shown.get(&account)).copied()
    }

    /// A temporary account is made.
    pub(super) fn make(&mut self, account: Address) -> Result<(), Refusal> {
        let is_new = self.stated.contains(&account) && self.usual(account).is_none();
        match is_new && self.temporary.insert(account, Step::Made).is_none() {
            true => Ok(()),
            false => Err(Refusal::Unclosed(account)),
        }
    }

    /// It becomes the wallet's account of wrapped SOL.
    pub(super) fn open(&mut self, account: Address) -> Result<(), Refusal> {
        self.step(account, Step::Made, Step::Open)
    }

    /// It ends.
    pub(super) fn close(&mut self, account: Address) -> Result<(), Refusal> {
        self.step(account, Step::Open, Step::Closed)
    }

    fn step(&mut self, account: Address, from: Step, to: Step) -> Result<(), Refusal> {
        match self.temporary.get_mut(&account) {
            Some(step) if *step == from => {
                *step = to;
                Ok(())
            }
            _ => Err(Refusal::Unclosed(account)),
        }
    }

    /// Checks that no temporary account outlives the message.
    pub(super) fn are_closed(&self) -> Result<(), Refusal> {
        let mut open = self.temporary.iter();
        match open.find(|(_, step)| **step != Step::Closed) {
            Some((account, _)) => Err(Refusal::Unclosed(*account)),
            None => Ok(()),
        }
    }
}
