use proptest::prelude::*;

use super::*;

const POLICY: Policy = Policy {
    base_delay: Duration::from_millis(1_000),
    max_delay: Duration::from_millis(30_000),
};

#[test]
fn each_failure_doubles_the_wait_up_to_the_limit() {
    let steps: Vec<u64> = (1..=7)
        .map(|failures| u64::try_from(POLICY.step(failures).as_millis()).unwrap())
        .collect();

    assert_eq!(steps, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
}

#[test]
fn one_seed_gives_one_sequence_of_waits() {
    let waits = || {
        let random = Random::seeded(3);
        [1, 2, 3].map(|failures| POLICY.delay_after(failures, &random))
    };

    assert_eq!(waits(), waits());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_repeated_after_growing_waits_until_its_answer_is_accepted() {
    let (clock, random) = (crate::SystemClock::new(), Random::seeded(3));
    let answers = std::cell::Cell::new(0);
    let call = async || answers.replace(answers.get() + 1);
    let mut refused = Vec::new();
    let accept = |answer: u32, failures| {
        refused.push(failures);
        (answer == 3).then_some("accepted")
    };

    let accepted = POLICY.repeat_until(&clock, &random, call, accept).await;

    assert_eq!(accepted, "accepted");
    assert_eq!(refused, [0, 1, 2, 3]);
    let waited = clock.monotonic().as_secs_f64();
    assert!((3.5..7.01).contains(&waited), "waited {waited} s");
}

proptest! {
    #[test]
    fn a_wait_is_between_half_of_the_step_and_all_of_it(
        failures in 0u32..200, base_ms in 0u64..60_000, max_ms in 0u64..3_600_000, seed: u64,
    ) {
        let policy = Policy {
            base_delay: Duration::from_millis(base_ms),
            max_delay: Duration::from_millis(max_ms),
        };

        let delay = policy.delay_after(failures, &Random::seeded(seed));

        let step = policy.step(failures);
        prop_assert!(step <= policy.max_delay);
        prop_assert!(delay >= step / 2 && delay <= step, "{delay:?} of {step:?}");
    }
}
