use super::*;

const MS: Duration = Duration::from_millis(1);
const REAL: Pace = Pace::real(Commitment::Confirmed);

/// What is measured where the cluster is heard of at these slots and times in milliseconds.
fn measured(assumed: Pace, heard: &[(u64, u32)]) -> Duration {
    let time = SlotTime::new(assumed);
    for (slot, ms) in heard {
        time.observe(Slot::new(*slot), MS * *ms);
    }
    time.slot()
}

#[test]
fn the_simulated_clusters_slots_follow_its_scale_down_to_a_limit() {
    assert_eq!(Pace::simulated(1.0).slot, MS * 400);
    assert_eq!(Pace::simulated(0.1).slot, MS * 40);
    assert_eq!(Pace::simulated(0.0).slot, MS * 20);
    assert_eq!(Pace::simulated(f64::NAN), Pace::simulated(1.0));
}

#[test]
fn looks_are_a_part_of_a_slot_and_resends_never_closer_than_a_tenth_of_a_second() {
    let times = |pace| {
        let time = SlotTime::new(pace);
        (time.look_every(), time.resend_unit(), time.usual())
    };

    assert_eq!(times(REAL), (MS * 400, MS * 400, MS * 3_200));
    let final_ones = times(Pace::real(Commitment::Finalized));
    assert_eq!(final_ones, (MS * 400, MS * 400, MS * 16_000));
    assert_eq!(
        times(Pace::simulated(1.0)),
        (MS * 200, MS * 400, MS * 3_200)
    );
    assert_eq!(times(Pace::simulated(0.0)), (MS * 10, MS * 100, MS * 160));
}

#[test]
fn a_slots_length_is_what_the_cluster_shows_once_enough_have_passed() {
    assert_eq!(measured(REAL, &[(1_000, 0), (1_031, 7_750)]), MS * 400);
    assert_eq!(measured(REAL, &[(1_000, 0), (1_032, 8_000)]), MS * 250);
    // Measured anew after a while, so that it follows.
    let changing = [(0, 0), (512, 512 * 400), (612, 512 * 400 + 100 * 200)];
    assert_eq!(measured(REAL, &changing), MS * 200);
}

#[test]
fn an_endpoint_that_lags_or_lies_sets_no_absurd_pace() {
    assert_eq!(measured(REAL, &[(1_000, 0), (900, 60_000)]), MS * 400);
    assert_eq!(measured(REAL, &[(1_000, 0), (900_000, 1)]), MS * 400);
    // The lie is forgotten once the truth is heard again.
    let truth_again = [(1_000, 0), (900_000, 1), (1_001, 100), (1_101, 25_100)];
    assert_eq!(measured(REAL, &truth_again), MS * 250);
    assert_eq!(measured(REAL, &[(1_000, 0), (1_040, 3_000)]), MS * 100);
    assert_eq!(measured(REAL, &[(1_000, 0), (1_032, 900_000)]), MS * 1_600);
}
