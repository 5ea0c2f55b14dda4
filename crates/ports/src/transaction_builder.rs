//! Making transactions of routes: one swap or several, split or one behind the other, in one transaction that does all
//! of it or nothing.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use domain::landing::LandingReport;
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use domain::venue::Program;
use domain::{Address, BaseUnits, FeeLevel, Mint, OrderId, Route, route};

use crate::chain::Revert;

/// One execution of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    pub order_id: OrderId,
    /// Which execution of the order this is: no two of them sign the same bytes.
    pub number: u32,
    /// Mints from what is paid to what is received, with what lies between; wrapped SOL stands for native SOL.
    pub path: Vec<Mint>,
    /// The swaps, in the order in which they happen.
    pub legs: Vec<Leg>,
    /// The slot that the legs were quoted at. What is older is no ground to build on.
    pub quoted_at: u64,
    /// What it offers for its place in a block; where absent, what the builder is set to.
    pub fee_level: Option<FeeLevel>,
    /// The wallet that pays; where absent, the one that the builder uses unasked.
    pub wallet: Option<Address>,
    /// How many of the order's transactions went by without landing: each raises the level by one step.
    pub deaths: u32,
}

/// Why there is no transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No answer, or a temporary refusal.
    #[error("the chain did not answer: {0}")]
    Unavailable(String),
    /// What the route was chosen by is not so any more: another route may do.
    #[error("the route cannot be taken any more: {0}")]
    Outdated(String),
    /// No other moment would change it.
    #[error("no transaction can be made of it: {0}")]
    Refused(String),
    /// Its transaction does not fit into one packet: a route of fewer swaps may.
    #[error("the transaction takes {bytes} bytes, more than fit into one packet")]
    TooLarge { bytes: usize },
    /// The signer gives no signature now. Nothing is wrong with the execution: it is to be built anew after this time.
    #[error("the signer gives no signature now: {why}")]
    NoSignature { why: String, again_in: Duration },
    /// The signer's rules do not allow the transaction.
    #[error("the signer refuses: {0}")]
    SignerRefused(String),
    /// The transaction would pass one of the signer's limits.
    #[error("the signer refuses: {0}")]
    SignerLimit(String),
    /// The wallet holds less than the transaction needs, with all that it costs, beside what transactions under way
    /// may still spend.
    #[error(
        "the wallet holds {held} base units of {mint}, of which {promised} are for transactions under way, and the \
         transaction needs {needed}"
    )]
    InsufficientFunds {
        mint: Mint,
        needed: BaseUnits,
        held: BaseUnits,
        promised: BaseUnits,
    },
    /// Simulated, its swaps pay something else than was quoted. Its pools are not offered for now: another route may
    /// do.
    #[error("simulated, the swap pays {simulated} base units, and {quoted} were quoted")]
    QuoteMismatch {
        quoted: BaseUnits,
        simulated: BaseUnits,
    },
    /// Simulated, it fails. Nothing was paid for it.
    #[error("simulated, the transaction fails: {0}")]
    WouldFail(Revert),
}

/// One swap of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// The program that holds the pool.
    pub program: Program,
    pub pool: Address,
    pub mint_in: Mint,
    pub mint_out: Mint,
    /// What it takes: at most so much, where what it gives is exact.
    pub amount_in: BaseUnits,
    /// What it gives: at least so much, where what it takes is exact. Never zero: a program may take an amount that is too small for anything and pay nothing.
    pub min_amount_out: BaseUnits,
    pub exact: Exact,
}

/// Which of its amounts a swap keeps to; the other one is its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exact {
    In,
    Out,
}

impl Execution {
    /// One execution of an order by the route that was chosen for it. A route whose pools are not named was chosen
    /// by 0.1.0: that is no lasting error, so that the order is routed anew.
    pub fn of(order_id: OrderId, number: u32, choice: &Choice) -> Result<Self, Error> {
        let legs = choice.route.legs().iter();
        let legs = legs.map(|leg| {
            let sale = Leg::of(leg, least(leg, choice))?;
            Ok(match choice.max_amount_in {
                // Rounded down, so that the parts together are no more than that.
                Some(most) => sale.bought(choice.route.part_of(most, leg)),
                None => sale,
            })
        });
        Ok(Self {
            order_id,
            number,
            path: path(&choice.route),
            legs: legs.collect::<Result<_, _>>()?,
            quoted_at: choice.quoted_at,
            fee_level: None,
            wallet: None,
            deaths: 0,
        })
    }

    /// The same, paid by this wallet.
    #[must_use]
    pub fn paid_by(self, wallet: Option<Address>) -> Self {
        Self { wallet, ..self }
    }

    /// The same with what it offers for its place in a block.
    #[must_use]
    pub fn offering(self, fee_level: Option<FeeLevel>, deaths: u32) -> Self {
        Self {
            fee_level,
            deaths,
            ..self
        }
    }
}

impl Leg {
    fn of(leg: &route::Leg, min_amount_out: BaseUnits) -> Result<Self, Error> {
        let unnamed =
            || Error::Unavailable("the route names no pool; it must be chosen anew".to_owned());
        Ok(Self {
            program: leg.pool.program,
            pool: leg.pool.address.ok_or_else(unnamed)?,
            mint_in: leg.asset_in.mint,
            mint_out: leg.asset_out.mint,
            amount_in: leg.amount_in,
            min_amount_out,
            exact: Exact::In,
        })
    }

    /// The same swap, which gives exactly what it gave at least and takes so much at most.
    fn bought(self, most: BaseUnits) -> Self {
        Self {
            amount_in: most,
            exact: Exact::Out,
            ..self
        }
    }
}

/// What is paid, what lies between, what is received. Native SOL's mint is wrapped SOL's already.
fn path(route: &Route) -> Vec<Mint> {
    let (first, last) = (route.asset_in().mint, route.asset_out().mint);
    let mut path = vec![first];
    for leg in route.legs() {
        let mint = leg.asset_out.mint;
        if mint != last && !path.contains(&mint) {
            path.push(mint);
        }
    }
    path.push(last);
    path
}

/// A leg's part of the least that is needed of what it gives: rounded up, so that the parts together are no less than
/// that. Of what the order buys it is the order's least; of what lies between, all that later legs take.
fn least(leg: &route::Leg, choice: &Choice) -> BaseUnits {
    let legs = choice.route.legs();
    let sum = |amounts: &mut dyn Iterator<Item = BaseUnits>| {
        amounts.fold(0_u128, |sum, amount| sum + u128::from(amount.get()))
    };
    let giving = legs
        .iter()
        .filter(|it| it.asset_out.mint == leg.asset_out.mint);
    let given = sum(&mut giving.map(|it| it.amount_out));
    let needed = match leg.asset_out.mint == choice.route.asset_out().mint {
        true => u128::from(choice.min_amount_out.get()),
        false => {
            let taking = legs
                .iter()
                .filter(|it| it.asset_in.mint == leg.asset_out.mint);
            sum(&mut taking.map(|it| it.amount_in))
        }
    };
    // Sums of at most a few amounts of 64 bits, the larger of which is divided by.
    let part = match given {
        0 => needed,
        given => mul_div_ceil(leg.amount_out.get().into(), needed, given),
    };
    BaseUnits::new(u64::try_from(part).unwrap_or(u64::MAX).max(1))
}

/// `a × b / c`, rounded up; as much as there is where it is beyond that.
fn mul_div_ceil(a: u128, b: u128, c: u128) -> u128 {
    a.checked_mul(b)
        .map_or(u128::MAX, |product| product.div_ceil(c))
}

/// Builds and signs.
///
/// Promises:
/// 1. A transaction makes all legs of its execution or none, and each leg with its own least amount.
/// 2. Two executions never give the same transaction; one execution may give a new one each time.
/// 3. Nothing is sent.
/// 4. [`Error::Refused`] is said of what no other moment would change.
/// 5. No transaction pays more in fees than the operator allows.
/// 6. The execution's wallet alone pays and signs. Of one whose key the builder does not have it builds nothing.
/// 7. Where transactions are simulated before they are signed, only one that pays what was quoted is.
/// 8. Where it is counted what transactions may spend, a transaction says so, and takes no more.
///
/// Cancel safety: may be dropped; nothing happened.
#[async_trait]
pub trait TransactionBuilder: Send + Sync + Debug {
    /// The execution as a signed transaction.
    async fn build(&self, execution: &Execution) -> Result<SignedTransaction, Error>;

    /// What can be told of how a transaction fares that was built by anybody: never an outcome. Nothing where nobody
    /// can tell.
    async fn report(&self, _transaction: &SignedTransaction) -> Option<LandingReport> {
        None
    }
}

#[cfg(test)]
mod tests;
