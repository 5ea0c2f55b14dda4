//! Orders that wait for a price, over one process and over a cluster, on a market that moves by trades alone.
//!
//! 1. An order that waits is in no queue, and fires once its condition holds.
//! 2. A limit is never sold below its price.
//! 3. Of an OCO group one is executed, and the others end with it.
//! 4. An order is changed while it waits, and not after it has fired.
//! 5. A trailing stop trails from its activation on, and fires below its highest.

mod cases;

use crate::world::{CLIENTS, OPERATORS, Settings, World, over_cluster, over_process};

const STILL: Settings = &[
    CLIENTS,
    OPERATORS,
    ("SIM_MARKET", "still"),
    ("SIM_LATENCY_SCALE", "0.1"),
    ("SWEEP_MS", "100"),
    // The pair's price is moved, and a third token would lead around it.
    ("ROUTE_MAX_HOPS", "1"),
];

over_process! { World:
    cases::a_limit_is_sold_at_its_price_or_better(STILL),
    cases::a_stop_is_sold_once_the_price_has_fallen(STILL),
    cases::a_trailing_stop_follows_the_price_and_is_sold_below_its_highest(STILL),
    cases::of_a_group_one_is_sold_and_the_other_ends(STILL),
    cases::a_changed_order_fires_at_its_new_price(STILL),
    cases::an_order_that_waits_is_cancelled_and_expires(STILL),
    cases::what_makes_no_sense_is_refused(STILL),
    cases::the_example_programs_wait_for_a_price(STILL),
}

over_cluster! { World: orders_that_wait_for_a_price_fire_on_a_cluster(STILL):
    cases::a_limit_is_sold_at_its_price_or_better,
    cases::a_stop_is_sold_once_the_price_has_fallen,
    cases::a_trailing_stop_follows_the_price_and_is_sold_below_its_highest,
    cases::of_a_group_one_is_sold_and_the_other_ends,
    cases::a_changed_order_fires_at_its_new_price,
    cases::an_order_that_waits_is_cancelled_and_expires,
    cases::what_makes_no_sense_is_refused,
}
