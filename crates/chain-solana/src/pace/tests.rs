use super::*;

const MS: Duration = Duration::from_millis(1);

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

    assert_eq!(times(Pace::real()), (MS * 400, MS * 400, MS * 3_200));
    assert_eq!(
        times(Pace::simulated(1.0)),
        (MS * 200, MS * 400, MS * 3_200)
    );
    assert_eq!(times(Pace::simulated(0.0)), (MS * 10, MS * 100, MS * 160));
    let finalized = Pace::real().with_usual_slots_more(32);
    assert_eq!(times(finalized), (MS * 400, MS * 400, MS * 16_000));
}

#[test]
fn a_slots_length_is_what_the_cluster_shows_once_enough_have_passed() {
    let real = Pace::real();

    assert_eq!(measured(real, &[(1_000, 0), (1_031, 7_750)]), MS * 400);
    assert_eq!(measured(real, &[(1_000, 0), (1_032, 8_000)]), MS * 250);
    // Measured anew after a while, so that it follows.
    let changing = [(0, 0), (512, 512 * 400), (612, 512 * 400 + 100 * 200)];
    assert_eq!(measured(real, &changing), MS * 200);
}

#[test]
fn an_endpoint_that_lags_or_lies_sets_no_absurd_pace() {
    let real = Pace::real();

    assert_eq!(measured(real, &[(1_000, 0), (900, 60_000)]), MS * 400);
    assert_eq!(measured(real, &[(1_000, 0), (900_000, 1)]), MS * 400);
    // The lie is forgotten once the truth is heard again.
    let truth_again = [(1_000, 0), (900_000, 1), (1_001, 100), (1_101, 25_100)];
    assert_eq!(measured(real, &truth_again), MS * 250);
    assert_eq!(measured(real, &[(1_000, 0), (1_040, 3_000)]), MS * 100);
    assert_eq!(measured(real, &[(1_000, 0), (1_032, 900_000)]), MS * 1_600);
}
