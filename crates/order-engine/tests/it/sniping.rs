//! A scripted world of launches, good ones and traps, over one process and over a cluster: snipers buy what passes their
//! gates, and leave the rest alone.
//!
//! 1. A sniper waits for a pool that does not exist yet, in no queue, and fires once there is one that passes its gates.
//! 2. A token that its issuer can still mint or freeze, a pool that holds too little or charges too much, and one that has
//!    not opened are left alone, and it is said why.
//! 3. Each sniper executes once, however many look at it.
//! 4. A pool that opens later is bought from when it opens; a fee that falls, once it has fallen.
//! 5. Who pulls out after a launch harms nobody whose gates are shut.

mod cases;

use crate::world::{CLIENTS, OPERATORS, Settings, World, over_cluster, over_process};

const STILL: Settings = &[
    CLIENTS,
    OPERATORS,
    ("SIM_MARKET", "still"),
    ("SIM_LATENCY_SCALE", "0.1"),
    ("SWEEP_MS", "100"),
];

over_process! { World:
    cases::snipers_buy_what_passes_their_gates_and_leave_traps_alone(STILL),
    cases::a_pool_that_opens_later_is_bought_from_when_it_opens(STILL),
    cases::a_starting_fee_is_waited_out(STILL),
    cases::a_drained_pool_is_left_alone(STILL),
    cases::a_sniper_waits_for_its_price_and_for_a_volume(STILL),
    cases::a_sniper_is_changed_while_it_waits(STILL),
    cases::a_sniper_of_a_mint_that_does_not_exist_is_refused(STILL),
    cases::the_example_programs_snipe(STILL),
}

over_cluster! { World: snipers_fire_on_a_cluster(STILL):
    cases::snipers_buy_what_passes_their_gates_and_leave_traps_alone,
    cases::a_pool_that_opens_later_is_bought_from_when_it_opens,
    cases::a_starting_fee_is_waited_out,
    cases::a_drained_pool_is_left_alone,
    cases::a_sniper_waits_for_its_price_and_for_a_volume,
    cases::a_sniper_is_changed_while_it_waits,
    cases::a_sniper_of_a_mint_that_does_not_exist_is_refused,
}
