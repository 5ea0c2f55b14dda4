//! Proves of the gates, for any pools:
//! 1. the deepest pool is never too far from the pair's price, and not refused for it;
//! 2. pools below a tenth of the deepest change nothing for any other, however many there are and at whatever price;
//! 3. half of the depth that counts stands at or below the median, and half at or above it;
//! 4. neither the order of the pools nor which token is called the first changes who is too far;
//! 5. pools at one price are all at no distance.

use amm::{Address, Price};
use domain::{Asset, TokenList};
use proptest::prelude::*;

use super::deviation::{Standing, deviations};
use super::*;

const USDT: Mint = Mint::literal("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB");

/// Prices from a thousandth to a thousand, in pools of which none holds nothing.
fn pool() -> impl Strategy<Value = (u64, u64)> {
    (1..=1_000_000_u64, 1..=1_000_000_u64)
}

fn standing((number, (depth, thousandths)): (usize, (u64, u64))) -> Standing {
    let mut address = [0; 32];
    address[..8].copy_from_slice(&number.to_be_bytes());
    Standing {
        address: Some(domain::Address::new(address)),
        depth,
        price: price(thousandths),
    }
}

/// What one of the first token costs, in thousandths of the second.
fn price(thousandths: u64) -> Price {
    use amm::{Pool, cpmm};
    let state = cpmm::state::State {
        deployment: cpmm::Deployment::MAINNET,
        address: Address([1; 32]),
        account: cpmm::account::PoolAccount::empty(),
        config: cpmm::account::ConfigAccount::empty(),
        observation: None,
        pool: cpmm::quote::Pool::with_trade_fee(1_000, thousandths, 0),
    };
    Pool::Cpmm(state).price().expect("it has reserves")
}

fn all(pools: Vec<(u64, u64)>) -> Vec<Standing> {
    pools.into_iter().enumerate().map(standing).collect()
}

fn deepest(pools: &[Standing]) -> usize {
    let deepest = pools.iter().map(|it| it.depth).max();
    let mut depths = pools.iter();
    depths
        .position(|it| Some(it.depth) == deepest)
        .expect("there is a pool")
}

proptest! {
    #[test]
    fn the_deepest_is_never_too_far(pools in prop::collection::vec(pool(), 1..20)) {
        let pools = all(pools);

        prop_assert_eq!(deviations(&pools)[deepest(&pools)], 0);
    }

    #[test]
    fn small_pools_change_nothing(
        pools in prop::collection::vec(pool(), 1..10),
        dust in prop::collection::vec(pool(), 1..40),
    ) {
        let real = all(pools.clone());
        let before = deviations(&real);
        let most = real[deepest(&real)].depth;
        let dust = dust.into_iter().map(|(depth, price)| (depth % most.div_ceil(10), price));
        let crowded = all(pools.into_iter().chain(dust).collect());

        let after = deviations(&crowded);

        prop_assert_eq!(&after[..real.len()], before);
    }

    #[test]
    fn half_of_the_depth_is_on_either_side(pools in prop::collection::vec(pool(), 1..20)) {
        let pools = all(pools);
        let deviations = deviations(&pools);
        let most = pools[deepest(&pools)].depth;
        let counting: Vec<_> = pools.iter().filter(|it| it.depth * 10 >= most).collect();
        let total: u64 = counting.iter().map(|it| it.depth).sum();

        // Some pool's price is the median: all deviations are told from it.
        let is_median = |price: &Price| {
            let depth = |keeps: &dyn Fn(&Price) -> bool| -> u64 {
                counting.iter().filter(|it| keeps(&it.price)).map(|it| it.depth).sum()
            };
            let below = depth(&|it| it.compare(price).is_le());
            let above = depth(&|it| it.compare(price).is_ge());
            let told = pools.iter().zip(&deviations).enumerate().all(|(number, (it, told))| {
                number == deepest(&pools) || *told == it.price.deviation_bps(price)
            });
            below * 2 >= total && above * 2 >= total && told
        };
        prop_assert!(counting.iter().any(|it| is_median(&it.price)));
    }

    #[test]
    fn the_order_of_the_pools_changes_nothing(
        pools in prop::collection::vec(pool(), 1..20),
        turn in 0..20_usize,
    ) {
        let pools = all(pools);
        let mut turned = pools.clone();
        turned.rotate_left(turn % pools.len());
        turned.reverse();

        let of = |pools: &[Standing]| {
            let mut told: Vec<_> = pools.iter().map(|it| it.address).zip(deviations(pools)).collect();
            told.sort();
            told
        };
        prop_assert_eq!(of(&pools), of(&turned));
    }

    #[test]
    fn pools_at_one_price_are_at_no_distance(
        depths in prop::collection::vec(0..1_000_000_u64, 1..20),
        at in 1..1_000_000_u64,
    ) {
        let pools = all(depths.into_iter().map(|depth| (depth, at)).collect());

        prop_assert!(deviations(&pools).iter().all(|it| *it == 0));
    }

    #[test]
    fn an_untradable_token_is_refused_and_another_is_not(bps in any::<u16>(), freezable: bool) {
        let facts = MintFacts {
            transfer_fee: TransferFee { basis_points: bps, maximum: 1 },
            is_freezable: freezable,
            ..MintFacts::default()
        };

        prop_assert_eq!(untradable(&facts).is_some(), bps > 1_000);
    }
}

#[test]
fn two_pools_of_which_one_is_far_are_judged_by_the_deeper_one() {
    for (one, other) in [(100, 99), (99, 100)] {
        let pools = all(vec![(one, 1_000), (other, 2_000)]);

        let told = deviations(&pools);

        let far = if one > other { [0, 10_000] } else { [5_000, 0] };
        assert_eq!(told, far);
    }
}

#[test]
fn depths_are_counted_in_what_nobody_makes_himself() {
    let tokens = TokenList::mainnet();
    let gates = Gates::default();
    let unlisted = Asset::token(Mint::new(domain::Address::new([0; 32])), 6);
    let usdt = Asset::token(USDT, 6);
    let counted_in = |one, other| {
        let at = PairGates {
            gates: &gates,
            tokens: &tokens,
            assets: (one, other),
            amount_in: None,
            sniping: None,
        };
        at.counted_in()
    };

    for (one, other, expected) in [
        (Asset::SOL, Asset::USDC, Mint::SOL),
        (unlisted, Asset::SOL, Mint::SOL),
        (unlisted, Asset::USDC, Asset::USDC.mint),
        (usdt, Asset::USDC, Asset::USDC.mint),
    ] {
        assert_eq!(counted_in(one, other), expected);
        assert_eq!(counted_in(other, one), expected);
    }
}
