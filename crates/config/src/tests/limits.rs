//! What may be spent.

use domain::spending::Per;
use domain::{Asset, BaseUnits};

use super::*;
use crate::chain::Cluster;

fn limits(flags: &[&str]) -> domain::spending::SpendLimits {
    let config = parse(flags).expect("right");
    config.validate().expect("right together");
    config.spend_limits().expect("right")
}

#[test]
fn nothing_is_limited_where_nothing_is_set() {
    assert!(limits(&[]).is_empty());
}

#[test]
fn limits_name_tokens_of_the_token_list() {
    let set = limits(&["--spend-limits=SOL:5/order, usdc:50/day,*:0/order,fees:0.1/day"]);

    let units = |amount| Some(BaseUnits::new(amount));
    assert_eq!(set.of_token(Asset::SOL, Per::Order), units(5_000_000_000));
    assert_eq!(set.of_token(Asset::USDC, Per::Day), units(50_000_000));
    assert_eq!(set.of_fees(Per::Day), units(100_000_000));
    assert!(set.covers_all());
}

#[test]
fn a_wrong_limit_is_one_line_that_says_which_and_what_is_allowed() {
    for (value, wrong) in [
        ("SOL:5", "\"SOL:5\" is not TOKEN:AMOUNT/order"),
        ("NOPE:5/day", "\"NOPE\" is no token"),
        ("SOL:1,5/day", "\"SOL:1\" is not"),
        ("SOL:5/day,SOL:6/day", "\"SOL:6/day\" stands in it twice"),
    ] {
        let config = parse(&[&format!("--spend-limits={value}")]).expect("a text");

        let line = config.validate().expect_err("is refused").to_string();

        let begins = format!("SPEND_LIMITS={value} is not allowed: TOKEN:AMOUNT/order");
        assert!(line.starts_with(&begins), "{line}");
        assert!(line.contains(wrong), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn on_mainnet_beta_every_token_has_a_limit() {
    for (flags, is_allowed) in [
        (&["--spend-limits=SOL:5/order,*:0/order"][..], true),
        (&["--spend-limits=*:1/day"][..], true),
        (&["--spend-limits=SOL:5/order,fees:0.1/day"][..], false),
        (&[][..], false),
    ] {
        let config = parse(flags).expect("right");

        let judged = config.validate_limits_of(Cluster::MainnetBeta);

        assert_eq!(judged.is_ok(), is_allowed, "{flags:?}: {judged:?}");
        assert_eq!(config.validate_limits_of(Cluster::Devnet), Ok(()));
    }
}
