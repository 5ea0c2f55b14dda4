use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(millis: i64, text: &str) {
    assert_eq!(Timestamp::from_millis(millis).to_string(), text);
    assert_eq!(text.parse(), Ok(Timestamp::from_millis(millis)));
}

#[test]
fn a_moment_prints_with_milliseconds_in_utc_and_is_read_back() {
    check(0, "1970-01-01T00:00:00.000Z");
    check(-1, "1969-12-31T23:59:59.999Z");
    check(951_782_400_000, "2000-02-29T00:00:00.000Z");
    check(951_868_800_001, "2000-03-01T00:00:00.001Z");
    check(1_709_251_199_999, "2024-02-29T23:59:59.999Z");
    check(1_769_851_800_125, "2026-01-31T09:30:00.125Z");
    check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
    check(LAST, "9999-12-31T23:59:59.999Z");
    check(FIRST, "0000-01-01T00:00:00.000Z");
}

#[test]
fn a_moment_without_a_year_of_four_digits_prints_as_the_nearest_that_has_one() {
    assert_eq!(
        Timestamp::from_millis(i64::MAX).to_string(),
        "9999-12-31T23:59:59.999Z"
    );
    assert_eq!(
        Timestamp::from_millis(i64::MIN).to_string(),
        "0000-01-01T00:00:00.000Z"
    );
}

#[test]
fn what_is_no_such_text_is_refused() {
    for text in [
        "",
        "2026-01-31",
        "2026-02-30T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-01-31T24:00:00.000Z",
        "2026-01-31T09:30:00Z",
        "2026-01-31 09:30:00.125Z",
        "2026-01-31T09:30:00.125+00:00",
        "+026-01-31T09:30:00.125Z",
        "2026-01-31T09:30:00.12\u{b5}",
    ] {
        assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text}");
    }
}

proptest! {
    #[test]
    fn every_moment_of_four_digit_years_is_read_back_as_it_was(millis in FIRST..=LAST) {
        let moment = Timestamp::from_millis(millis);

        prop_assert_eq!(moment.to_string().parse(), Ok(moment));
    }

    #[test]
    fn days_follow_each_other_without_gap(days in -719_528_i64..2_932_896) {
        let (today, tomorrow) = (date_of(days), date_of(days + 1));

        let is_next_day = tomorrow == (today.0, today.1, today.2 + 1);
        let is_next_month = tomorrow == (today.0, today.1 + 1, 1) && today.2 >= 28;
        let is_next_year = tomorrow == (today.0 + 1, 1, 1) && (today.1, today.2) == (12, 31);
        prop_assert!(is_next_day || is_next_month || is_next_year);
        prop_assert_eq!(days_until(today.0, today.1, today.2), days);
    }
}
