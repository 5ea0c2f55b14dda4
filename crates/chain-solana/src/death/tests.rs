//! What the proof of death must hold:
//!
//! 1. Whatever endpoints say and however their answers are interleaved, a transaction that has landed or can still land
//!    is never called dead.
//! 2. Where enough endpoints are honest, a transaction that can never land is called dead in the end.

mod court;
mod model;
mod rules;

use proptest::prelude::*;

use court::{Court, Op, ops};
use model::{Cluster, Endpoint, Kind, Plan};

/// Slots after which everything that is ever proved is proved: an hour, with bans that end and begin anew.
const LONG: u64 = 9_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_landed_or_can_land_is_ever_called_dead(
        plan in model::plan(),
        kinds in prop::collection::vec(model::any_kind(), 1..5),
        ops in ops(400),
    ) {
        let cluster = Cluster::new(plan);
        let mut court = Court::new(&cluster, kinds);
        for op in ops {
            court.apply(op);
            if court.calls_it_dead() {
                prop_assert!(!cluster.lands(), "it has landed");
                prop_assert!(cluster.is_over(court.tip), "it can still land");
            }
        }
    }

    #[test]
    fn what_never_lands_is_called_dead_where_enough_are_honest(
        salt in any::<u64>(),
        others in prop::collection::vec(model::any_kind(), 0..3),
        honest in 1_usize..3,
    ) {
        let cluster = Cluster::new(Plan { salt, ..Plan::default() });
        let honest = (0..honest).map(|place| Kind::Honest { lag: place as u64 });
        let mut court = Court::new(&cluster, honest.chain(others).collect());
        let mut slots = 0;
        while !court.calls_it_dead() {
            prop_assert!(slots < LONG, "{:?}", court.verdict());
            court.apply(Op::Advance(6));
            court.ask_everybody();
            slots += 6;
        }
    }
}

/// The same with schedules in which each endpoint is asked to the end at once, so that many proofs are complete.
#[test]
fn most_schedules_come_to_a_proof() {
    let mut proved = 0;
    for salt in 0..20 {
        let cluster = Cluster::new(Plan {
            salt,
            ..Plan::default()
        });
        let mut court = Court::new(
            &cluster,
            vec![Kind::Honest { lag: 0 }, Kind::Purged { keeps: 900 }],
        );
        for _ in 0..100 {
            court.apply(Op::Advance(6));
            court.ask_everybody();
        }
        proved += u32::from(court.calls_it_dead());
    }

    assert_eq!(proved, 20);
}

fn endpoint(kind: Kind) -> Endpoint {
    Endpoint { kind }
}
