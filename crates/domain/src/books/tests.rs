//! 1. Cost and amounts add up to the unit after any trades.
//! 2. Days and positions tell the same sums.
//! 3. What a wallet took in and gave away is what its receipts say.

use proptest::prelude::*;

use super::*;
use crate::amount::BaseUnits;
use crate::route::{Leftover, Leg, PoolRef, Route};
use crate::transaction::Signature;
use crate::venue::Program;

const BONK: Asset = Asset::token(
    Mint::literal("DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263"),
    5,
);
const DAY: i64 = MILLIS_PER_DAY;

fn receipt() -> Receipt {
    Receipt {
        fee_lamports: 5_100,
        priority_fee_lamports: 100,
        rent_paid_lamports: 2_039_280,
        rent_returned_lamports: 39_280,
        compute_units: None,
        slot: 7,
        is_final: false,
        leftover: Vec::new(),
    }
}

fn fill((sold, amount_in): (Asset, u64), (bought, amount_out): (Asset, u64)) -> Fill {
    let leg = Leg {
        pool: PoolRef::unaddressed(Program::Cpmm),
        asset_in: sold,
        asset_out: bought,
        amount_in: BaseUnits::new(amount_in),
        amount_out: BaseUnits::new(amount_out),
    };
    Fill {
        route: Route::of(leg),
        signature: Signature::from_bytes(&[1; 64]),
        amount_out: BaseUnits::new(amount_out),
        receipt: Some(Box::new(receipt())),
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Buys and sells of BONK for USDC.
fn traded(trades: &[(bool, u64, u64)]) -> Books {
    let mut books = Books::default();
    for (place, (buys, bonk, usdc)) in (0..).zip(trades) {
        let (token, quote) = ((BONK, *bonk), (Asset::USDC, *usdc));
        let fill = match buys {
            true => fill(quote, token),
            false => fill(token, quote),
        };
        books.add_fill(None, at(place * DAY / 2), &fill);
    }
    books
}

fn position(books: &Books) -> Position {
    let (_, pair, position) = books.positions().next().unwrap();
    assert_eq!((pair.token, pair.quote), (BONK.mint, Asset::USDC.mint));
    *position
}

#[test]
fn what_is_sold_is_sold_at_the_average_cost_and_the_last_unit_takes_the_rest() {
    let books = traded(&[(true, 3, 10), (false, 1, 5), (false, 2, 5)]);

    let first = position(&traded(&[(true, 3, 10), (false, 1, 5)]));
    assert_eq!((first.held, first.cost_of_held), (2, 7));
    assert_eq!(first.figures.cost_of_sold, 3);
    assert_eq!(first.figures.realised(), 2);
    let last = position(&books);
    assert_eq!((last.held, last.cost_of_held), (0, 0));
    assert_eq!(last.figures.cost_of_sold, 10);
    assert_eq!(last.figures.realised(), 0);
}

#[test]
fn what_was_not_bought_has_no_cost_and_earns_nothing() {
    let sold = position(&traded(&[(false, 5, 50)]));

    assert_eq!(sold.figures.sold_without_cost, 5);
    assert_eq!(sold.figures.proceeds_without_cost, 50);
    assert_eq!(sold.figures.realised(), 0);
    let partly = position(&traded(&[(true, 2, 10), (false, 3, 20)]));
    assert_eq!(partly.figures.sold_without_cost, 1);
    assert_eq!(partly.figures.proceeds_without_cost, 7);
    assert_eq!(partly.figures.realised(), 13 - 10);
}

#[test]
fn fees_and_rent_stand_apart_and_a_revert_costs_its_fee() {
    let mut books = traded(&[(true, 3, 10)]);

    books.add_rolled_back(None, at(1), (Asset::USDC, BONK), 5_000);

    let figures = position(&books).figures;
    assert_eq!(figures.fee_lamports, 5_100);
    assert_eq!(
        (figures.rolled_back, figures.rolled_back_lamports),
        (1, 5_000)
    );
    let flow = |mint: Mint| {
        let mut flows = books.flows();
        *flows.find(|(_, of, _)| *of == mint).unwrap().2
    };
    assert_eq!(flow(Mint::SOL).net(), -10_100 - 2_000_000);
    assert_eq!(flow(BONK.mint).net(), 3);
    assert_eq!(flow(Asset::USDC.mint).net(), -10);
}

#[test]
fn what_stays_behind_of_a_third_token_is_in_the_wallet_and_in_no_position() {
    let mut over = fill((Asset::SOL, 100), (Asset::USDC, 20));
    if let Some(receipt) = &mut over.receipt {
        receipt.leftover = vec![Leftover {
            asset: BONK,
            amount: BaseUnits::new(4),
        }];
    }
    let mut books = Books::default();

    books.add_fill(None, at(0), &over);

    let mut flows = books.flows();
    let (.., left) = flows.find(|(_, mint, _)| *mint == BONK.mint).unwrap();
    assert_eq!((left.left_over, left.net()), (4, 4));
    assert_eq!(books.positions().count(), 1);
}

#[test]
fn wallets_have_books_of_their_own() {
    let payer = Some(Address::literal(
        "7YttLkHDoNj9wyDur5pM1ejNaAvT9X4eqaYcHQqtj2G5",
    ));
    let mut books = traded(&[(true, 3, 10)]);

    books.add_fill(payer, at(0), &fill((BONK, 3), (Asset::USDC, 30)));

    let own = books.positions().find(|(of, ..)| *of == payer).unwrap().2;
    assert_eq!(own.figures.sold_without_cost, 3);
    assert_eq!(position(&books).held, 3);
}

#[test]
fn the_oldest_days_make_room_and_positions_keep_their_sums() {
    let mut books = Books::default();
    let days = i64::try_from(DAYS_MAX).unwrap() + 10;
    for day in 0..days {
        books.add_fill(None, at(day * DAY), &fill((Asset::USDC, 2), (BONK, 1)));
    }

    assert_eq!(books.days().count(), DAYS_MAX);
    assert_eq!(books.days_from(), Some(Day(10)));
    assert_eq!(u64::try_from(days), Ok(position(&books).figures.fills));
}

proptest! {
    #[test]
    fn everything_adds_up_after_any_trades(
        trades in prop::collection::vec((any::<bool>(), 1..=u64::MAX, 1..=u64::MAX), 1..40),
    ) {
        let books = traded(&trades);

        let Position { figures, held, cost_of_held } = position(&books);
        let covered = figures.sold - figures.sold_without_cost;
        prop_assert_eq!(figures.bought, held + covered);
        prop_assert_eq!(figures.cost, cost_of_held + figures.cost_of_sold);
        let sum = |buys: bool, of: fn(&(bool, u64, u64)) -> u64| {
            trades.iter().filter(|it| it.0 == buys).map(|it| u128::from(of(it))).sum::<u128>()
        };
        prop_assert_eq!(figures.bought, sum(true, |it| it.1));
        prop_assert_eq!(figures.cost, sum(true, |it| it.2));
        prop_assert_eq!(figures.sold, sum(false, |it| it.1));
        prop_assert_eq!(figures.proceeds, sum(false, |it| it.2));
        let mut days = Figures::default();
        books.days().for_each(|(.., day)| days.add(day));
        prop_assert_eq!(days, figures);
    }
}
