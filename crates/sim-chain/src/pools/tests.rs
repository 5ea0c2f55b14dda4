//! What pools promise: one price at the start, recovery after a one-sided load, limits.

use super::*;

const SOL_FOR_USDC: (Token, Token) = (Token::SOL, Token::USDC);
const ONE_SOL: BaseUnits = BaseUnits::new(1_000_000_000);

fn sale(venue: Venue, amount_in: BaseUnits, min_amount_out: u64) -> SwapInstruction {
    SwapInstruction {
        venue,
        pool: listing(venue).0,
        token_in: Token::SOL,
        token_out: Token::USDC,
        amount_in,
        min_amount_out: BaseUnits::new(min_amount_out),
    }
}

fn out(pools: &Pools, venue: Venue, height: u64) -> u64 {
    pools
        .quote(venue, SOL_FOR_USDC, ONE_SOL, height)
        .unwrap()
        .amount_out
        .get()
}

#[test]
fn every_pair_has_a_pool_of_its_own_on_both_venues() {
    let mut pairs: Vec<usize> = Token::all()
        .flat_map(|a| Token::all().filter_map(move |b| Way::new(Venue::Raydium, a, b)))
        .map(|way| way.pair)
        .collect();
    pairs.sort_unstable();
    let doubled = pairs.len();
    pairs.dedup();

    // Both directions of a pair go through one pool.
    assert_eq!((doubled, pairs.len()), (240, 120));
    assert_eq!(pairs.last(), Some(&119));
}

#[test]
fn every_pool_quotes_the_reference_price_less_its_fee_at_the_start() {
    let pools = Pools::new(1);
    for (a, b) in Token::all().flat_map(|a| Token::all().map(move |b| (a, b))) {
        if a == b {
            continue;
        }
        let amount = units_worth(100, a);
        let fair = u128::from(units_worth(100, b));
        for venue in Venue::ALL {
            let offer = pools
                .quote(venue, (a, b), BaseUnits::new(amount), 0)
                .unwrap();
            let kept = fair * u128::from(1_000_000 - offer.fee_ppm) / 1_000_000;
            let got = u128::from(offer.amount_out.get());
            // A hundred dollars move a pool by some ten millionths.
            assert!(got <= kept + 1, "{venue} {a} to {b}: {got} of {kept}");
            assert!(
                got * 1_000_000 >= kept * 999_960,
                "{venue} {a} to {b}: {got} of {kept}"
            );
        }
    }
}

#[test]
fn a_swap_pays_what_was_quoted_for_the_same_block() {
    for venue in Venue::ALL {
        let pools = Pools::new(1);
        let quoted = out(&pools, venue, 500);

        let paid = pools.swap(&sale(venue, ONE_SOL, quoted), 500).unwrap();

        assert_eq!(paid.get(), quoted);
    }
}

#[test]
fn a_swap_below_its_minimum_is_rolled_back_and_moves_nothing() {
    let pools = Pools::new(1);
    let quoted = out(&pools, Venue::Meteora, 500);

    let outcome = pools.swap(&sale(Venue::Meteora, ONE_SOL, quoted + 1), 500);

    assert_eq!(outcome, Err(Revert::SlippageExceeded));
    assert_eq!(out(&pools, Venue::Meteora, 500), quoted);
}

#[test]
fn a_pool_under_one_sided_load_gives_way_a_little_and_recovers() {
    for venue in Venue::ALL {
        let (loaded, untouched) = (Pools::new(1), Pools::new(1));
        let hundred = BaseUnits::new(100 * ONE_SOL.get());

        for height in 0..1_000 {
            for _ in 0..20 {
                loaded.swap(&sale(venue, hundred, 0), height).unwrap();
            }
        }

        let (pressed, fair) = (out(&loaded, venue, 999), out(&untouched, venue, 999));
        assert!(pressed < fair);
        assert!(pressed * 100 > fair * 75, "{venue}: {pressed} of {fair}");
        assert_eq!(out(&loaded, venue, 1_150), out(&untouched, venue, 1_150));
    }
}

#[test]
fn two_hundred_orders_at_once_leave_each_other_within_half_a_percent() {
    for venue in Venue::ALL {
        let pools = Pools::new(1);
        let quoted = out(&pools, venue, 500);
        let ten = BaseUnits::new(10 * ONE_SOL.get());

        for _ in 0..200 {
            pools.swap(&sale(venue, ten, 0), 500).unwrap();
        }

        assert!(out(&pools, venue, 500) * 1_000 > quoted * 995);
    }
}

#[test]
fn an_amount_beyond_the_reserve_finds_no_liquidity() {
    let pools = Pools::new(1);
    for venue in Venue::ALL {
        for amount in [500_000 * ONE_SOL.get(), u64::MAX] {
            let request = BaseUnits::new(amount);
            let offer = pools.quote(venue, SOL_FOR_USDC, request, 3);
            assert_eq!(offer, Err(QuoteError::InsufficientLiquidity));
            let outcome = pools.swap(&sale(venue, request, 0), 3);
            assert_eq!(outcome, Err(Revert::InsufficientLiquidity));
        }
    }
}

#[test]
fn an_amount_that_buys_nothing_is_too_small() {
    let pools = Pools::new(1);
    for venue in Venue::ALL {
        let offer = pools.quote(venue, SOL_FOR_USDC, BaseUnits::new(1), 3);
        assert_eq!(offer, Err(QuoteError::AmountTooSmall));
    }
}

#[test]
fn a_larger_sale_tells_a_larger_impact() {
    let pools = Pools::new(1);
    for venue in Venue::ALL {
        let impact = |sol: u64| {
            let amount = BaseUnits::new(sol * ONE_SOL.get());
            pools
                .quote(venue, SOL_FOR_USDC, amount, 3)
                .unwrap()
                .impact_ppm
        };
        assert!(impact(1) < 20, "{}", impact(1));
        assert!(
            impact(1_000) > 5_000 && impact(1_000) < 20_000,
            "{}",
            impact(1_000)
        );
    }
}

#[test]
fn a_swap_through_a_pool_that_is_not_there_is_rolled_back() {
    let pools = Pools::new(1);
    let elsewhere = SwapInstruction {
        pool: Program::Dlmm,
        ..sale(Venue::Meteora, ONE_SOL, 0)
    };

    let outcome = pools.swap(&elsewhere, 3);

    assert_eq!(
        outcome,
        Err(Revert::Other("there is no such pool".to_owned()))
    );
}
