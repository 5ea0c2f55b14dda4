//! The table of spellings, and what must hold for every body.
//!
//! 1. An amount that is accepted is stored exactly as written.
//! 2. No body, whatever its bytes, brings the reader down.
//! 3. Every refusal names a field or says that the body is no JSON.

mod any_body;
mod buying;
mod waiting;

use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, MaxImpact, Terms, TokenList, Venue};

use super::check;
use crate::error::{Code, Result};

fn tokens() -> TokenList {
    TokenList::mainnet()
}

fn read(body: &[u8]) -> Result<Terms> {
    check(body, &tokens(), Some((Asset::SOL, Asset::USDC)))
}

#[track_caller]
fn accepted(body: &str) -> super::Terms {
    read(body.as_bytes()).unwrap_or_else(|refusal| panic!("{body}: {refusal}"))
}

#[track_caller]
fn refused(body: &str, code: Code, field: &str) {
    let refusal = read(body.as_bytes()).expect_err(body);
    let problem = refusal.problem();
    let fields: Vec<&str> = problem
        .errors
        .iter()
        .map(|error| error.field.as_str())
        .collect();
    assert_eq!(refusal.code(), code, "{body}: {refusal}");
    assert!(
        field.is_empty() || fields.contains(&field),
        "{body}: {fields:?}"
    );
}

#[test]
fn where_money_is_real_an_order_names_what_it_trades() {
    let read = |body: &str| check(body.as_bytes(), &tokens(), None);

    let refusal = read(r#"{"amount":1}"#).expect_err("names nothing");
    assert_eq!(refusal.code(), Code::TokenRequired);
    let problem = refusal.problem();
    let fields: Vec<&str> = problem
        .errors
        .iter()
        .map(|error| error.field.as_str())
        .collect();
    assert_eq!(fields, ["tokenIn", "tokenOut"]);

    let half = read(r#"{"amount":1,"tokenIn":"SOL"}"#).expect_err("names one");
    assert_eq!(half.code(), Code::TokenRequired);
    let named = read(r#"{"amount":1,"tokenIn":"SOL","tokenOut":"USDC"}"#);
    assert_eq!(named.expect("names both").asset_out, Asset::USDC);
}

#[test]
fn the_five_older_programs_are_understood() {
    let a = accepted(r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1.5,"slippage":0.01}"#);
    assert_eq!((a.amount_in.get(), a.slippage.get()), (1_500_000_000, 100));
    let b = accepted(r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":10,"slippageBps":50}"#);
    assert_eq!((b.amount_in.get(), b.slippage.get()), (10_000_000_000, 50));
    let c = accepted(
        r#"{"tokenIn":"SOL","tokenOut":"USDC","amountIn":"100","slippageTolerance":0.5,"minAmountOut":"99"}"#,
    );
    assert_eq!((c.amount_in.get(), c.slippage.get()), (100_000_000_000, 50));
    assert_eq!(c.min_amount_out, Some(BaseUnits::new(99_000_000)));
    let d = accepted(r#"{"amount":100}"#);
    assert_eq!((d.asset_in, d.asset_out), (Asset::SOL, Asset::USDC));
    let e = accepted(r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1}"#);
    assert_eq!((e.amount_in.get(), e.slippage.get()), (1_000_000_000, 50));
}

#[test]
fn amounts_are_taken_as_written() {
    for (amount, units) in [
        ("1.5", 1_500_000_000_u64),
        (r#""1.5""#, 1_500_000_000),
        (r#""1\u002e5""#, 1_500_000_000),
        ("1.500000000000000000000000", 1_500_000_000),
        ("15e-1", 1_500_000_000),
        ("1.5E0", 1_500_000_000),
        ("0.000000001", 1),
        ("1e-9", 1),
        ("18446744073.709551615", u64::MAX),
        (r#""18446744073.709551615000""#, u64::MAX),
        ("0.1", 100_000_000),
        (r#""007""#, 7_000_000_000),
    ] {
        let terms = accepted(&format!(r#"{{"amount":{amount}}}"#));
        assert_eq!(terms.amount_in.get(), units, "{amount}");
    }
}

#[test]
fn amounts_that_cannot_be_taken_exactly_are_refused() {
    for amount in [
        "0",
        "0.0",
        "-1",
        "-0",
        "0.0000000001",
        "1e-10",
        "18446744073.709551616",
        "1e400",
        "1e999999999999999999999",
        r#""""#,
        r#"" 1""#,
        r#""1 ""#,
        r#""+1""#,
        r#""-1""#,
        r#""1e3""#,
        r#""1_000""#,
        r#""1,000""#,
        r#""0x10""#,
        r#""NaN""#,
        r#""Infinity""#,
        r#"".5""#,
        r#""5.""#,
        r#""1.2.3""#,
        r#""１""#,
        "null",
        "true",
        "[]",
        "{}",
        "[1]",
        r#""0.123456789012345678901234567890""#,
    ] {
        refused(
            &format!(r#"{{"amount":{amount}}}"#),
            Code::InvalidOrder,
            "amount",
        );
    }
}

#[test]
fn what_is_no_json_is_malformed() {
    for body in [
        "",
        " ",
        "{",
        "{\"amount\":1",
        "{\"amount\":01}",
        "{\"amount\":NaN}",
        "{\"amount\":.5}",
        "{\"amount\":1.}",
        "{\"amount\":+1}",
        "{amount:1}",
        "{'amount':1}",
        "{\"amount\":1,}",
        "{\"amount\":1}x",
        "{\"amount\":1}{}",
        "\u{feff}{\"amount\":1}",
        "{\"amount\":\"\\x\"}",
        "{\"amount\":\"\n\"}",
        "nul",
        "{\"\\ud800\":1}",
    ] {
        refused(body, Code::MalformedJson, "");
    }
    let refusal = read(b"{\"amount\":\"\xff\"}").expect_err("no UTF-8");
    assert_eq!(refusal.code(), Code::MalformedJson);
}

#[test]
fn json_that_is_no_object_breaks_a_rule() {
    for body in ["null", "1", "\"x\"", "[]", "[{\"amount\":1}]", "true"] {
        refused(body, Code::InvalidOrder, "");
    }
}

#[test]
fn unknown_and_repeated_fields_are_named() {
    refused(r#"{"amount":1,"foo":1}"#, Code::InvalidOrder, "foo");
    refused(r#"{"amount":1,"Amount":1}"#, Code::InvalidOrder, "Amount");
    refused(r#"{"amount":1,"amount":1}"#, Code::InvalidOrder, "amount");
    refused(
        r#"{"amount":1,"\u0061mount":1}"#,
        Code::InvalidOrder,
        "amount",
    );
    refused(r#"{"amount":1,"":1}"#, Code::InvalidOrder, "");
    refused(
        r#"{"amount":1,"__proto__":{}}"#,
        Code::InvalidOrder,
        "__proto__",
    );
}

#[test]
fn every_fault_is_named_at_once() {
    let body = r#"{"tokenIn":"XYZ","tokenOut":1,"amount":-1,"slippageBps":9999,"foo":1,
        "clientOrderId":"","validForSeconds":0,"venues":"raydium","minAmountOut":"x",
        "feeLevel":"fast","maxPriceImpactBps":10001,"wallet":"No name"}"#;
    for field in [
        "tokenIn",
        "tokenOut",
        "amount",
        "slippageBps",
        "foo",
        "clientOrderId",
        "validForSeconds",
        "feeLevel",
        "maxPriceImpactBps",
        "venues",
        "minAmountOut",
        "wallet",
    ] {
        refused(body, Code::InvalidOrder, field);
    }
}

#[test]
fn tokens_are_found_by_symbol_and_mint_and_must_differ() {
    let usdc = Asset::USDC.mint;
    let terms = accepted(&format!(
        r#"{{"tokenIn":"{usdc}","tokenOut":"bOnK","amount":1}}"#
    ));
    assert_eq!(
        (Some(terms.asset_in), Some(terms.asset_out)),
        (tokens().find("USDC"), tokens().find("BONK"))
    );

    refused(
        r#"{"tokenIn":"SOL","amount":1}"#,
        Code::InvalidOrder,
        "tokenOut",
    );
    refused(
        r#"{"tokenOut":"SOL","amount":1}"#,
        Code::InvalidOrder,
        "tokenIn",
    );
    refused(
        r#"{"tokenIn":"SOL","tokenOut":"sol","amount":1}"#,
        Code::InvalidOrder,
        "tokenOut",
    );
    refused(
        r#"{"tokenIn":"SOL","tokenOut":"wSOL","amount":1}"#,
        Code::InvalidOrder,
        "tokenOut",
    );
    refused(
        r#"{"tokenIn":"","tokenOut":"SOL","amount":1}"#,
        Code::InvalidOrder,
        "tokenIn",
    );
    refused(
        r#"{"tokenIn":null,"tokenOut":"SOL","amount":1}"#,
        Code::InvalidOrder,
        "tokenIn",
    );
}

#[test]
fn slippage_is_one_of_three_spellings() {
    for (slippage, bps) in [
        (r#""slippageBps":0"#, 0),
        (r#""slippageBps":5000"#, 5_000),
        (r#""slippageBps":5e1"#, 50),
        (r#""slippage":0.5"#, 5_000),
        (r#""slippage":0.0001"#, 1),
        (r#""slippage":0"#, 0),
        (r#""slippageTolerance":50"#, 5_000),
        (r#""slippageTolerance":0.01"#, 1),
        (r#""slippageTolerance":0.10"#, 10),
    ] {
        let terms = accepted(&format!(r#"{{"amount":1,{slippage}}}"#));
        assert_eq!(terms.slippage.get(), bps, "{slippage}");
    }
    for (field, slippage) in [
        ("slippageBps", r#""slippageBps":5001"#),
        ("slippageBps", r#""slippageBps":-1"#),
        ("slippageBps", r#""slippageBps":0.5"#),
        ("slippageBps", r#""slippageBps":"50""#),
        ("slippageBps", r#""slippageBps":null"#),
        ("slippage", r#""slippage":0.50001"#),
        ("slippage", r#""slippage":0.00001"#),
        ("slippageTolerance", r#""slippageTolerance":50.01"#),
        ("slippageTolerance", r#""slippageTolerance":0.001"#),
        ("slippage", r#""slippageBps":50,"slippage":0.005"#),
    ] {
        refused(
            &format!(r#"{{"amount":1,{slippage}}}"#),
            Code::InvalidOrder,
            field,
        );
    }
}

#[test]
fn amount_and_type_have_two_names_and_take_one() {
    accepted(r#"{"amountIn":"1","type":"market"}"#);
    refused(
        r#"{"amount":1,"amountIn":1}"#,
        Code::InvalidOrder,
        "amountIn",
    );
    refused(
        r#"{"amount":1,"type":"market","orderType":"market"}"#,
        Code::InvalidOrder,
        "type",
    );
    refused("{}", Code::InvalidOrder, "amount");
}

#[test]
fn other_order_types_are_refused() {
    refused(
        r#"{"amount":1,"orderType":"iceberg"}"#,
        Code::InvalidOrder,
        "orderType",
    );
    refused(
        r#"{"amount":1,"orderType":1}"#,
        Code::InvalidOrder,
        "orderType",
    );
}

#[test]
fn venues_are_named_or_excluded_and_one_is_left() {
    let only = |venue| VenueSet::of(&[venue], &[]).unwrap();
    let venues = |body: &str| accepted(body).venues;

    assert_eq!(venues(r#"{"amount":1}"#), VenueSet::ALL);
    assert_eq!(
        venues(r#"{"amount":1,"venues":["meteora"]}"#),
        only(Venue::Meteora)
    );
    assert_eq!(
        venues(r#"{"amount":1,"excludeVenues":["meteora"]}"#),
        only(Venue::Raydium)
    );
    assert_eq!(venues(r#"{"amount":1,"excludeVenues":[]}"#), VenueSet::ALL);

    refused(r#"{"amount":1,"venues":[]}"#, Code::NoVenue, "venues");
    refused(r#"{"amount":1,"venues":["orca"]}"#, Code::NoVenue, "venues");
    refused(
        r#"{"amount":1,"excludeVenues":["raydium","meteora"]}"#,
        Code::NoVenue,
        "excludeVenues",
    );
    refused(
        r#"{"amount":1,"venues":["raydium"],"excludeVenues":["raydium"]}"#,
        Code::NoVenue,
        "venues",
    );
    refused(
        r#"{"amount":1,"venues":"raydium"}"#,
        Code::InvalidOrder,
        "venues",
    );
    refused(r#"{"amount":1,"venues":[1]}"#, Code::InvalidOrder, "venues");
}

#[test]
fn names_and_lifetimes_have_their_bounds() {
    let longest = "x".repeat(64);
    let terms = accepted(&format!(
        r#"{{"amount":1,"clientOrderId":"{longest}","validForSeconds":2592000}}"#
    ));
    assert_eq!(terms.client_order_id.unwrap().as_str(), longest);
    assert_eq!(terms.valid_for_seconds, Some(2_592_000));
    accepted(r#"{"amount":1,"clientOrderId":"a b~!","validForSeconds":1}"#);

    let field = "clientOrderId";
    for id in [
        r#""""#,
        r#""é""#,
        r#""a\nb""#,
        "1",
        "null",
        &format!(r#""{longest}x""#),
    ] {
        refused(
            &format!(r#"{{"amount":1,"clientOrderId":{id}}}"#),
            Code::InvalidOrder,
            field,
        );
    }
    for seconds in ["0", "2592001", "1.5", "-1", r#""60""#, "1e99"] {
        let body = format!(r#"{{"amount":1,"validForSeconds":{seconds}}}"#);
        refused(&body, Code::InvalidOrder, "validForSeconds");
    }
}

#[test]
fn a_fee_is_a_level_or_a_price_and_an_impact_has_limits() {
    let level = |text: &str| {
        accepted(&format!(r#"{{"amount":1,"feeLevel":{text}}}"#))
            .fee_level
            .unwrap()
            .to_string()
    };
    for (said, stored) in [
        (r#""urgent""#, "urgent"),
        ("25000", "25000"),
        ("2.5e4", "25000"),
        ("0", "0"),
    ] {
        assert_eq!(level(said), stored, "{said}");
    }
    for wrong in [
        r#""fast""#,
        r#""High""#,
        r#""25000""#,
        "1.5",
        "-1",
        "1000000001",
        "[]",
        "null",
    ] {
        let body = format!(r#"{{"amount":1,"feeLevel":{wrong}}}"#);
        refused(&body, Code::InvalidOrder, "feeLevel");
    }

    let terms = accepted(r#"{"amount":1,"maxPriceImpactBps":10000}"#);
    assert_eq!(terms.max_impact, MaxImpact::new(10_000));
    assert_eq!(terms.fee_level, None);
    for wrong in ["0", "10001", "1.5", "-1", r#""50""#] {
        let body = format!(r#"{{"amount":1,"maxPriceImpactBps":{wrong}}}"#);
        refused(&body, Code::InvalidOrder, "maxPriceImpactBps");
    }
}

#[test]
fn a_floor_of_nothing_is_a_floor() {
    let terms = accepted(r#"{"amount":1,"minAmountOut":"0"}"#);
    assert_eq!(terms.min_amount_out, Some(BaseUnits::new(0)));

    refused(
        r#"{"amount":1,"minAmountOut":"0.0000001"}"#,
        Code::InvalidOrder,
        "minAmountOut",
    );
    refused(
        r#"{"amount":1,"minAmountOut":-1}"#,
        Code::InvalidOrder,
        "minAmountOut",
    );
}

#[test]
fn nesting_however_deep_is_only_a_wrong_value() {
    let deep = 30_000;
    let nested = format!("{}{}", "[".repeat(deep), "]".repeat(deep));

    refused(
        &format!(r#"{{"amount":{nested}}}"#),
        Code::InvalidOrder,
        "amount",
    );
    refused(
        &format!(r#"{{"amount":1,"venues":{nested}}}"#),
        Code::InvalidOrder,
        "venues",
    );
    refused(&nested, Code::InvalidOrder, "");
    refused(&"[".repeat(60_000), Code::MalformedJson, "");
    refused(&"{\"a\":".repeat(10_000), Code::MalformedJson, "");
}

#[test]
fn many_faults_give_a_short_answer() {
    let fields: Vec<String> = (0..5_000).map(|n| format!(r#""f{n}":1"#)).collect();
    let refusal = read(format!("{{{}}}", fields.join(",")).as_bytes()).expect_err("unknown fields");

    assert!(refusal.to_json().len() < 4_096);
}
