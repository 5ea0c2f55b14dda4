use super::{OracleAccount, SAMPLE_SIZE, SAMPLES_OFFSET, Sample};

/// An oracle with room for some samples.
fn oracle(places: u64) -> OracleAccount {
    let mut bytes = OracleAccount::empty().bytes().to_vec();
    bytes.resize(SAMPLES_OFFSET + 3 * SAMPLE_SIZE, 0);
    let mut oracle = OracleAccount::decode(&bytes).expect("it is long enough");
    oracle.set(OracleAccount::PLACES, places);
    oracle
}

#[test]
fn samples_gather_the_active_bin_and_end_after_two_minutes() {
    let mut oracle = oracle(3);
    for (bin, second) in [(-7, 1_000), (-7, 1_010), (5, 1_119), (5, 1_120)] {
        oracle.observe(bin, second).expect("small numbers");
    }

    let sample = |cumulative, created, updated| Sample {
        cumulative,
        created,
        updated,
    };
    // The first gathers from its own first bin on.
    assert_eq!(
        oracle.sample(0),
        Some(sample(-7 - 70 + 5 * 109, 1_000, 1_119))
    );
    assert_eq!(
        oracle.sample(1),
        Some(sample(-7 - 70 + 5 * 110, 1_120, 1_120))
    );
    assert_eq!(oracle.get(OracleAccount::NEWEST), 1);
    assert_eq!(oracle.get(OracleAccount::ACTIVE), 2);
}

#[test]
fn the_ring_begins_anew_behind_its_last_place() {
    let mut oracle = oracle(3);
    for step in 0..4 {
        oracle
            .observe(1, 1_000 + 120 * step)
            .expect("small numbers");
    }

    assert_eq!(oracle.get(OracleAccount::NEWEST), 0);
    assert_eq!(oracle.get(OracleAccount::ACTIVE), 3);
}

#[test]
fn an_oracle_without_the_room_it_claims_is_refused() {
    let mut oracle = oracle(9);
    oracle.set(OracleAccount::NEWEST, 3);

    assert!(oracle.observe(1, 1_000).is_err());
    oracle.set(OracleAccount::NEWEST, u64::MAX);
    assert!(oracle.observe(1, 1_000).is_err());
}
