use super::{ObservationAccount, PLACES};

/// As the program did at these seconds: written at 0, 15 and 40.
#[test]
fn a_price_is_written_where_the_last_is_fifteen_seconds_old() {
    let mut account = ObservationAccount::empty();
    let mut written = Vec::new();
    for second in [0, 5, 10, 14, 15, 20, 40, 41] {
        let before = account.clone();
        account
            .observe(1_000 + second, (3, 5))
            .expect("small prices");
        if account != before {
            written.push(second);
        }
    }

    assert_eq!(written, [0, 15, 40]);
    assert_eq!(account.get(ObservationAccount::NEWEST), 2);
    let newest = account.place(2).expect("a place of the ring");
    assert_eq!(newest.unix_time, 1_040);
    assert_eq!(newest.cumulative, (3 * 40, 5 * 40));
}

#[test]
fn the_ring_begins_anew_behind_its_last_place() {
    let mut account = ObservationAccount::empty();
    for step in 0..=u64::from(PLACES) {
        account
            .observe(1_000 + 15 * step, (1, 1))
            .expect("small prices");
    }

    assert_eq!(account.get(ObservationAccount::NEWEST), 0);
    let newest = account.place(0).expect("a place of the ring");
    assert_eq!(newest.cumulative, (1_500, 1_500));
}

#[test]
fn a_place_beyond_the_ring_is_refused() {
    let mut account = ObservationAccount::empty();
    account.set(ObservationAccount::INITIALIZED, 1);
    account.set(ObservationAccount::NEWEST, PLACES);

    assert!(account.observe(1_000, (1, 1)).is_err());
}
