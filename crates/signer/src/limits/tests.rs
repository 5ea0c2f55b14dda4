use super::*;

const SOL: Address = Address([1; 32]);
const USDC: Address = Address([2; 32]);
const HOUR: u64 = 3_600_000;

fn token(name: &str) -> Option<(Address, u8)> {
    match name {
        "SOL" => Some((SOL, 9)),
        "USDC" => Some((USDC, 6)),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Limits, Invalid> {
    Limits::parse(text, token)
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
fn a_text_that_is_no_list_of_limits_is_refused_with_its_part() {
    let form = |part: &str| Invalid::Form(part.to_owned());
    let cases = [
        ("", form("")),
        ("SOL", form("SOL")),
        ("SOL:1", form("SOL:1")),
        ("SOL:-1/day", form("SOL:-1/day")),
        ("SOL:1/week", form("SOL:1/week")),
        ("SOL:0.1234567891/day", form("SOL:0.1234567891/day")),
        ("*:1/order", form("*:1/order")),
        ("WIF:1/day", Invalid::Unknown("WIF".to_owned())),
        (
            "SOL:1/day,SOL:2/day",
            Invalid::Twice("SOL:2/day".to_owned()),
        ),
        ("SOL:1/order,fees:1/day", Invalid::Missing("SOL".to_owned())),
        ("SOL:1/day", Invalid::Missing("fees".to_owned())),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text), Err(expected), "{text}");
    }
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
