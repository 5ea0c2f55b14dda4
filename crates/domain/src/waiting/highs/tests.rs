use proptest::prelude::*;

use super::*;

fn price(text: &str) -> Price {
    Price::parse(text).expect("a price")
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn seen(looks: &[(i64, &str)]) -> Highs {
    let mut highs = Highs::default();
    for (millis, spot) in looks {
        highs.see(at(*millis), price(spot));
    }
    highs
}

#[test]
fn the_highest_since_a_time_counts_what_was_seen_from_then_on() {
    let highs = seen(&[(10, "100"), (20, "90"), (30, "95"), (40, "80")]);

    let since = |millis| highs.since(at(millis));

    assert_eq!(since(0), Some(price("100")));
    assert_eq!(since(10), Some(price("100")));
    assert_eq!(since(11), Some(price("95")));
    assert_eq!(since(30), Some(price("95")));
    assert_eq!(since(31), Some(price("80")));
    assert_eq!(since(41), None);
}

#[test]
fn the_persisted_form_of_highs_is_stable() {
    let highs = seen(&[(10, "100.5"), (30, "95")]);

    let stored = serde_json::to_string(&highs).unwrap();

    assert_eq!(stored, r#"[[10,"100.5"],[30,"95"]]"#);
    assert_eq!(serde_json::from_str::<Highs>(&stored).unwrap(), highs);
}

#[test]
fn what_two_have_seen_is_joined_by_its_times() {
    let mut one = seen(&[(10, "100"), (40, "80")]);
    let other = seen(&[(20, "90"), (30, "95")]);

    one.join(&other);

    assert_eq!(one, seen(&[(10, "100"), (30, "95"), (40, "80")]));
}

#[test]
fn what_nobody_wants_is_forgotten() {
    let mut highs = seen(&[(10, "100"), (30, "95"), (40, "80")]);

    highs.forget_before(at(11));

    assert_eq!(highs, seen(&[(30, "95"), (40, "80")]));
}

#[test]
fn a_clock_set_back_loses_no_high() {
    let highs = seen(&[(50, "100"), (10, "120")]);

    assert_eq!(highs.since(at(50)), Some(price("120")));
}

#[test]
fn a_long_fall_keeps_a_limited_number_of_steps_and_invents_no_high() {
    let mut highs = Highs::default();
    for step in 0..2_000 {
        highs.see(at(step), price(&(10_000 - step).to_string()));
    }

    assert!(highs.0.len() <= STEPS_MAX, "{}", highs.0.len());
    for step in 0..2_000 {
        let high = highs.since(at(step)).expect("it was seen");
        assert!(high <= price(&(10_000 - step).to_string()));
    }
}

#[test]
fn a_trail_is_reached_exactly() {
    let trail = Trail::new(333).unwrap();
    let high = price("150.000000000000003");

    assert_eq!(trail.trigger(high), Some(price("145.005000000000002")));
    assert!(trail.is_reached(high, price("145.005000000000002")));
    assert!(!trail.is_reached(high, price("145.005000000000003")));
    let tiny = price("0.000000000000000000000000000000000001");
    assert!(trail.is_reached(high, tiny));
    assert!(!trail.is_reached(tiny, high));
    assert_eq!(Trail::new(0), Err(InvalidTrail));
    assert_eq!(Trail::new(5_001), Err(InvalidTrail));
    assert!(serde_json::from_str::<Trail>("5001").is_err());
}

proptest! {
    #[test]
    fn a_staircase_says_what_all_that_was_seen_says(
        looks in prop::collection::vec((0..5i64, 1..50u32), 1..60),
        accepted in 0..300i64,
    ) {
        let mut highs = Highs::default();
        let mut all = Vec::new();
        let mut now = 0;
        for (later, spot) in looks {
            now += later;
            let spot = price(&spot.to_string());
            highs.see(at(now), spot);
            all.push((now, spot));
        }
        let expected = all.iter().filter(|(at, _)| *at >= accepted).map(|(_, spot)| *spot).max();
        prop_assert_eq!(highs.since(at(accepted)), expected);
    }
}
