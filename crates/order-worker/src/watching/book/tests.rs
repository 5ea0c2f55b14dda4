//! Proves of every book:
//! 1. whoever may fire between the bounds is met, by a plain walk over all orders, as long as a round has room;
//! 2. an order stands once, where its last terms have it, and nowhere once it is removed;
//! 3. of trailing stops those that hold are met and no others, activated or not.

use std::collections::BTreeMap;

use domain::order::{PoolGates, Sniper, Trigger};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn price(number: u32) -> Price {
    Price::parse(&number.to_string()).expect("a price")
}

fn id(number: u32) -> OrderId {
    OrderId::new(Uuid::from_u128(number.into()))
}

fn terms(order_type: OrderType, amount: u64) -> Terms {
    Terms {
        order_type,
        amount_in: BaseUnits::new(amount),
        ..testkit::contract::terms()
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn book() -> Book {
    Book::new((Asset::SOL, Asset::USDC))
}

fn bounds(of: &Book, least: Option<u32>, most: u32) -> Bounds {
    Bounds {
        spot: None,
        most: Some(price(most)),
        least: vec![least.map(price); of.classes().len()],
        slot: 1,
        is_whole: true,
    }
}

fn ids(book: &Book, bounds: &Bounds) -> Vec<OrderId> {
    let mut ids: Vec<_> = book
        .candidates(bounds, |_| false)
        .iter()
        .map(|it| it.id)
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn snipers_are_left_to_the_scan() {
    let mut book = book();
    let gates = PoolGates::default();
    for (number, trigger) in [
        (1, Trigger::PoolCreated),
        (2, Trigger::PriceAbove { price: price(1) }),
        (3, Trigger::PriceBelow { price: price(9) }),
    ] {
        let sniper = OrderType::Sniper(Sniper { trigger, gates });
        book.put(id(number), &terms(sniper, 1_000), at(0), None);
    }

    assert_eq!(book.len(), 0);
    assert!(book.classes().is_empty());
}

#[derive(Debug, Clone)]
enum Op {
    Put {
        id: u32,
        kind: u8,
        price: u32,
        amount: u64,
    },
    Remove {
        id: u32,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let put = (0..30u32, 0..3u8, 1..40u32, 1..5_000u64);
    prop_oneof![
        4 => put.prop_map(|(id, kind, price, amount)| Op::Put { id, kind, price, amount }),
        1 => (0..30u32).prop_map(|id| Op::Remove { id }),
    ]
}

fn order_type(kind: u8, at: u32) -> OrderType {
    match kind {
        0 => OrderType::Limit { price: price(at) },
        1 => OrderType::Stop { price: price(at) },
        _ => OrderType::TakeProfit { price: price(at) },
    }
}

proptest! {
    #[test]
    fn all_that_may_fire_are_met(
        ops in prop::collection::vec(op(), 1..80),
        least in prop::option::of(1..40u32),
        most in 1..40u32,
    ) {
        let mut book = book();
        let mut all = BTreeMap::new();
        for op in ops {
            match op {
                Op::Put { id: number, kind, price, amount } => {
                    let order_type = order_type(kind, price);
                    book.put(id(number), &terms(order_type, amount), at(1), None);
                    prop_assert!(book.stands_as(&terms(order_type, amount), id(number)));
                    all.insert(id(number), (kind, price));
                }
                Op::Remove { id: number } => {
                    book.remove(id(number));
                    all.remove(&id(number));
                }
            }
        }

        let met = ids(&book, &bounds(&book, least, most));

        let may_fire = |kind: u8, price: u32| match kind {
            1 => least.is_none_or(|least| price >= least),
            _ => price <= most,
        };
        let expected = all.iter().filter(|(_, (kind, price))| may_fire(*kind, *price));
        let expected: Vec<OrderId> = expected.map(|(id, _)| *id).collect();
        prop_assert_eq!(met, expected);
        prop_assert_eq!(book.len(), all.len());
    }

    #[test]
    fn trailing_stops_that_hold_are_met(
        orders in prop::collection::vec((1..100i64, 1..5_000u16, prop::option::of(50..150u32)), 1..40),
        looks in prop::collection::vec((0..100i64, 50..150u32), 1..20),
    ) {
        let mut book = book();
        for (number, (accepted, trail, activation)) in orders.iter().enumerate() {
            let order_type = OrderType::TrailingStop {
                trail: Trail::new(*trail).unwrap(),
                activation: activation.map(price),
            };
            let number = u32::try_from(number).unwrap();
            book.put(id(number), &terms(order_type, 5), at(*accepted), None);
        }
        let mut looks = looks;
        looks.sort_unstable();
        let mut highs = Highs::default();

        for (time, spot) in looks {
            highs.see(at(time), price(spot));
            book.activate(&highs, price(spot));
            let mut met = book.trailing_at(&highs, price(spot), |_| false);
            met.sort_unstable();

            let holds = |(number, (accepted, trail, activation)): (usize, &(i64, u16, Option<u32>))| {
                let order_type = OrderType::TrailingStop {
                    trail: Trail::new(*trail).unwrap(),
                    activation: activation.map(price),
                };
                let high = order_type.trailed_high(at(*accepted), &highs)?;
                let trail = Trail::new(*trail).unwrap();
                trail.is_reached(high, price(spot)).then(|| id(u32::try_from(number).unwrap()))
            };
            let expected: Vec<OrderId> = orders.iter().enumerate().filter_map(holds).collect();
            prop_assert_eq!(met, expected);
        }
    }
}

#[test]
fn the_surest_are_met_first_and_those_left_alone_are_not() {
    let mut book = book();
    for number in 0..2_000u32 {
        let limit = OrderType::Limit {
            price: price(number + 1),
        };
        book.put(id(number), &terms(limit, 100), at(1), None);
    }
    let all = bounds(&book, None, 3_000);

    let met = book.candidates(&all, |order| order == id(0));

    let first: Vec<OrderId> = (1..=128).map(id).collect();
    assert_eq!(met.iter().map(|it| it.id).collect::<Vec<_>>(), first);
    let asked = met[0].asked;
    let limit = OrderType::Limit { price: price(2) };
    assert_eq!(asked, RouteRequest::of_price(&terms(limit, 100)));
}

#[test]
fn amounts_of_one_power_of_two_share_a_class() {
    let mut book = book();
    for (number, amount) in [(0, 64), (1, 127), (2, 128), (3, u64::MAX)] {
        let limit = OrderType::Limit { price: price(1) };
        book.put(id(number), &terms(limit, amount), at(1), None);
    }

    let largest: Vec<u64> = book.classes().iter().map(|it| it.largest.get()).collect();

    assert_eq!(largest, [127, 255, u64::MAX]);
}

#[test]
fn there_are_so_many_classes_and_no_more() {
    let mut book = book();
    for number in 0..300u16 {
        let limit = OrderType::Limit { price: price(1) };
        let impact = MaxImpact::new(number + 1);
        book.put(id(number.into()), &terms(limit, 5), at(1), impact);
    }

    assert_eq!(
        (book.classes().len(), book.len()),
        (CLASSES_MAX, CLASSES_MAX)
    );
}

/// What this process has in memory, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages = pages.split_whitespace().nth(1).expect("the second number");
    pages.parse::<usize>().expect("a number") * 4_096
}

/// What the orders of so many books take each, in bytes: of all kinds and many amounts, as random as ids and prices are.
fn bytes_of_each(books: u32, orders: u32) -> usize {
    let before = resident();
    let mut all = Vec::new();
    for number_of_book in 0..books {
        let mut book = book();
        for number in 0..orders {
            let mixed = (number_of_book * orders + number).wrapping_mul(2_654_435_761);
            let order_type = match number % 4 {
                3 => OrderType::TrailingStop {
                    trail: Trail::new(u16::try_from(mixed % 500).unwrap() + 1).unwrap(),
                    activation: mixed.is_multiple_of(2).then(|| price(mixed % 10_000 + 1)),
                },
                kind => order_type(u8::try_from(kind).unwrap(), mixed % 10_000 + 1),
            };
            let amount = 1 << (mixed % 30);
            let accepted = at(i64::from(number));
            book.put(id(mixed), &terms(order_type, amount), accepted, None);
        }
        assert_eq!(book.len(), orders as usize);
        all.push(book);
    }
    (resident() - before) / (books as usize * orders as usize)
}

/// Must hold, issue 21.
#[test]
fn an_order_of_one_pair_takes_no_more_than_two_hundred_bytes_of_memory() {
    let each = bytes_of_each(1, 200_000);

    assert!(each <= 200, "{each} bytes");
}

/// Must hold, issue 21.
#[test]
fn an_order_of_two_hundred_pairs_takes_no_more_than_two_hundred_bytes_of_memory() {
    let each = bytes_of_each(200, 500);

    assert!(each <= 200, "{each} bytes");
}
