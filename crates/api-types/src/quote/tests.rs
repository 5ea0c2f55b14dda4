use domain::quote::Choice;
use domain::route::{Leg, PoolRef};
use domain::{Address, Mint, Route};

use domain::venue::Program;

use super::*;

fn offer(program: Program, usdc: u64) -> Offer {
    Offer {
        pool: PoolRef::unaddressed(program),
        amount_out: BaseUnits::new(usdc),
        amount_in: None,
        fee_ppm: 2_500,
        impact_ppm: 0,
    }
}

/// A decision for this route, where CPMM alone pays 158.9 USDC and DLMM alone 161.9.
fn decision(legs: [(Program, Asset, Asset); 2]) -> Decision {
    let legs = legs.map(|(program, asset_in, asset_out)| Leg {
        pool: PoolRef::unaddressed(program),
        asset_in,
        asset_out,
        amount_in: BaseUnits::new(7),
        amount_out: BaseUnits::new(81_000_000),
    });
    let offers = [
        offer(Program::Cpmm, 158_900_000),
        offer(Program::Dlmm, 161_900_000),
    ];
    Decision {
        choice: Choice {
            route: Route::try_from(legs.to_vec()).unwrap(),
            expected_amount_out: BaseUnits::new(162_000_000),
            min_amount_out: BaseUnits::new(1),
            max_amount_in: None,
            quoted_at: 9,
        },
        quotes: offers
            .map(|offer| Quote {
                venue: offer.pool.program.venue(),
                answer: Answer::Offered(offer),
            })
            .to_vec(),
        pools: Vec::new(),
    }
}

#[test]
fn over_a_third_token_the_best_venue_is_the_one_that_pays_most_by_itself() {
    let third = Asset {
        mint: Mint::new(Address::new([7; 32])),
        ..Asset::USDC
    };
    let (sol, other, usdc) = (Asset::SOL, third, Asset::USDC);
    let hop = decision([(Program::Cpmm, sol, other), (Program::Dlmm, other, usdc)]);
    let divided = decision([(Program::Cpmm, sol, usdc), (Program::Dlmm, sol, usdc)]);

    assert_eq!(best_venue(&hop), VenueName::Meteora);
    // By contract the largest leg's.
    assert_eq!(best_venue(&divided), VenueName::Raydium);
}

#[test]
fn the_best_offer_pays_most_or_asks_least() {
    let view = |dex, asks: Option<&str>, pays: Option<&str>| QuoteView {
        dex,
        pool: None,
        price: None,
        fee: None,
        amount_out: pays.map(str::to_owned),
        amount_in: asks.map(str::to_owned),
        price_impact: None,
        error: None,
    };
    let check = |asks: [Option<&str>; 2], pays: [Option<&str>; 2], best| {
        let quotes = [
            view(VenueName::Raydium, asks[0], pays[0]),
            view(VenueName::Meteora, asks[1], pays[1]),
        ];
        let found = QuoteView::best_of(&quotes).map(|quote| quote.dex);
        assert_eq!(found, best, "{quotes:?}");
    };
    let (raydium, meteora) = (Some(VenueName::Raydium), Some(VenueName::Meteora));

    check([None; 2], [Some("99.5"), Some("158.9")], meteora);
    check([None; 2], [Some("158.91"), Some("158.9")], raydium);
    check([None; 2], [Some("158"), Some("158")], raydium);
    check([None; 2], [None, Some("0.1")], meteora);
    check([None; 2], [None, None], None);
    check([Some("1.5"), Some("1.25")], [Some("100"); 2], meteora);
}
