//! Submitting and following on one connection:
//! 1. the first message is the order, the first answer the 201's body, then come the events;
//! 2. anything but an accepted order is answered with the problem and closed with 4000, and changes
//!    nothing.

use std::time::Duration;

use domain::EventId;
use ports::Random;
use ports::order_store::Withdrawal;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::ws_world::{Watcher, World, statuses};

const DOOR: &str = "/api/orders/execute";

async fn counted(world: &World) -> u64 {
    world
        .store()
        .counts()
        .await
        .expect("counts answers")
        .by_status
        .iter()
        .sum()
}

#[tokio::test]
async fn an_order_is_answered_and_followed_on_one_connection() {
    let world = World::start().await;
    let mut watcher = Watcher::open(&world.ws(DOOR)).await;

    watcher
        .send(Message::text(
            r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":1.5,"slippage":0.01}"#,
        ))
        .await;

    let answer = watcher.json().await;
    assert_eq!(answer["success"], true);
    assert_eq!(answer["status"], "pending");
    let id = domain::OrderId::parse(answer["orderId"].as_str().unwrap()).unwrap();
    assert_eq!(watcher.json().await["seq"], 0);

    let event: EventId = world.given.event_id();
    let withdrawn = world
        .store()
        .withdraw(id, None, event, Withdrawal::Cancelled, "asked for");
    withdrawn.await.unwrap();
    let (events, code) = watcher.rest().await;
    assert_eq!(statuses(&events), ["cancelled"]);
    assert_eq!(code, 1000);
}

#[tokio::test]
async fn a_dry_run_is_not_taken_for_an_order() {
    let world = World::start().await;

    let refusal = world.refusal(&format!("{DOOR}?dryRun=true"), None).await;

    assert_eq!(refusal, Some(400));
    assert_eq!(counted(&world).await, 0);
}

#[tokio::test]
async fn what_is_no_order_gets_the_problem_and_4000() {
    let world = World::start().await;

    for (said, code) in [
        (Message::text("hello"), "malformed_json"),
        (Message::text("[]"), "invalid_order"),
        (Message::text(r#"{"amount":0}"#), "invalid_order"),
        (
            Message::text(r#"{"amount":1,"orderType":"iceberg"}"#),
            "invalid_order",
        ),
        (Message::binary(br#"{"amount":1}"#.to_vec()), "bad_message"),
    ] {
        let mut watcher = Watcher::open(&world.ws(DOOR)).await;
        watcher.send(said.clone()).await;

        let (messages, closed) = watcher.rest().await;

        let codes: Vec<&Value> = messages.iter().map(|message| &message["code"]).collect();
        assert_eq!(codes, [code], "{said:?}");
        assert_eq!(messages[0]["success"], false);
        assert_eq!(closed, 4000);
    }
    assert_eq!(counted(&world).await, 0);
}

/// Where altered messages begin: one of each kind that the first message may be.
const CORPUS: [&str; 5] = [
    r#"{"amount":1}"#,
    r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5","slippageBps":50}"#,
    r#"{"amountIn":1e1,"slippageTolerance":0.5,"venues":["raydium"],"validForSeconds":60}"#,
    r#"{"type":"market","amount":1,"clientOrderId":"a b","minAmountOut":"0.000001"}"#,
    r#"[{"amount":null},true,"\u0000\ud83d\ude00"]"#,
];
const STRAY: [char; 16] = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '0',
    '9',
    '-',
    'e',
    '.',
    ' ',
    '\u{0}',
    '\u{1f600}',
];

/// A message of the corpus with up to four characters changed, doubled or left out.
fn changed(random: &Random) -> String {
    let place = |count: usize| {
        let bound = u64::try_from(count).expect("a count");
        usize::try_from(random.below(bound.max(1))).expect("a place")
    };
    let mut text: Vec<char> = CORPUS[place(CORPUS.len())].chars().collect();
    for _ in 0..random.below(5) {
        let at = place(text.len());
        match random.below(3) {
            0 => text.insert(at, STRAY[place(STRAY.len())]),
            1 => text.insert(at, text[at]),
            _ => drop(text.remove(at)),
        }
    }
    text.into_iter().collect()
}

#[tokio::test]
async fn any_first_message_is_an_order_or_gets_one_problem_and_4000() {
    let world = World::start().await;
    let mut orders = 0;
    for seed in 0..150 {
        let said = changed(&Random::seeded(seed));
        let mut watcher = Watcher::open(&world.ws(DOOR)).await;

        watcher.send(Message::text(said.clone())).await;

        let answer = watcher.json().await;
        if answer["success"] == true {
            orders += 1;
            assert_eq!(watcher.json().await["seq"], 0, "{said}");
        } else {
            assert!(answer["code"].is_string(), "{said}: {answer}");
            assert_eq!(watcher.rest().await, (Vec::new(), 4000), "{said}");
        }
    }
    assert!(orders > 20, "{orders}");
    assert_eq!(counted(&world).await, orders);
}

#[tokio::test]
async fn after_the_order_only_pings_are_allowed() {
    let world = World::start().await;
    let mut watcher = Watcher::open(&world.ws(DOOR)).await;
    watcher.send(Message::text("ping")).await;
    assert_eq!(watcher.message().await, Some(Message::text("pong")));
    watcher.send(Message::text(r#"{"amount":1}"#)).await;
    assert_eq!(watcher.json().await["success"], true);
    assert_eq!(watcher.json().await["seq"], 0);
    watcher.send(Message::text("ping")).await;
    assert_eq!(watcher.message().await, Some(Message::text("pong")));

    watcher.send(Message::text(r#"{"amount":2}"#)).await;

    let (messages, code) = watcher.rest().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["code"], "bad_message");
    assert_eq!(code, 4000);
    assert_eq!(counted(&world).await, 1);
}

#[tokio::test]
async fn who_opens_the_door_and_says_nothing_is_sent_away() {
    let world = World::start_with(|settings| {
        settings.live.order_patience = Duration::from_millis(100);
    })
    .await;

    let (messages, code) = Watcher::open(&world.ws(DOOR)).await.rest().await;

    assert_eq!(messages[0]["code"], "bad_message");
    assert_eq!(code, 4000);
}

#[tokio::test]
async fn an_order_over_the_limit_is_closed_with_1009() {
    let world = World::start().await;
    let mut watcher = Watcher::open(&world.ws(DOOR)).await;

    watcher
        .send(Message::text(format!(
            r#"{{"amount":1,"clientOrderId":"{}"}}"#,
            "x".repeat(64 * 1024)
        )))
        .await;

    assert_eq!(watcher.rest().await, (vec![], 1009));
    assert_eq!(counted(&world).await, 0);
}
