//! The bounds of a pair's prices hold for whatever the router itself would pay:
//! 1. no order is sold at a better price than `most`;
//! 2. no order of a class that is sold at all is sold at a worse price than its `least`.

use amm::token::TransferFee;
use domain::Price;

use super::reach::{USDT, by_usdt, over, reaching, three_pools};
use super::scripted::{SOL, amm_v4, at, cpmm, damm_v2, dlmm, fails, has, request, router};
use super::*;
use crate::pools::MintFacts;

fn class(largest: u64) -> AmountClass {
    AmountClass {
        venues: VenueSet::ALL,
        max_impact: None,
        largest: BaseUnits::new(largest),
    }
}

async fn price(router: &Router, amount: u64) -> Option<Price> {
    let mut request = request();
    request.quote.amount_in = BaseUnits::new(amount);
    request.slippage = Bps::ANY;
    let paid = router
        .route(&request)
        .await
        .ok()?
        .choice
        .expected_amount_out;
    Price::cut(
        u128::from(paid.get()) * 10u128.pow(18) / u128::from(amount),
        3 - 18,
    )
}

/// Amounts from a few units to more than most pools hold.
async fn check(router: &Router) -> usize {
    let powers = 4..38u32;
    let classes: Vec<AmountClass> = powers.clone().map(|power| class(1 << power)).collect();
    let bounds = router.bounds(Asset::SOL, Asset::USDC, &classes).await;
    let mut sold = 0;
    for (power, least) in powers.zip(&bounds.least) {
        let largest = 1u64 << power;
        for part in [0, 1, 3, 7] {
            let amount = largest - largest / 16 * part;
            let Some(price) = price(router, amount).await else {
                continue;
            };
            sold += 1;
            let most = bounds.most.expect("it was sold");
            assert!(price <= most, "{amount}: {price} > {most}");
            assert!(
                least.is_none_or(|least| price >= least),
                "{amount}: {price} < {least:?}"
            );
        }
    }
    let known = bounds.least.iter().flatten().count();
    assert!(known > 15, "{known} classes are bounded from below");
    sold
}

#[tokio::test(start_paused = true)]
async fn every_price_lies_between_the_bounds() {
    let of_all = || {
        let raydium = vec![at(1, cpmm(1_000 * SOL, 150_000_000_000))];
        let meteora = vec![
            at(2, damm_v2(900 * SOL, 135_500_000_000)),
            at(3, dlmm(150_000_000_000)),
        ];
        router(has(raydium), has(meteora))
    };
    let reordered = router(has(vec![at(1, amm_v4(SOL, 151_000_000))]), has(vec![]));

    for router in [
        three_pools(),
        three_pools().with_limits(reaching(2, 1)),
        of_all().with_limits(reaching(3, 1)),
        reordered,
    ] {
        assert!(check(&router).await > 60);
    }
}

#[tokio::test(start_paused = true)]
async fn a_better_way_over_a_third_token_raises_the_upper_bound() {
    let direct = (Asset::SOL, Asset::USDC);
    let shallow = vec![at(9, cpmm(100 * SOL, 14_800_000_000))];
    let source = Arc::new(by_usdt().with(direct, shallow));

    let one_hop = over(&source, 1).bounds(direct.0, direct.1, &[]).await;
    let two_hops = over(&source, 2);
    check(&two_hops).await;
    let again = two_hops.bounds(direct.0, direct.1, &[]).await;

    assert!(one_hop.most < again.most, "{one_hop:?} {again:?}");
    assert_eq!(one_hop.spot, again.spot, "the spot is that of one pool");
}

#[tokio::test(start_paused = true)]
async fn a_spot_is_told_after_the_fee_and_only_where_all_venues_answer() {
    let pool = || has(vec![at(1, cpmm(1_000 * SOL, 150_000_000_000))]);
    let both = router(
        pool().in_slot(2_000),
        has(vec![at(2, amm_v4(1_000 * SOL, 149_000_000_000))]).in_slot(1_990),
    );
    let one = router(pool(), fails("closed for the day"));

    let spot = both
        .spot(Asset::SOL, Asset::USDC)
        .await
        .expect("both answer");

    // A quarter of a percent of 150.
    assert_eq!(
        (spot.price.to_string(), spot.slot),
        ("149.625".to_owned(), 1_990)
    );
    assert_eq!(one.spot(Asset::SOL, Asset::USDC).await, None);
    let bounds = one.bounds(Asset::SOL, Asset::USDC, &[class(SOL)]).await;
    assert_eq!(bounds.spot, None);
    assert!(bounds.most.is_some() && bounds.least[0].is_some());
    assert!(!bounds.is_whole);
}

#[tokio::test(start_paused = true)]
async fn a_third_token_that_nobody_showed_is_not_known_to_be_worse_and_keeps_no_look_waiting() {
    let direct = (Asset::SOL, Asset::USDC);
    let shallow = vec![at(9, cpmm(100 * SOL, 14_800_000_000))];
    let pools = || by_usdt().with(direct, shallow.clone());
    let usdt = (USDT.mint, direct.1.mint);
    let (mut refused, mut slow) = (pools(), pools());
    refused.silent = vec![usdt];
    slow.slow = vec![usdt];

    for source in [refused, slow].map(Arc::new) {
        let began = tokio::time::Instant::now();
        let bounds = over(&source, 2).bounds(direct.0, direct.1, &[]).await;

        assert!(!bounds.is_whole, "{bounds:?}");
        assert!(bounds.spot.is_some() && bounds.most.is_some());
        assert!(began.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_price_is_told_from_that_nobody_answered() {
    let none = || has(vec![]);
    for (meteora, unseen) in [
        (none(), Unseen::NoRoute),
        (fails("closed for the day"), Unseen::Unanswered),
    ] {
        let router = router(none(), meteora);

        let bounds = router.bounds(Asset::SOL, Asset::USDC, &[]).await;
        let sight = router.look_at(&request()).await;

        assert_eq!((bounds.spot, bounds.most), (None, None));
        assert_eq!(bounds.is_whole, unseen == Unseen::NoRoute);
        assert_eq!(sight.look, Err(unseen));
    }
}

#[tokio::test(start_paused = true)]
async fn a_transfer_fee_with_a_highest_amount_bounds_nothing_from_below() {
    let fee = |maximum| MintFacts {
        transfer_fee: TransferFee {
            basis_points: 100,
            maximum,
        },
        ..MintFacts::default()
    };
    let of = |fee| {
        let pool = has(vec![at(1, cpmm(1_000 * SOL, 150_000_000_000))]);
        router(pool.with_mints((fee, MintFacts::default())), has(vec![]))
    };

    let capped = of(fee(1_000))
        .bounds(Asset::SOL, Asset::USDC, &[class(SOL)])
        .await;
    let endless = of(fee(u64::MAX))
        .bounds(Asset::SOL, Asset::USDC, &[class(SOL)])
        .await;

    assert_eq!(capped.least, [None]);
    assert!(endless.least[0].is_some());
    assert_eq!(capped.most, endless.most);
}
