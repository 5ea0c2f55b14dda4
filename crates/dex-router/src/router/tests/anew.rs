//! What was found a while ago is no reason to fail an order for good.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// Its pools are seen once they were searched for anew.
#[derive(Debug)]
struct Newborn {
    /// What a search for them shows.
    anew: Result<bool, Unavailable>,
    searches: AtomicUsize,
}

#[async_trait::async_trait]
impl PoolSource for Newborn {
    async fn pools(&self, venue: Venue, _: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        let is_seen = self.searches.load(Ordering::Relaxed) > 0 && venue == Venue::Raydium;
        let pools = match is_seen {
            true => vec![at(1, cpmm(1_000 * SOL, 150_000_000_000))],
            false => Vec::new(),
        };
        has(pools).pools
    }

    fn doubt(&self, _: (Mint, Mint)) {}

    async fn search_anew(&self, pairs: &[(Mint, Mint)]) -> Result<bool, Unavailable> {
        assert_eq!(pairs[0], (Asset::SOL.mint, Asset::USDC.mint));
        self.searches.fetch_add(1, Ordering::Relaxed);
        self.anew.clone()
    }
}

async fn decided(anew: Result<bool, Unavailable>) -> Result<Decision, NoRoute> {
    let searches = AtomicUsize::new(0);
    let source = Arc::new(Newborn { anew, searches });
    let tokens = Arc::new(TokenList::mainnet());
    let router = Router::new(source, Duration::from_secs(1), tokens);
    router.route(&request()).await
}

#[tokio::test(start_paused = true)]
async fn an_order_without_a_pool_is_routed_again_once_pools_were_searched_for_anew() {
    let decision = decided(Ok(true)).await.unwrap();
    assert!(decision.choice.expected_amount_out.get() > 0);

    assert!(matches!(decided(Ok(false)).await, Err(NoRoute::NoPool(_))));
}

#[tokio::test(start_paused = true)]
async fn an_order_does_not_fail_for_good_because_a_search_was_not_answered() {
    let failed = decided(Err(Unavailable("closed for the day".to_owned()))).await;

    let failed = failed.unwrap_err();
    assert!(failed.may_pass(), "{failed}");
}
