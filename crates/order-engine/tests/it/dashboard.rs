//! The dashboard in a real browser, over a real engine: each task that people come to it with.
//!
//! 1. Nothing unexpected is ever on the console.
//! 2. What the page says is what the API says.
//! 3. Every screen can be used by keyboard and screen reader, on a phone, in both themes.
//!
//! Over a cluster the browser stays on one gateway; other orders, and the API's answers, come from
//! both. Only over one process are tests of what the page does by itself, whatever engine has sent
//! it: its rules of accessibility, keyboard, theme, what it refuses to send, how it draws a flood,
//! an answer that is not an engine's. The same holds for the test that cancels an order which waits
//! for its retry, because `order_api` makes that call on every gateway.

mod access;
mod books;
mod browser;
mod doubt;
mod execution;
mod keys;
mod operators;
mod orders;
mod outage;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::world::{Settings, World};
use browser::Browser;

/// An engine, and the browser that somebody has on it.
struct Visit {
    world: World,
    browser: Browser,
}

impl Visit {
    async fn process(settings: Settings) -> Result<Self> {
        Self::to(World::process(settings).await?).await
    }

    async fn cluster(settings: Settings) -> Result<Self> {
        Self::to(World::cluster(settings).await?).await
    }

    async fn to(world: World) -> Result<Self> {
        let browser = Browser::start(world.address()).await?;
        Ok(Self { world, browser })
    }
}

/// An order that no venue can fill: its floor is beyond every price.
const HOPELESS: &str =
    r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1","minAmountOut":"99999999"}"#;
const MODEST: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}"#;

/// The number that a JSON field holds.
fn number(value: &Value, pointer: &str) -> Result<u64> {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.with_context(|| format!("`{pointer}` is not a number in {value}"))
}

/// A JavaScript expression: the text of the first element that `css` names.
fn text_of(css: &str) -> String {
    format!("document.querySelector({}).innerText", json!(css))
}

mod process {
    use super::{Visit, access, books, doubt, execution, keys, operators, orders, outage};
    use crate::world::{NONE, over_process};

    over_process! { Visit:
        access::axe_finds_nothing_on_any_screen_in_either_theme(NONE),
        access::the_keyboard_alone_places_an_order_and_reads_it(NONE),
        access::the_chosen_theme_outlives_a_reload(NONE),
        access::an_amount_of_twelve_digits_stays_whole_on_a_small_phone(NONE),
        books::the_books_are_told_as_the_api_tells_them(NONE),
        doubt::an_order_in_doubt_keeps_its_key_until_it_is_placed_once(NONE),
        execution::execution_quality_is_told_as_the_api_tells_it(NONE),
        execution::a_routes_bar_says_what_each_pool_took_and_paid(NONE),
        execution::a_purchase_that_cost_less_is_not_said_to_have_paid_more(NONE),
        keys::a_key_is_asked_for_and_opens_orders_and_their_stream(keys::KEYS),
        keys::operators_enter_their_own_key(keys::KEYS),
        operators::a_wallet_is_chosen_by_its_name(operators::TWO_WALLETS),
        operators::the_queue_is_paused_and_resumed(operators::QUICK_HEARTS),
        operators::the_engine_is_halted_with_a_reason_and_resumed(NONE),
        operators::a_dead_order_is_tried_again_as_a_new_one(NONE),
        operators::a_dead_webhook_is_sent_again(operators::NO_RECEIVER),
        orders::an_order_is_quoted_placed_and_followed_to_its_end(orders::OWN_POOLS),
        orders::what_is_wrong_with_an_order_is_said_at_its_field_and_nothing_is_sent(NONE),
        orders::an_order_that_failed_shows_every_attempt_and_why(NONE),
        orders::an_order_that_is_slow_to_land_says_why_on_its_page(orders::LONG_LIVES),
        orders::an_order_that_waits_can_be_withdrawn_from_its_page(orders::LONG_WAITS),
        orders::an_order_that_waits_for_a_price_says_how_far_it_is(NONE),
        orders::a_sniper_is_set_before_its_pool_is_born_and_buys_from_it(NONE),
        orders::an_exact_amount_is_quoted_and_bought(NONE),
        orders::the_list_is_filtered_and_paged_without_a_hole(NONE),
        orders::a_thousand_live_orders_neither_grow_the_page_nor_stop_it(NONE),
        outage::a_lost_connection_is_said_and_healed_without_a_gap(NONE),
        outage::an_orders_page_goes_on_where_it_was_cut_off(outage::SLOW),
        outage::an_order_whose_answer_is_lost_is_placed_once(NONE),
        outage::operators_calls_refuse_and_say_why_while_the_engine_is_away(NONE),
        outage::no_order_is_placed_or_cancelled_while_the_engine_is_away(NONE),
        outage::a_proxy_that_answers_for_an_engine_that_is_gone_is_no_engine(NONE),
    }
}

mod clustered {
    use super::{Visit, doubt, keys, operators, orders, outage};
    use crate::world::{CLIENTS, OPERATORS, Settings, over_cluster};

    const USUAL: Settings = &[
        CLIENTS,
        OPERATORS,
        ("HEARTBEAT_MS", "100"),
        ("ROUTE_MAX_HOPS", "1"),
    ];

    over_cluster! {
        #[ignore = "repeats over a cluster what holds over one process; scripts/test --full runs it"]
        Visit: orders_of_both_gateways_are_handed_in_watched_and_operated_from_one(USUAL):
        keys::a_key_is_asked_for_and_opens_orders_and_their_stream,
        keys::operators_enter_their_own_key,
        operators::the_queue_is_paused_and_resumed,
        operators::the_engine_is_halted_with_a_reason_and_resumed,
        operators::a_dead_order_is_tried_again_as_a_new_one,
        orders::an_order_is_quoted_placed_and_followed_to_its_end,
        orders::an_order_that_failed_shows_every_attempt_and_why,
        orders::the_list_is_filtered_and_paged_without_a_hole,
    }

    over_cluster! {
        #[ignore = "repeats over a cluster what holds over one process; scripts/test --full runs it"]
        Visit: a_dashboard_survives_its_gateway(USUAL):
        outage::a_lost_connection_is_said_and_healed_without_a_gap,
        outage::an_order_whose_answer_is_lost_is_placed_once,
        outage::operators_calls_refuse_and_say_why_while_the_engine_is_away,
        outage::no_order_is_placed_or_cancelled_while_the_engine_is_away,
    }

    over_cluster! { Visit: an_order_in_doubt_is_placed_once_through_one_of_two_gateways(USUAL):
        doubt::an_order_beside_a_store_that_stands_still_is_placed_once,
        doubt::an_order_in_doubt_keeps_its_key_until_it_is_placed_once,
    }

    const SLOW: Settings = &[CLIENTS, OPERATORS, ("SIM_LATENCY_SCALE", "2")];

    over_cluster! {
        #[ignore = "repeats over a cluster what holds over one process; scripts/test --full runs it"]
        Visit: an_orders_page_survives_its_gateway(SLOW):
        outage::an_orders_page_goes_on_where_it_was_cut_off,
    }
}
