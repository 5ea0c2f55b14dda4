//! The lists of promises, as macros that a backend's tests expand.

/// One test per listed function of a suite, each with the attributes.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($attributes:tt $fixture:expr; $suite:ident: $($promise:ident),+ $(,)?) => {
        $( $crate::contract_test! { $attributes $fixture; $suite: $promise } )+
    };
}

/// A function of a suite as a test.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_test {
    ([$(#[$attribute:meta])*] $fixture:expr; $suite:ident: $promise:ident) => {
        $(#[$attribute])*
        #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            $crate::contract::$suite::$promise(&$fixture).await;
        }
    };
}

/// Every promise of a store, as tests over the fixture that the expression gives.
#[macro_export]
macro_rules! store_contract {
    ($fixture:expr $(, #[$attribute:meta])*) => {
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; order_store:
            an_accepted_order_survives_a_crash,
            acceptance_stores_everything_together,
            a_repeated_acceptance_gives_the_true_answer,
            a_repeat_gets_the_first_answer_byte_for_byte,
            a_key_with_another_fingerprint_is_refused,
            a_key_belongs_to_one_client,
            concurrent_twins_become_one_order,
            twins_in_one_burst_do_not_disturb_others,
            a_client_order_id_names_one_order,
            concurrent_orders_with_one_client_order_id_become_one,
            the_key_is_looked_at_before_the_client_order_id,
            fifty_concurrent_claims_grant_one,
            a_held_order_is_not_granted_again,
            a_grant_makes_the_earlier_lease_worthless,
            an_unknown_order_is_not_granted,
            a_granted_lease_tells_all_that_is_stored,
            an_event_is_recorded_at_the_next_place_only,
            a_signature_is_recorded_once,
            a_submission_that_names_no_block_is_refused,
            a_repeated_record_gives_the_true_answer,
            a_repeated_record_is_true_even_after_the_lease,
            two_events_for_one_place_have_one_winner,
            a_submission_stores_its_transaction,
            only_one_attempt_is_live,
            a_repeated_submission_gives_the_true_answer,
            a_retry_ends_the_lease_and_sets_the_due_time,
            a_retry_ends_its_attempt,
            an_end_ends_the_lease,
            an_order_is_withdrawn_at_any_step_before_submission,
            a_submitted_order_is_not_withdrawn,
            another_clients_order_is_not_withdrawn,
            a_repeated_withdrawal_gives_the_true_answer,
            a_holder_learns_of_a_withdrawal,
            a_withdrawal_and_a_submission_have_one_winner,
            orders_whose_time_has_run_out_end_in_one_write,
            a_repeated_expiry_gives_the_true_answer,
            an_expiry_and_a_submission_have_one_winner,
            due_times_are_judged_by_the_stores_clock,
            expiry_is_judged_by_the_stores_clock,
            due_orders_are_listed_page_by_page,
            held_and_ended_orders_are_not_due,
            due_tells_starts_from_resumes,
            the_grace_leaves_fresh_orders_alone,
            due_orders_are_taken_in_turn_between_clients,
            news_of_a_transaction_make_its_order_due,
            nothing_else_is_made_due,
            a_release_ends_the_lease,
            a_release_under_an_old_lease_changes_nothing,
            a_release_says_how_a_transaction_fares_until_it_is_dead,
            a_release_without_a_word_keeps_what_was_said,
            a_retired_workers_order_is_granted_at_once,
            a_silent_workers_order_is_granted_after_the_lease_time,
            a_beating_worker_keeps_its_lease,
            a_repeated_claim_tells_of_the_lease_that_it_has,
            a_repeated_claim_tells_of_the_live_attempt,
            a_pause_holds_a_repeated_claim_back,
            an_order_that_heartbeats_name_stays_held,
            an_order_that_heartbeats_do_not_name_is_free_after_two,
            who_dies_with_an_order_that_it_did_not_name_is_not_counted,
            a_lost_answer_to_a_heartbeat_frees_nothing,
            a_claim_repeated_while_a_heartbeat_is_on_its_way_keeps_the_order,
            a_heartbeat_that_arrives_late_changes_nothing,
            a_clock_that_is_set_back_frees_nothing_that_is_named,
            workers_that_die_with_an_order_are_counted,
            a_buried_worker_has_died,
            who_retires_has_not_died,
            an_event_ends_the_count_of_deaths,
            a_deliberate_release_is_no_death,
            an_order_with_a_live_attempt_is_granted_in_company,
            an_order_whose_time_ran_out_is_not_submitted,
            a_submission_won_in_time_is_true_after_the_expiry,
            orders_wait_for_no_clock_that_was_set_back,
            the_oldest_ages_although_the_clock_was_set_back,
            a_rest_outlasts_a_clock_set_back_by_no_more_than_it,
            a_clock_set_back_ends_no_lease,
            the_dead_hold_nothing_until_the_clock_is_where_it_was,
            the_times_of_an_orders_events_never_go_back,
            a_clock_set_back_gives_no_order_its_time_again,
            what_ended_before_the_clock_was_set_back_is_soon_forgotten,
            a_confirmed_pause_holds_every_start_back,
            a_pause_grants_what_is_further_on,
            no_start_is_granted_after_a_pause_was_confirmed,
            an_order_of_a_wallet_goes_to_a_worker_that_has_it,
            an_order_of_a_wallet_that_nobody_has_is_not_due_until_somebody_has,
            a_submitted_order_is_everybodys_and_its_next_execution_is_not,
            an_orders_wallet_survives_a_crash,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; order_history:
            what_was_recorded_is_read_at_once_by_every_handle,
            events_are_read_from_any_place,
            many_followers_are_served_by_one_query,
            a_list_is_newest_first,
            paging_neither_skips_nor_repeats,
            a_list_is_filtered_by_every_status,
            a_list_is_filtered_by_tokens,
            lists_by_wallet_hold_what_it_pays_for,
            a_list_finds_the_few_behind_the_many_that_wait,
            a_list_that_looks_at_too_much_says_how_far_it_came,
            lists_keep_nobody_waiting,
            another_clients_orders_do_not_exist,
            an_order_is_found_by_its_clients_name_for_it,
            open_orders_are_counted_up_to_a_limit,
            counts_agree_with_the_orders,
            all_transactions_of_an_order_are_told_oldest_first,
            orders_are_found_by_their_transactions,
            no_more_transactions_are_asked_about_than_allowed,
            the_events_of_lately_accepted_orders_are_told_page_by_page,
            what_was_accepted_before_is_not_looked_at,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; worker_registry:
            a_heartbeat_keeps_a_worker_alive,
            a_silent_worker_is_gone_for_ever,
            an_unknown_worker_is_gone,
            a_retired_worker_is_gone,
            the_silent_are_buried_once,
            workers_are_listed_oldest_first,
            a_heartbeat_tells_of_a_pause,
            a_listed_worker_runs_what_it_named_last,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; operations:
            a_pause_survives_a_crash,
            every_act_is_in_the_audit_log,
            a_failed_order_is_dead_until_retried,
            a_dead_order_is_retried_at_most_once,
            a_repeated_retry_gives_the_true_answer,
            only_failed_orders_are_dead,
            a_store_that_works_answers_a_ping,
            the_first_process_decides_whose_a_store_is,
            of_many_that_ask_at_once_one_decides,
            a_store_with_submitted_orders_of_before_stays_without_a_cluster,
            open_orders_of_before_are_given_to_no_live_cluster,
            a_store_in_which_nothing_goes_on_is_given_to_another_cluster,
            a_store_without_a_cluster_is_given_to_one,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; finality:
            a_confirmed_order_waits_for_finality,
            what_was_final_when_it_was_confirmed_waits_for_nothing,
            other_ends_wait_for_nothing,
            those_that_wait_are_listed_by_slot_page_by_page,
            finality_is_kept_once,
            finality_survives_a_crash,
            a_vanished_confirmation_is_noted_once,
            finality_ends_a_vanished_confirmation,
            what_is_given_up_waits_no_longer,
            what_waits_is_counted,
            a_transaction_is_told_while_it_may_land_or_has_landed,
            standings_stand_in_the_order_of_the_question,
            a_turn_is_taken_by_one,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; doubt:
            an_order_is_listed_once_it_has_been_submitted_for_long,
            a_doubt_is_kept_once_until_the_order_goes_on,
            a_word_is_taken_for_a_submitted_order_alone,
            the_first_word_stays_and_is_in_the_audit_log,
            a_word_comes_with_the_next_lease_and_changes_no_lease,
            a_word_belongs_to_one_transaction,
            a_word_and_an_end_do_not_disturb_each_other,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; directory:
            the_facts_of_a_mint_are_kept_for_ever,
            the_facts_of_a_mint_come_back_as_they_went,
            a_pairs_pools_are_those_kept_last,
            a_pairs_pools_grow_older_and_are_forgotten,
            no_more_pools_are_kept_than_allowed,
            nothing_of_the_former_cluster_stays_known,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; safety:
            a_halt_survives_a_crash_with_its_first_reason,
            while_the_engine_is_halted_no_start_is_granted,
            a_pause_leaves_a_halt_as_it_is,
            a_halt_is_in_the_audit_log_with_its_reason,
            reverts_of_one_kind_are_counted_in_a_row,
            a_confirmed_order_begins_the_count_of_reverts_anew,
            what_is_explained_of_a_wallet_goes_forth_only,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; wallet_uses:
            a_limit_is_not_passed_by_one_unit,
            another_limit_judges_the_same_use,
            racing_submissions_fill_a_limit_and_do_not_pass_it,
            one_that_does_not_fit_leaves_its_room_to_others,
            a_wallet_spends_what_it_holds_once,
            a_balance_seen_before_a_fill_is_judged_without_it,
            an_order_is_stored_only_with_room_for_everything,
            what_does_not_fit_leaves_nothing_behind,
            a_repeated_submission_is_counted_once,
            a_repeated_end_is_counted_once,
            a_death_makes_room_again,
            a_revert_leaves_its_fee,
            a_fill_leaves_what_it_took,
            a_day_is_over_after_24_hours_and_a_quarter,
            an_end_is_counted_where_its_beginning_was,
            a_clock_that_is_set_back_keeps_no_limit_full,
            wallets_and_tokens_are_counted_apart,
            an_order_without_an_outlay_is_counted_nowhere,
            what_is_counted_survives_a_crash,
            another_cluster_begins_with_nothing_counted,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; waiting:
            a_waiting_order_is_seen_by_no_queue,
            what_orders_wait_for_is_counted,
            waiting_orders_are_listed_by_pair,
            lists_tell_waiting_orders_from_others,
            firing_makes_an_order_due_and_keeps_what_was_seen,
            only_what_waits_fires,
            an_order_goes_back_to_waiting_and_fires_again,
            an_order_goes_back_after_a_revert,
            a_rest_ends_where_the_price_does_not_hold,
            a_changed_order_does_not_fire_as_it_was,
            another_clients_order_is_not_changed,
            a_waiting_order_expires_and_does_not_fire_then,
            a_waiting_order_is_cancelled_as_any_other,
            one_of_a_group_fires_at_a_time,
            a_confirmation_ends_the_others_of_its_group,
            a_group_that_has_confirmed_takes_in_no_more,
            a_holder_gives_its_group_back,
            a_retry_keeps_the_group,
            a_group_takes_in_so_many_orders,
            concurrent_firings_fire_once,
            of_a_group_concurrent_firings_fire_one,
            a_firing_and_a_cancel_have_one_order,
            a_firing_and_a_change_have_one_winner,
            what_begins_to_wait_or_is_changed_is_told,
            a_trailing_stop_waits_with_the_time_of_its_acceptance,
            highs_are_stored_by_who_has_read_the_last,
            concurrent_highs_have_one_writer,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; volumes:
            a_look_is_counted_once,
            of_looks_at_once_one_is_counted,
            minutes_are_those_that_were_looked_at,
            no_volume_is_too_large,
            another_cluster_has_no_volumes,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; webhooks:
            without_an_outbox_nothing_becomes_a_webhook,
            one_holder_sends_at_a_time,
        }
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; fills:
            confirmed_executions_are_told_once_oldest_first,
            a_transaction_that_was_rolled_back_is_told_where_it_is_asked_for,
            fills_are_filtered_by_client_pair_wallet_and_time,
            a_page_of_fills_that_looks_at_enough_says_how_far_it_came,
            fills_that_are_written_meanwhile_are_neither_skipped_nor_repeated,
            a_fill_is_told_as_the_chain_told_it_last,
        }
    };
}

/// Every promise of a store's outbox, as tests over the fixtures that the expressions give: of a store that is opened
/// with an outbox of all events, and of one that is opened with one of those that end orders.
#[macro_export]
macro_rules! outbox_contract {
    ($all:expr, $terminal:expr) => {
        $crate::contract_tests! { [] $all; webhooks:
            every_event_becomes_a_webhook,
            the_others_of_a_group_become_webhooks,
            a_webhook_tells_of_the_order_as_it_was,
            webhooks_survive_a_crash,
            a_later_webhook_waits_for_the_earlier_one,
            a_refused_webhook_rests_with_those_behind_it,
            a_webhook_is_dead_once_it_was_refused_for_long,
            a_clock_set_back_keeps_no_webhook_resting,
            beyond_their_bounds_the_oldest_go,
            dead_webhooks_are_retried,
        }
        $crate::contract_tests! { [] $terminal; webhooks:
            ends_alone_become_webhooks,
        }
    };
}

/// Every promise of a queue, as tests over the fixture that the expression gives.
#[macro_export]
macro_rules! queue_contract {
    ($fixture:expr $(, #[$attribute:meta])*) => {
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; job_queue:
            a_queued_entry_is_not_pushed_again,
            a_delayed_entry_is_not_pushed_again,
            a_delayed_resume_that_is_pushed_need_not_wait,
            an_entry_that_was_handed_out_may_be_pushed_again,
            concurrent_pushes_of_one_entry_queue_it_once,
            concurrent_pops_share_the_entries,
            clients_are_served_in_turn,
            a_client_is_served_oldest_first,
            what_has_fired_goes_before_its_clients_others,
            what_is_brought_again_goes_before_younger_ones,
            a_resume_comes_first,
            a_worker_without_a_token_gets_resumes_only,
            the_shared_limiter_holds_executions_back,
            the_shared_limiter_lets_resumes_pass,
            starts_that_were_late_together_cost_their_time_once,
            what_did_not_start_lets_another_start,
            what_did_not_start_for_long_lets_nothing_start,
            a_resume_takes_the_place_of_its_start,
            what_is_handed_out_comes_back_by_itself_never,
            a_refill_may_leave_out_what_was_handed_out_just_now,
            a_delayed_entry_waits_for_its_time,
            a_pop_of_an_empty_queue_returns_at_once,
            waiting_has_a_limit,
            a_push_wakes_whoever_waits,
            a_wait_after_a_push_returns_at_once,
            an_unreadable_entry_stops_nothing,
            depth_counts_every_entry_once,
        }
    };
}

/// Every promise of a feed, as tests over the fixture that the expression gives.
#[macro_export]
macro_rules! feed_contract {
    ($fixture:expr $(, #[$attribute:meta])*) => {
        $crate::contract_tests! { [$(#[$attribute])*] $fixture; status_feed:
            a_published_event_reaches_every_open_tail,
            events_of_an_order_come_in_order,
            an_order_is_always_in_one_shard,
            a_tail_from_now_brings_nothing_older,
            a_tail_goes_on_after_a_position,
            a_slow_tail_is_told_that_it_lost,
            a_forgotten_position_is_told_that_it_lost,
            a_senseless_position_is_told_that_it_lost,
            a_lost_tail_goes_on,
            nobody_waits_for_a_slow_tail,
            a_dropped_wait_loses_nothing,
            a_tail_that_goes_on_after_an_error_says_that_it_lost,
            a_told_loss_reaches_every_tail,
            a_position_before_a_told_loss_is_told_that_it_lost,
            what_a_publisher_that_died_dropped_is_told,
        }
    };
}
