use super::*;

const SOL: Address = address(Mint::SOL);
const USDC: Address = address(Asset::USDC.mint);
const HOUR: u64 = 3_600_000;

/// As the program reads them.
pub(crate) fn parse(text: &str) -> Result<Limits, Invalid> {
    let tokens = TokenList::mainnet();
    let written = SpendLimits::parse(text, &tokens).expect("invariant: they are in the form");
    Limits::new(&written, &tokens)
}

fn sol(amount: u64) -> Spent {
    vec![(What::Token(SOL), amount)]
}

#[test]
fn limits_are_read_as_the_engines_are() {
    let limits = parse("SOL:5/order, SOL:50/day,USDC:0.5/day,*:0/order,fees:0.1/day").unwrap();

    let limit = |per_order, per_day| Limit { per_order, per_day };
    let sol = limit(Some(5_000_000_000), Some(50_000_000_000));
    assert_eq!(limits.of(What::Token(SOL)), sol);
    assert_eq!(limits.of(What::Token(USDC)), limit(None, Some(500_000)));
    assert_eq!(limits.of(What::Fees), limit(None, Some(100_000_000)));
}

#[test]
fn what_is_not_named_is_never_sold() {
    let limits = parse("SOL:1/day,fees:1/day").unwrap();

    let one = vec![(What::Token(USDC), 1)];
    let refused = Book::default().check(&one, &limits, 0).unwrap_err();

    assert_eq!((refused.limit, refused.wanted), (0, 1));
}

#[test]
fn every_text_that_the_engines_grammar_takes_is_taken_with_the_same_amounts() {
    let text = "sol:5/order,SOL : 050.0/day,EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v:0/day,FEES:0.1/day";
    let limits = parse(text).unwrap();

    let engines = SpendLimits::parse(text, &TokenList::mainnet()).unwrap();
    for (asset, what) in [(Asset::SOL, SOL), (Asset::USDC, USDC)] {
        let of = |per| engines.of_token(asset, per).map(|it| it.get());
        let limit = limits.of(What::Token(what));
        assert_eq!(
            (limit.per_order, limit.per_day),
            (of(Per::Order), of(Per::Day))
        );
    }
    let fees = engines.of_fees(Per::Day).map(|it| it.get());
    assert_eq!(limits.of(What::Fees).per_day, fees);
}

#[test]
fn limits_that_let_all_leave_in_a_moment_are_refused() {
    let unlisted = "9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump";
    let others = |amount: &str, per| Invalid::Others(amount.to_owned(), per);
    for (text, expected) in [
        ("*:1/order,fees:1/day", others("1", "order")),
        ("*:0.000001/day,fees:1/day", others("0.000001", "day")),
        (
            &format!("{unlisted}:1/day,fees:1/day"),
            Invalid::Unknown(Mint::literal(unlisted)),
        ),
        ("SOL:1/order,fees:1/day", Invalid::Missing("SOL".to_owned())),
        ("SOL:1/day", Invalid::Missing("fees".to_owned())),
        ("fees:1/order", Invalid::Missing("fees".to_owned())),
    ] {
        assert_eq!(parse(text), Err(expected), "{text}");
    }
    assert!(parse("*:0/order,*:0.00/day,fees:1/day").is_ok());
}

#[test]
fn a_limit_is_reached_and_not_passed() {
    let limits = parse("SOL:0.000000005/order,SOL:0.000000012/day,fees:1/day").unwrap();
    let mut book = Book::default();

    assert_eq!(book.check(&sol(6), &limits, 0).unwrap_err().per, "an order");
    for amount in [5, 5, 2] {
        book.check(&sol(amount), &limits, 0).unwrap();
        book.add(&sol(amount), 0);
    }

    let passed = book.check(&sol(1), &limits, 0).unwrap_err();
    assert_eq!((passed.used, passed.limit, passed.per), (12, 12, "a day"));
}

#[test]
fn a_day_is_the_last_24_hours_and_at_most_a_quarter_more() {
    let limits = parse("SOL:0.00000001/day,fees:1/day").unwrap();
    let mut book = Book::default();
    let at = 100 * HOUR + 1;
    book.add(&sol(10), at);

    let day = 24 * HOUR;
    assert!(book.check(&sol(1), &limits, at + day).is_err());
    assert!(book.check(&sol(1), &limits, at + day + 15 * 60_000).is_ok());
}

#[test]
fn amounts_beyond_64_bits_pass_every_limit() {
    let limits = parse("SOL:18446744073.709551615/day,fees:1/day").unwrap();
    let mut book = Book::default();
    book.add(&sol(u64::MAX), 0);
    book.add(&sol(u64::MAX), 0);

    assert!(book.check(&sol(1), &limits, 0).is_err());
}
