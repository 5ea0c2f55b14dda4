//! The same cases over two gateways and three workers: one test for each cluster, on which its
//! cases run one after the other. Cases that are missing here concern a single gateway, as they
//! say.

use super::{cancel, expiry, fairness, keys, limits, nested, once, operators, resets, sockets};
use crate::world::{CLIENTS, OPERATORS, Settings, World, over_cluster};

const USUAL: Settings = &[CLIENTS, OPERATORS, ("SWEEP_MS", "100")];

over_cluster! { World: orders_are_kept_apart_and_accounted_for_on_every_gateway(USUAL):
    cancel::an_order_that_waits_its_turn_is_cancelled_and_never_begun,
    expiry::an_order_expires_while_it_waits_its_turn,
    expiry::an_order_that_ends_in_time_does_not_expire,
    keys::an_order_is_its_keys_own_at_every_door,
    keys::lists_and_ledger_show_a_key_its_own_and_the_operators_all,
    keys::the_feed_brings_a_key_its_own_orders_alone,
    keys::the_address_of_an_accepted_order_opens_as_it_is,
    keys::the_token_of_an_orders_address_opens_that_order_alone,
    nested::a_deeply_nested_body_is_refused_and_ends_no_process,
    nested::a_deeply_nested_first_message_is_refused_and_ends_no_process,
    once::a_clients_own_id_names_one_order_for_ever,
    once::what_is_refused_or_only_asked_leaves_no_trace,
    once::an_order_goes_only_where_it_may,
    operators::a_dead_order_is_listed_retried_once_and_all_of_it_is_written_down,
    operators::workers_are_shown_to_operators,
    operators::a_halt_holds_for_every_worker_until_somebody_resumes,
    resets::cancellations_whose_connection_resets_are_told,
    resets::orders_whose_connection_resets_are_told_and_counted,
    resets::retries_whose_connection_resets_are_told,
    resets::a_gateway_that_stops_tells_what_it_has_begun_for_lost_connections,
    sockets::every_message_of_every_socket_is_in_the_document,
}

const FAILING: Settings = &[
    CLIENTS,
    OPERATORS,
    ("SIM_FAILURE_RATE", "1"),
    ("RETRY_MAX_ATTEMPTS", "10"),
    ("RETRY_BASE_DELAY_MS", "3600000"),
    ("RETRY_MAX_DELAY_MS", "3600000"),
    ("CLIENT_MAX_OPEN_ORDERS", "3"),
];

over_cluster! { World: orders_in_backoff_are_cancelled_expire_and_count_as_open_on_every_gateway(FAILING):
    cancel::an_order_that_waits_for_its_next_attempt_is_cancelled,
    expiry::an_order_expires_while_it_waits_for_its_next_attempt,
    limits::a_client_has_so_many_open_orders_and_no_more,
    resets::orders_whose_connection_resets_take_their_clients_places,
}

const SLOW_STARTS: Settings = &[
    ("SIM_LATENCY_SCALE", "8"),
    ("QUEUE_RATE_LIMIT_SCOPE", "queue"),
    ("QUEUE_RATE_LIMIT_PER_MINUTE", "60"),
    ("QUEUE_RATE_LIMIT_BURST", "1"),
];

over_cluster! { World: slow_orders_are_cancelled_in_time_and_the_queue_is_told_as_of_one_engine(SLOW_STARTS):
    cancel::an_order_is_cancelled_while_venues_are_asked_and_not_once_it_is_submitted,
    limits::an_answer_tells_how_long_the_queue_is_from_the_first_second_on,
}

over_cluster! { World: cancelling_and_pausing_race_workers_of_other_processes(operators::HALF_SPEED):
    cancel::cancel_and_execution_race_and_one_of_them_wins,
    operators::a_paused_engine_accepts_and_begins_nothing_and_goes_on_when_told,
}

/// More submissions than both cases make, and fewer than there are duplicates.
const FEW_AT_A_TIME: Settings = &[
    ("CLIENT_MAX_OPEN_ORDERS", "10"),
    ("CLIENT_RATE_LIMIT_PER_MINUTE", "20"),
    ("QUEUE_MAX_WAITING", "5"),
];

over_cluster! { World: twins_on_two_gateways_are_one_order_and_the_queue_is_full_for_both(FEW_AT_A_TIME):
    once::fifty_twins_are_one_order_and_get_one_answer,
    limits::a_full_queue_refuses_and_has_room_again_when_something_leaves,
}

over_cluster! { World: a_flood_on_two_gateways_does_not_delay_another_clients_few(fairness::TWO_SLOTS):
    fairness::a_flood_of_one_client_does_not_delay_another_clients_few,
}
