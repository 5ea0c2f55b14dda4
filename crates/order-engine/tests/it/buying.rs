//! Orders that buy an exact amount, over one process and over a cluster.
//!
//! 1. What is bought is exact; what it costs is the chain's word, and no more than the order's most.
//! 2. A purchase that would cost more than its client said is not made.
//! 3. What makes no sense, or what no pool can do, is refused at once.
//! 4. A limit counts the most that a purchase may cost, then what it cost.

mod cases;

use crate::world::{CLIENTS, OPERATORS, Settings, World, over_cluster, over_process};

const PLAIN: Settings = &[
    CLIENTS,
    OPERATORS,
    ("SIM_LATENCY_SCALE", "0.1"),
    ("RETRY_BASE_DELAY_MS", "10"),
    ("TX_SIMULATE", "on"),
];
const LIMITED: Settings = &[
    CLIENTS,
    OPERATORS,
    ("SIM_LATENCY_SCALE", "0.1"),
    ("RETRY_BASE_DELAY_MS", "10"),
    ("SPEND_LIMITS", "SOL:2/order,SOL:3/day,fees:0.1/day"),
];

over_process! { World:
    cases::an_exact_amount_is_bought_for_no_more_than_its_most(PLAIN),
    cases::a_purchase_that_costs_more_than_its_client_said_is_not_made(PLAIN),
    cases::what_makes_no_sense_is_refused(PLAIN),
    cases::a_limit_counts_the_most_and_then_what_it_cost(LIMITED),
}

over_cluster! { World: exact_amounts_are_bought_on_a_cluster(PLAIN):
    cases::an_exact_amount_is_bought_for_no_more_than_its_most,
    cases::a_purchase_that_costs_more_than_its_client_said_is_not_made,
    cases::what_makes_no_sense_is_refused,
}
