//! Every case over the all-in-one engine, each on a store of its own.

use super::KEYS;
use super::{
    cancel, expiry, fairness, keys, limits, nested, once, operators, resets, sites, sockets,
};
use crate::world::{NONE, World, over_process};

over_process! { World:
    cancel::an_order_that_waits_its_turn_is_cancelled_and_never_begun(NONE),
    cancel::an_order_that_waits_for_its_next_attempt_is_cancelled(cancel::IN_BACKOFF),
    cancel::an_order_is_cancelled_while_venues_are_asked_and_not_once_it_is_submitted(cancel::SLOW),
    cancel::cancel_and_execution_race_and_one_of_them_wins(cancel::QUICK),
    expiry::an_order_expires_while_it_waits_its_turn(NONE),
    expiry::an_order_expires_while_it_waits_for_its_next_attempt(expiry::IN_BACKOFF),
    expiry::an_order_that_ends_in_time_does_not_expire(NONE),
    fairness::a_flood_of_one_client_does_not_delay_another_clients_few(fairness::TWO_SLOTS),
    keys::an_order_is_its_keys_own_at_every_door(KEYS),
    keys::lists_and_ledger_show_a_key_its_own_and_the_operators_all(KEYS),
    keys::the_feed_brings_a_key_its_own_orders_alone(KEYS),
    keys::the_address_of_an_accepted_order_opens_as_it_is(KEYS),
    keys::the_token_of_an_orders_address_opens_that_order_alone(KEYS),
    limits::a_full_queue_refuses_and_has_room_again_when_something_leaves(limits::FIVE_WAITING),
    limits::a_client_has_so_many_open_orders_and_no_more(limits::THREE_OPEN),
    limits::a_client_hands_in_so_fast_and_no_faster(limits::FIVE_A_MINUTE),
    limits::an_answer_tells_how_long_the_queue_is_from_the_first_second_on(limits::ONE_A_SECOND),
    limits::a_body_that_says_it_is_too_large_is_refused_unseen(NONE),
    nested::a_deeply_nested_body_is_refused_and_ends_no_process(NONE),
    nested::a_deeply_nested_first_message_is_refused_and_ends_no_process(NONE),
    once::fifty_twins_are_one_order_and_get_one_answer(once::TEN_OF_EVERYTHING),
    once::a_clients_own_id_names_one_order_for_ever(NONE),
    once::what_is_refused_or_only_asked_leaves_no_trace(NONE),
    once::an_order_goes_only_where_it_may(NONE),
    operators::a_paused_engine_accepts_and_begins_nothing_and_goes_on_when_told(operators::HALF_SPEED),
    operators::a_dead_order_is_listed_retried_once_and_all_of_it_is_written_down(KEYS),
    operators::workers_are_shown_to_operators(KEYS),
    operators::a_halt_holds_for_every_worker_until_somebody_resumes(KEYS),
    resets::cancellations_whose_connection_resets_are_told(KEYS),
    resets::orders_whose_connection_resets_are_told_and_counted(KEYS),
    resets::orders_whose_connection_resets_take_their_clients_places(resets::THREE_OPEN_FROM_AN_ADDRESS),
    resets::retries_whose_connection_resets_are_told(KEYS),
    sites::a_page_of_another_site_cannot_trade(sites::ONE_ORIGIN),
    sites::answers_tell_caches_that_they_differ_by_origin(sites::ONE_ORIGIN),
    sockets::every_message_of_every_socket_is_in_the_document(sockets::QUICK_SWEEPS),
    sockets::connections_are_limited_for_each_client_and_in_all(sockets::FEW_CONNECTIONS),
}
