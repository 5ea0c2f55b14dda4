//! 1. What a settled transaction leaves counted is what it took, whatever happened in between.
//! 2. A day never counts less than all of its last 24 h, and nothing older than 24 h 15 min.
//! 3. Limits are read as they were written, and every other text is refused.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::asset::Asset;
use crate::token_list::TokenList;

const UNLISTED: &str = "9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump";

fn parsed(text: &str) -> Result<SpendLimits, InvalidLimits> {
    SpendLimits::parse(text, &TokenList::mainnet())
}

fn units(amount: u64) -> BaseUnits {
    BaseUnits::new(amount)
}

fn at(quarter: i64) -> Timestamp {
    Timestamp::from_millis(quarter * QUARTER_MS)
}

#[test]
fn limits_are_per_order_and_day_and_star_is_every_token_that_is_not_named() {
    let limits = parsed("SOL:5/order, SOL:50/day,*:0.5/order,fees:0.1/day").unwrap();
    let other = Asset::token(UNLISTED.parse().unwrap(), 6);

    assert_eq!(
        limits.of_token(Asset::SOL, Per::Order),
        Some(units(5_000_000_000))
    );
    assert_eq!(
        limits.of_token(Asset::SOL, Per::Day),
        Some(units(50_000_000_000))
    );
    assert_eq!(
        limits.of_token(Asset::USDC, Per::Order),
        Some(units(500_000))
    );
    assert_eq!(limits.of_token(other, Per::Order), Some(units(500_000)));
    assert_eq!(limits.of_token(other, Per::Day), None);
    assert_eq!(limits.of_fees(Per::Day), Some(units(100_000_000)));
    assert_eq!(limits.of_fees(Per::Order), None);
    assert!(limits.covers_all());
}

#[test]
fn a_token_that_is_named_for_a_day_alone_has_no_limit_per_order() {
    let limits = parsed("SOL:50/day,*:0/order").unwrap();

    assert_eq!(limits.of_token(Asset::SOL, Per::Order), None);
    assert_eq!(limits.of_token(Asset::USDC, Per::Order), Some(units(0)));
}

#[test]
fn a_mint_without_a_symbol_is_limited_by_its_address_and_its_own_decimals() {
    let limits = parsed(&format!("{UNLISTED}:1.55/day")).unwrap();

    let asset = |decimals| Asset::token(UNLISTED.parse().unwrap(), decimals);
    assert_eq!(limits.of_token(asset(6), Per::Day), Some(units(1_550_000)));
    assert_eq!(limits.of_token(asset(1), Per::Day), Some(units(15)));
    assert!(!limits.covers_all());
}

#[test]
fn what_is_no_limit_is_refused_with_what_is_wrong() {
    for (text, why) in [
        ("", "\"\" is not TOKEN:AMOUNT/order or TOKEN:AMOUNT/day"),
        (
            "SOL:5",
            "\"SOL:5\" is not TOKEN:AMOUNT/order or TOKEN:AMOUNT/day",
        ),
        (
            "SOL:5/week",
            "\"SOL:5/week\" is not TOKEN:AMOUNT/order or TOKEN:AMOUNT/day",
        ),
        (
            "SOL:5/order,",
            "\"\" is not TOKEN:AMOUNT/order or TOKEN:AMOUNT/day",
        ),
        (
            "NOPE:5/order",
            "\"NOPE\" is no token of the token list, no mint's address, not * and not fees",
        ),
        (
            "SOL:-5/order",
            "\"-5\" is no plain decimal number such as 1.5 or 0",
        ),
        (
            "SOL:1e9/order",
            "\"1e9\" is no plain decimal number such as 1.5 or 0",
        ),
        (
            "SOL:/order",
            "\"\" is no plain decimal number such as 1.5 or 0",
        ),
        (
            "SOL:0.0000000001/order",
            "\"0.0000000001\" has more than the 9 decimals the token has",
        ),
        ("SOL:1/day,sol:2/day", "\"sol:2/day\" stands in it twice"),
        ("fees:1/day,FEES:2/day", "\"FEES:2/day\" stands in it twice"),
    ] {
        assert_eq!(parsed(text).unwrap_err().to_string(), why, "{text}");
    }
}

#[test]
fn the_stored_form_of_an_outlay_is_stable() {
    let outlay = Outlay {
        wallet: Mint::SOL.address(),
        items: vec![
            Item {
                limit: Some(units(9)),
                ..Item::new(Purpose::Token(Mint::SOL), units(7), units(8))
            },
            Item::new(Purpose::Fees, units(1), units(0)),
        ],
    };
    let json = concat!(
        r#"{"wallet":"So11111111111111111111111111111111111111112","items":["#,
        r#"{"purpose":"So11111111111111111111111111111111111111112","spent":"7","live":"8"},"#,
        r#"{"purpose":"fees","spent":"1","live":"0"}]}"#,
    );

    assert_eq!(serde_json::to_string(&outlay).unwrap(), json);
    let read: Outlay = serde_json::from_str(json).unwrap();
    assert_eq!(read.items[0].limit, None);
    assert_eq!(read.items[1], outlay.items[1]);
}

#[test]
fn a_purpose_is_found_again_by_its_key() {
    for purpose in [Purpose::Fees, Purpose::Token(Mint::SOL)] {
        assert_eq!(Purpose::of_key(purpose.key()), purpose);
    }
}

#[test]
fn a_refusal_says_when_there_is_room() {
    let mut counted = WalletUse::default();
    counted.count(1_000, 30, 0);
    counted.count(1_010, 20, 0);
    let item = Item {
        limit: Some(units(60)),
        ..Item::new(Purpose::Fees, units(15), units(0))
    };

    let refused = item.fits(&counted, at(1_020));

    let room_at = Some(at(1_000 + 97));
    assert_eq!(
        refused,
        Err(NoRoom::Limit {
            purpose: Purpose::Fees,
            limit: units(60),
            used: units(50),
            wanted: units(15),
            room_at,
        })
    );
    let larger = Item {
        spent: units(61),
        ..item
    };
    let Err(NoRoom::Limit { room_at, .. }) = larger.fits(&counted, at(1_020)) else {
        panic!("it does not fit");
    };
    assert_eq!(room_at, None);
    let just_fits = Item {
        spent: units(10),
        ..item
    };
    assert_eq!(just_fits.fits(&counted, at(1_020)), Ok(()));
    assert_eq!(item.fits(&counted, at(1_097)), Ok(()));
}

#[test]
fn what_was_settled_since_the_balance_was_read_counts_as_spent() {
    let mut counted = WalletUse::default();
    counted.count(1, 40, 40);
    counted.settle(1, (40, 40), Paid { spent: 40, out: 40 });
    counted.count(1, 30, 30);
    let judged = |held, settled| Item {
        means: Some(Means {
            held: units(held),
            settled,
        }),
        ..Item::new(Purpose::Token(Mint::SOL), units(0), units(20))
    };

    assert_eq!(judged(50, 40).fits(&counted, at(1)), Ok(()));
    let promised = |held, promised| {
        Err(NoRoom::Promised {
            mint: Mint::SOL,
            held: units(held),
            promised: units(promised),
            wanted: units(20),
        })
    };
    assert_eq!(judged(49, 40).fits(&counted, at(1)), promised(49, 30));
    assert_eq!(judged(89, 0).fits(&counted, at(1)), promised(89, 70));
}

/// A clock that was set far back makes what is counted new: it goes a day later, and not when the clock has caught up.
#[test]
fn a_clock_that_was_set_back_frees_room_a_day_later() {
    let mut counted = WalletUse::default();
    counted.count(1_000_000, 30, 0);
    counted.count(1_000, 5, 0);

    assert_eq!(counted.used(1_000), 35);
    assert_eq!(counted.used(1_096), 35);
    assert_eq!(counted.used(1_097), 0);
}

#[derive(Debug, Clone)]
enum Step {
    Pass(i64),
    Count(u64),
    Settle(usize, u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_i64..40).prop_map(Step::Pass),
        (0_u64..1_000).prop_map(Step::Count),
        (any::<usize>(), 0_u64..2_000).prop_map(|(which, took)| Step::Settle(which, took)),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// 1 and 2: against a plain list of all transactions.
    #[test]
    fn a_day_is_the_sum_of_its_transactions(steps in steps()) {
        let mut counted = WalletUse::default();
        let mut quarter = 2_000_000_i64;
        let mut open: Vec<(i64, u64)> = Vec::new();
        let mut all: Vec<(i64, u64)> = Vec::new();
        for step in steps {
            match step {
                Step::Pass(quarters) => quarter += quarters,
                Step::Count(amount) => {
                    counted.count(quarter, amount, amount);
                    open.push((quarter, amount));
                }
                Step::Settle(which, took) if !open.is_empty() => {
                    let (stored, amount) = open.swap_remove(which % open.len());
                    counted.settle(stored, (amount, amount), Paid { spent: took, out: took });
                    all.push((stored, took));
                }
                Step::Settle(..) => {}
            }
            let day = all.iter().chain(&open).filter(|(stored, _)| *stored >= quarter - 96);
            let sum: u128 = day.map(|(_, amount)| u128::from(*amount)).sum();
            prop_assert_eq!(counted.used(quarter), sum);
            let live: u64 = open.iter().map(|(_, amount)| amount).sum();
            prop_assert_eq!(counted.live, u128::from(live));
        }
    }

    /// 2: in milliseconds.
    #[test]
    fn a_day_is_at_least_24_hours_and_at_most_a_quarter_more(stored in 0_i64..QUARTER_MS, after in 0_i64..200 * QUARTER_MS) {
        const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
        let stored = Timestamp::from_millis(1_000_000 * QUARTER_MS + stored);
        let now = stored.plus(Duration::from_millis(after.unsigned_abs()));
        let mut counted = WalletUse::default();
        counted.count(quarter_of(stored), 1, 0);

        let is_counted = counted.used(quarter_of(now)) == 1;

        prop_assert!(is_counted || after > DAY_MS - 1);
        prop_assert!(!is_counted || after < DAY_MS + QUARTER_MS);
    }

    /// 3.
    #[test]
    fn limits_are_printed_as_they_are_read(
        amounts in prop::collection::vec((0_u64..u64::MAX, 0_usize..3, any::<bool>()), 1..6),
    ) {
        let names = ["SOL", "USDC", "*"];
        let mut texts: Vec<String> = Vec::new();
        for (amount, token, is_day) in amounts {
            let (name, per) = (names[token], if is_day { "day" } else { "order" });
            let amount = BaseUnits::new(amount).to_decimal(6);
            if !texts.iter().any(|it| it.starts_with(&format!("{name}:")) && it.ends_with(per)) {
                texts.push(format!("{name}:{amount}/{per}"));
            }
        }
        let text = texts.join(",");

        let limits = parsed(&text).unwrap();

        prop_assert_eq!(limits.print(&TokenList::mainnet()), text);
    }

    /// 3: no text makes the parser panic, and what it takes says what it means.
    #[test]
    fn any_text_is_limits_or_is_refused(text in "[a-zA-Z*:/.,0-9 ]{0,60}") {
        let list = TokenList::mainnet();
        if let Ok(limits) = parsed(&text) {
            let printed = limits.print(&list);
            prop_assert_eq!(SpendLimits::parse(&printed, &list).unwrap(), limits);
        }
    }
}
