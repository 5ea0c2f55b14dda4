//! Routes over recorded pools: each swap of a recording at each of its snapshots, and what they paid together, or cost
//! where they buy an exact amount.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chain_solana::recording::{RecordedPools, Recording};
use dex_router::request::QuoteRequest;
use dex_router::router::RouteRequest;
use dex_router::{Limits, Router};
use domain::quality::Exchange;
use domain::{Asset, BaseUnits, TokenList};
use serde::Serialize;

/// Recorded pools answer at once.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a swap would have paid in each way, or cost if it is a purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Paid {
    /// Through the best pool alone, or why through none.
    single: Result<BaseUnits, String>,
    /// Through two pools side by side, where that is better.
    split: Option<BaseUnits>,
    /// Over a third token too, where that is better; nothing of a purchase, which goes over none.
    hop: Option<BaseUnits>,
}

/// The ways compared: one router for each, over the same pools, each of which may do what the one before it may.
async fn routes(pools: &Arc<RecordedPools>, tokens: &Arc<TokenList>, swap: QuoteRequest) -> Paid {
    let reaching = async |legs, hops| {
        let limits = Limits {
            legs,
            hops,
            ..Limits::ONE_POOL
        };
        let router = Router::new(pools.clone(), DEADLINE, tokens.clone());
        paid(&router.with_limits(limits), swap).await
    };
    Paid {
        single: reaching(1, 1).await,
        split: reaching(2, 1).await.ok(),
        hop: match swap.amount_out {
            None => reaching(2, 2).await.ok(),
            Some(_) => None,
        },
    }
}

impl Paid {
    /// Every way, in the order of their columns.
    fn ways(&self) -> [Option<BaseUnits>; 3] {
        [self.single.as_ref().ok().copied(), self.split, self.hop]
    }

    fn is_routed(&self) -> bool {
        self.ways().iter().any(Option::is_some)
    }
}

async fn paid(router: &Router, swap: QuoteRequest) -> Result<BaseUnits, String> {
    match router.route(&RouteRequest::of(swap)).await {
        Ok(decision) => Ok(match swap.amount_out {
            None => decision.choice.expected_amount_out,
            Some(_) => decision.choice.route.amount_in(),
        }),
        Err(why) => Err(why.to_string()),
    }
}

/// A swap as people read it: what is exact is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    token_in: String,
    token_out: String,
    amount_in: Option<String>,
    /// Of a purchase, which costs what stands behind it.
    amount_out: Option<String>,
}

impl Named {
    fn of(swap: QuoteRequest, tokens: &TokenList) -> Self {
        let sold = match swap.amount_out {
            None => Some(swap.amount_in.to_decimal(swap.asset_in.decimals)),
            Some(_) => None,
        };
        let bought = swap.amount_out;
        Self {
            token_in: tokens.name_of(swap.asset_in.mint),
            token_out: tokens.name_of(swap.asset_out.mint),
            amount_in: sold,
            amount_out: bought.map(|amount| amount.to_decimal(swap.asset_out.decimals)),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |f: &mut fmt::Formatter<'_>, amount: &Option<String>, token: &str| match amount {
            Some(amount) => write!(f, "{amount} {token}"),
            None => f.write_str(token),
        };
        side(f, &self.amount_in, &self.token_in)?;
        f.write_str("→")?;
        side(f, &self.amount_out, &self.token_out)
    }
}

/// In what a swap's price is told: in what a sale brings, or a purchase costs.
fn counted_in(swap: QuoteRequest) -> Asset {
    match swap.amount_out {
        None => swap.asset_out,
        Some(_) => swap.asset_in,
    }
}

/// What one swap would have paid at one snapshot.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Routed {
    slot: u64,
    #[serde(flatten)]
    swap: Named,
    single: Option<String>,
    split: Option<String>,
    hop: Option<String>,
    /// Why there is no route of any kind.
    error: Option<String>,
}

/// What one swap would have paid at all snapshots together. Each way's mean is over the snapshots at which it is one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    #[serde(flatten)]
    swap: Named,
    pub(crate) snapshots: u64,
    /// At how many of them there was a route.
    pub(crate) routed: u64,
    single_total: String,
    pub(crate) single_mean: Option<String>,
    pub(crate) split_mean: Option<String>,
    /// What splits paid more than the best pool alone, for each unit sold, where that is one too.
    pub(crate) split_gain_bps: Option<i64>,
    pub(crate) hop_mean: Option<String>,
    pub(crate) hop_gain_bps: Option<i64>,
}

/// Sums of one swap. They stay within 64 bits, or the recording is refused.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    snapshots: u64,
    routed: u64,
    single: Sum,
    split: Sum,
    hop: Sum,
}

/// What one way paid, in base units.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    snapshots: u64,
    paid: u64,
    /// The part of it that was paid where one pool alone had a route too.
    comparable: u64,
}

/// Routes every swap at every snapshot, and tells of each as it is found.
pub(crate) async fn replay(
    recording: &Recording,
    mut tell: impl FnMut(&Routed) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Summary>> {
    let tokens = Arc::new(recording.tokens.clone());
    let mut sums = vec![Sums::default(); recording.swaps.len()];
    for pools in recording.snapshots() {
        let pools = Arc::new(pools?);
        for (swap, sums) in recording.swaps.iter().zip(&mut sums) {
            let paid = routes(&pools, &tokens, *swap).await;
            sums.add(&paid)
                .context("the sum of what was paid exceeds 64 bits")?;
            tell(&Routed::of(pools.slot(), *swap, &paid, &tokens))?;
        }
    }
    let summaries = recording.swaps.iter().zip(&sums);
    Ok(summaries
        .map(|(swap, sums)| sums.summary(*swap, &tokens))
        .collect())
}

impl Sums {
    fn add(&mut self, paid: &Paid) -> Option<()> {
        self.snapshots += 1;
        self.routed += u64::from(paid.is_routed());
        let sums = [&mut self.single, &mut self.split, &mut self.hop];
        for (sum, way) in sums.into_iter().zip(paid.ways()) {
            if let Some(way) = way {
                sum.add(way, paid.single.is_ok())?;
            }
        }
        Some(())
    }

    fn summary(&self, swap: QuoteRequest, tokens: &TokenList) -> Summary {
        let print = |amount: u64| BaseUnits::new(amount).to_decimal(counted_in(swap).decimals);
        let mean = |sum: Sum| sum.paid.checked_div(sum.snapshots).map(print);
        let exchange = |sum: u64| match swap.amount_out {
            None => Exchange {
                amount_in: swap.amount_in,
                amount_out: BaseUnits::new(sum),
            },
            Some(amount_out) => Exchange {
                amount_in: BaseUnits::new(sum),
                amount_out,
            },
        };
        let gain = |sum: Sum| match sum.comparable {
            0 => None,
            paid => exchange(paid).bps_above(exchange(self.single.paid)),
        };
        Summary {
            swap: Named::of(swap, tokens),
            snapshots: self.snapshots,
            routed: self.routed,
            single_total: print(self.single.paid),
            single_mean: mean(self.single),
            split_mean: mean(self.split),
            split_gain_bps: gain(self.split),
            hop_mean: mean(self.hop),
            hop_gain_bps: gain(self.hop),
        }
    }
}

impl Sum {
    fn add(&mut self, paid: BaseUnits, is_comparable: bool) -> Option<()> {
        self.snapshots += 1;
        self.paid = self.paid.checked_add(paid.get())?;
        if is_comparable {
            self.comparable += paid.get();
        }
        Some(())
    }
}

impl Summary {
    /// Such as `1.5 SOL→USDC`, or `SOL→150 USDC` where that much is bought.
    pub(crate) fn swap(&self) -> String {
        self.swap.to_string()
    }
}

impl Routed {
    fn of(slot: u64, swap: QuoteRequest, paid: &Paid, tokens: &TokenList) -> Self {
        let print = |amount: BaseUnits| amount.to_decimal(counted_in(swap).decimals);
        let [single, split, hop] = paid.ways().map(|way| way.map(print));
        let why = paid.single.as_ref().err();
        Self {
            slot,
            swap: Named::of(swap, tokens),
            single,
            split,
            hop,
            error: why.filter(|_| !paid.is_routed()).cloned(),
        }
    }
}

impl fmt::Display for Routed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  ", self.slot, self.swap)?;
        match (&self.single, &self.error) {
            (Some(single), _) => write!(f, "single {single}")?,
            (None, Some(why)) => write!(f, "none: {why}")?,
            (None, None) => f.write_str("single none")?,
        }
        for (way, paid) in [("split", &self.split), ("hop", &self.hop)] {
            if let Some(paid) = paid {
                write!(f, "  {way} {paid}")?;
            }
        }
        Ok(())
    }
}
