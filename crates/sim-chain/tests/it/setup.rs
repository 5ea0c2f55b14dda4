//! Chains to test, and swaps to send.

use std::path::Path;
use std::sync::Arc;

use dex_router::QuoteSource;
use dex_router::venue::QuoteRequest;
use domain::quote::Choice;
use domain::route::{Leg, Route};
use domain::transaction::SignedTransaction;
use domain::{Asset, BaseUnits, Bps, OrderId, Timestamp};
use ports::chain::{Chain, Swap};
use ports::{Random, Shutdown, SystemClock};
use sim_chain::{SimChain, SimConfig};

pub(crate) const SEED: u64 = 42;
pub(crate) const ONE_SOL: u64 = 1_000_000_000;

/// No delays, no failures, a ledger in memory.
pub(crate) fn config() -> SimConfig {
    SimConfig {
        latency_scale: 0.0,
        failure_rate: 0.0,
        seed: Some(SEED),
        ledger_path: None,
    }
}

pub(crate) fn config_on_disk(folder: &Path) -> SimConfig {
    SimConfig {
        ledger_path: Some(folder.join("ledger.db")),
        ..config()
    }
}

pub(crate) fn open(config: &SimConfig) -> Arc<SimChain> {
    let clock = Arc::new(SystemClock::new());
    SimChain::open(config, clock, Random::seeded(7), Shutdown::new()).unwrap()
}

pub(crate) fn order_id(number: u64) -> OrderId {
    Random::seeded(number).order_id(Timestamp::from_millis(1_700_000_000_000))
}

pub(crate) fn sell_sol(amount: u64) -> QuoteRequest {
    QuoteRequest {
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(amount),
    }
}

/// A sale of one SOL at Raydium's present offer less this slippage.
pub(crate) async fn swap(chain: &Arc<SimChain>, order: u64, slippage_bps: u16) -> Swap {
    swap_at(chain.sources()[0].as_ref(), order, slippage_bps).await
}

/// A sale of one SOL at a venue's present offer less this slippage.
pub(crate) async fn swap_at(source: &dyn QuoteSource, order: u64, slippage_bps: u16) -> Swap {
    let request = sell_sol(ONE_SOL);
    let offer = source.quote(request).await.unwrap();
    let slippage = Bps::new(slippage_bps).unwrap();
    let leg = Leg {
        pool: offer.pool,
        asset_in: request.asset_in,
        asset_out: request.asset_out,
        amount_in: request.amount_in,
        amount_out: offer.amount_out,
    };
    Swap {
        order_id: order_id(order),
        execution: 1,
        asset_in: request.asset_in,
        asset_out: request.asset_out,
        amount_in: request.amount_in,
        choice: Choice {
            route: Route::of(leg),
            expected_amount_out: offer.amount_out,
            min_amount_out: offer.amount_out.less_bps_rounded_up(slippage),
        },
    }
}

pub(crate) async fn transaction(chain: &Arc<SimChain>, order: u64) -> SignedTransaction {
    let swap = swap(chain, order, 100).await;
    chain.build(&swap).await.unwrap()
}
