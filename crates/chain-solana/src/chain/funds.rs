//! Whether the wallet holds what a transaction takes: looked at before it is signed, so that an order that cannot be
//! paid for says so and costs nothing. And what a transaction may take at most, for the store to count.
//!
//! Transactions under way may still spend what the wallet shows: that is read first and counted off. Orders side by
//! side may each find enough and together not; the store, which knows them all, decides then.

use std::sync::Arc;
use std::time::Duration;

use amm::Address;
use amm::token::TokenAccount;
use domain::spending::{Item, Means, Outlay, Purpose, WalletUse};
use domain::{BaseUnits, Mint};
use ports::transaction_builder::{Error, Execution};
use ports::{Clock, WalletUses};

use super::SolanaChain;
use super::route::Route;
use crate::address::CLOCK;
use crate::build::{Draft, WRAPPED_ACCOUNT_BYTES};
use crate::convert::engines;
use crate::recent_by::RecentBy;
use crate::rpc::{self, Account, Lamports, Rpc, Slot, View};

/// How long one look serves: a slot, in which nothing changes.
const SEEN_FOR: Duration = Duration::from_millis(400);
/// Looks at a node that is behind what was filled last, and the pauses between them.
const LOOKS_MAX: u32 = 5;
const CATCH_UP: Duration = Duration::from_millis(200);
/// A node may be so many slots behind what was filled last. Of one that is further behind no blockhash lives long enough
/// to be built on, so a slot that is further ahead was never true: an endpoint that tells of it once would keep the
/// wallet from trading for ever.
const BEHIND_MAX: u64 = 300;

/// What an account holds; of one that is not there, nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    lamports: u64,
    /// Absent where it is no token account.
    tokens: Option<u64>,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    wallet: domain::Address,
    /// The wallet, then the accounts of the path's tokens.
    accounts: Vec<Address>,
    purposes: [Purpose; 2],
}

/// What was seen.
#[derive(Debug)]
struct Seen {
    asked: Question,
    held: Vec<Held>,
    /// What was counted of the token sold and of SOL, before the balances were read.
    counted: [WalletUse; 2],
}

/// What the wallet's accounts hold.
#[derive(Debug)]
pub(super) struct Funds {
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    uses: Option<Arc<dyn WalletUses>>,
    seen: RecentBy<Question, Arc<Seen>, Error>,
}

impl Funds {
    /// Nothing is asked yet.
    pub(super) fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>) -> Self {
        Self {
            rpc,
            uses: None,
            seen: RecentBy::new(Arc::clone(&clock), SEEN_FOR),
            clock,
        }
    }

    /// What transactions may spend is counted there.
    pub(super) fn count_in(&mut self, uses: Arc<dyn WalletUses>) {
        self.uses = Some(uses);
    }

    async fn look(&self, question: Question) -> Result<Arc<Seen>, Error> {
        let (rpc, clock) = (Arc::clone(&self.rpc), Arc::clone(&self.clock));
        let (uses, asked) = (self.uses.clone(), question.clone());
        let look = async move {
            let counted = counted(uses.as_deref(), &asked).await?;
            let filled_at = counted.iter().map(|it| it.slot).max().unwrap_or_default();
            let held = held(&*rpc, &*clock, &asked.accounts, Slot::new(filled_at)).await?;
            Ok(Arc::new(Seen {
                asked,
                held,
                counted,
            }))
        };
        self.seen.get(question, look).await
    }
}

/// What is counted so far; nothing where nothing is counted.
async fn counted(uses: Option<&dyn WalletUses>, asked: &Question) -> Result<[WalletUse; 2], Error> {
    let Some(uses) = uses else {
        return Ok(<[WalletUse; 2]>::default());
    };
    let unknown = |why: String| Error::Unavailable(format!("what the wallet has spent: {why}"));
    let found = uses.uses(asked.wallet, &asked.purposes).await;
    let found = found.map_err(|error| unknown(error.to_string()))?;
    found
        .try_into()
        .map_err(|_| unknown("the store gave no answer for each".to_owned()))
}

/// What accounts hold, at a node that has seen what was filled last.
async fn held(
    rpc: &dyn Rpc,
    clock: &dyn Clock,
    accounts: &[Address],
    filled_at: Slot,
) -> Result<Vec<Held>, Error> {
    // An endpoint that shows no accounts shows no clock either: that is no empty wallet.
    let asked: Vec<Address> = accounts.iter().copied().chain([CLOCK]).collect();
    let found =
        |value: Vec<Option<Account>>| value.iter().take(accounts.len()).map(held_by).collect();
    let mut looks = 1;
    loop {
        let since = View::CONFIRMED.since(filled_at);
        let behind = match rpc.accounts(&asked, since).await {
            Ok(told) => return Ok(found(told.value)),
            Err(error @ rpc::Error::Behind(_)) => error,
            Err(error) => return Err(error.into()),
        };
        let newest = rpc.accounts(&asked, View::CONFIRMED).await?;
        let missing = filled_at.get().saturating_sub(newest.slot.get());
        if missing > BEHIND_MAX {
            tracing::warn!(
                filled_at = filled_at.get(),
                slot = newest.slot.get(),
                "the slot of the wallet's last fill is far from where the cluster stands, and not believed"
            );
        }
        if missing == 0 || missing > BEHIND_MAX {
            return Ok(found(newest.value));
        }
        if looks == LOOKS_MAX {
            return Err(behind.into());
        }
        looks += 1;
        clock.sleep(CATCH_UP).await;
    }
}

fn held_by(account: &Option<Account>) -> Held {
    account.as_ref().map_or_else(Held::default, |account| Held {
        lamports: account.lamports.get(),
        tokens: TokenAccount::read(&account.data).map(|it| it.amount),
    })
}

/// What a transaction takes beside its fee, and what there is.
#[derive(Debug)]
pub(super) struct Purse {
    wallet: domain::Address,
    seen: Arc<Seen>,
    /// The token that is sold, and how much of it.
    sold: (Mint, u64),
    /// What the wallet holds of it, where it is not SOL.
    tokens: u64,
    /// Lamports that are wrapped, where SOL is sold.
    wrapped: u64,
    /// Deposits for accounts that stay.
    rents: u64,
    /// Deposits that come back in the same transaction, but must be there.
    returning: u64,
    /// What the wallet itself must keep.
    kept: u64,
}

impl Purse {
    fn is_native(&self) -> bool {
        self.sold.0 == Mint::SOL
    }

    fn lamports(&self) -> u64 {
        self.seen.held.first().map_or(0, |own| own.lamports)
    }

    /// All that must be there in lamports.
    fn needed(&self, fee: Lamports) -> u64 {
        let parts = [self.wrapped, self.rents, self.returning, fee.get()];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    /// Refuses what the wallet cannot pay for.
    fn check(&self, fee: Lamports) -> Result<(), Error> {
        let [of_sold, of_sol] = &self.seen.counted;
        if !self.is_native() {
            check(self.sold.0, self.sold.1, self.tokens, of_sold)?;
        }
        let needed = self.needed(fee).saturating_add(self.kept);
        check(Mint::SOL, needed, self.lamports(), of_sol)
    }

    /// What is counted; judged by the balances where they are looked at for that.
    fn outlay(&self, fee: Lamports, judges: bool) -> Outlay {
        let [of_sold, of_sol] = &self.seen.counted;
        let means = |held: u64, counted: &WalletUse| Means {
            held: BaseUnits::new(held),
            settled: counted.settled,
        };
        let item = |purpose, spent, live, means: Means| Item {
            means: judges.then_some(means),
            ..Item::new(purpose, BaseUnits::new(spent), BaseUnits::new(live))
        };
        let (mint, sold) = self.sold;
        let sol = Purpose::Token(Mint::SOL);
        let of_lamports = means(self.lamports().saturating_sub(self.kept), of_sol);
        let needed = self.needed(fee);
        let mut items = Vec::with_capacity(3);
        if self.is_native() {
            items.push(item(sol, sold, needed, of_lamports));
        } else {
            let of_tokens = means(self.tokens, of_sold);
            items.push(item(Purpose::Token(mint), sold, sold, of_tokens));
            // Without a look at balances nobody asks what may still leave of them.
            if judges {
                items.push(item(sol, 0, needed, of_lamports));
            }
        }
        let aside = BaseUnits::new(fee.get().saturating_add(self.rents));
        items.push(Item::new(Purpose::Fees, aside, BaseUnits::new(0)));
        Outlay {
            wallet: self.wallet,
            items,
        }
    }
}

impl SolanaChain {
    /// What the wallet has for this execution, and what that takes, where either is looked at. Refuses what it cannot
    /// pay for with this fee, but not by what somebody saw a moment ago.
    pub(super) async fn purse(
        &self,
        payer: (&Execution, Address),
        route: &Route,
        draft: &Draft,
        fee: Lamports,
    ) -> Result<Option<Purse>, Error> {
        let Some(purse) = self.look_into_purse(payer, route, draft).await? else {
            return Ok(None);
        };
        if !self.checks_funds || purse.check(fee).is_ok() {
            return Ok(Some(purse));
        }
        self.funds.seen.forget(&purse.seen.asked);
        let purse = self.look_into_purse(payer, route, draft).await?;
        if let Some(purse) = &purse {
            purse.check(fee)?;
        }
        Ok(purse)
    }

    async fn look_into_purse(
        &self,
        (wanted, wallet): (&Execution, Address),
        route: &Route,
        draft: &Draft,
    ) -> Result<Option<Purse>, Error> {
        if !self.checks_funds && self.funds.uses.is_none() {
            return Ok(None);
        }
        let sold = sold(wanted)?;
        let usual = draft.holdings().iter().filter(|(it, _)| !it.is_native());
        let accounts = usual.map(|(_, account)| *account);
        let payer = engines(wallet);
        let question = Question {
            wallet: payer,
            accounts: std::iter::once(wallet).chain(accounts).collect(),
            purposes: [Purpose::Token(sold.0), Purpose::Token(Mint::SOL)],
        };
        let seen = self.funds.look(question).await?;
        let mut purse = Purse {
            wallet: payer,
            sold,
            tokens: 0,
            wrapped: draft.wrapped,
            rents: 0,
            returning: 0,
            kept: self.rents.minimum(0, route.epoch).await?.get(),
            seen: Arc::clone(&seen),
        };
        let mut others = seen.held.iter().skip(1);
        for (place, (asset, bytes)) in route.path.iter().zip(&route.account_bytes).enumerate() {
            if asset.is_native() {
                let rent = self.rents.minimum(WRAPPED_ACCOUNT_BYTES, route.epoch);
                purse.returning += rent.await?.get();
                continue;
            }
            let tokens = others.next().and_then(|it| it.tokens);
            match (place, tokens) {
                (0, tokens) => purse.tokens = tokens.unwrap_or(0),
                (_, None) => purse.rents += self.rents.minimum(*bytes, route.epoch).await?.get(),
                (_, Some(_)) => {}
            }
        }
        Ok(Some(purse))
    }

    /// What a transaction with this fee may take, where that is counted.
    pub(super) fn outlay(&self, purse: &Purse, fee: Lamports) -> Option<Box<Outlay>> {
        self.funds.uses.as_ref()?;
        let outlay = purse.outlay(fee, self.checks_funds);
        Some(Box::new(outlay))
    }
}

/// The first token of the path, and how much of it the swaps take.
fn sold(wanted: &Execution) -> Result<(Mint, u64), Error> {
    let mint = wanted.path.first().copied();
    let mint = mint.ok_or_else(|| Error::Refused("a route without a path".to_owned()))?;
    let selling = wanted.legs.iter().filter(|leg| leg.mint_in == mint);
    let amounts = selling.map(|leg| leg.amount_in.get());
    let sold = amounts.fold(0, u64::saturating_add);
    Ok((mint, sold))
}

fn check(mint: Mint, needed: u64, held: u64, counted: &WalletUse) -> Result<(), Error> {
    let promised = u64::try_from(counted.live).unwrap_or(u64::MAX);
    if needed <= held.saturating_sub(promised) {
        return Ok(());
    }
    Err(Error::InsufficientFunds {
        mint,
        needed: BaseUnits::new(needed),
        held: BaseUnits::new(held),
        promised: BaseUnits::new(promised),
    })
}
