//! What parsing may cost: at most 5 ms of a thread, whatever a body contains.

use std::time::Duration;

use cluster::cpu;
use cluster::doors::bodies;
use domain::TokenList;

use super::body::Fields;
use super::{fingerprint, terms};
use crate::assets::Names;

/// A debug build executes many times as many instructions for the same work.
const MOST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 50 } else { 5 });
/// The minimum of so many measurements counts: other work of the machine makes a measurement
/// larger, never smaller.
const TRIES: usize = 5;

fn cost(mut work: impl FnMut()) -> Duration {
    let tries = (0..TRIES).map(|_| {
        let before = cpu::of_thread().expect("a count");
        work();
        cpu::of_thread().expect("a count").saturating_sub(before)
    });
    tries.min().expect("a try")
}

/// All that is made of a body before it is known to be an order.
fn read(body: &[u8], tokens: &TokenList) {
    if let Ok(fields) = Fields::read(body) {
        let digest = fingerprint::of(&fields);
        let terms = terms::read(&fields, &Names::listed(tokens), None).terms;
        std::hint::black_box((digest, terms.is_ok()));
    }
}

#[test]
fn whatever_a_body_holds_a_thread_has_soon_read_it() {
    let bodies = bodies::dearest();
    assert!(bodies.len() > 300, "{}", bodies.len());

    let tokens = TokenList::mainnet();
    let costs = bodies
        .iter()
        .map(|(name, body)| (cost(|| read(body, &tokens)), name));
    let (cost, name) = costs.max().expect("a body");

    assert!(cost < MOST, "{name}: {cost:?}");
    eprintln!("the dearest, {name}: {cost:?}");
}
