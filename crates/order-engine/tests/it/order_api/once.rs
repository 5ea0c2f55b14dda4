//! Requests that are repeated, that are dry runs, and that are refused: what the engine stores of
//! them.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use cluster::e2e::text;
use futures_util::future::try_join_all;

use super::{EXECUTE, SWAP, Settings};
use crate::world::World;

pub(super) const TEN_OF_EVERYTHING: Settings = &[
    ("CLIENT_MAX_OPEN_ORDERS", "10"),
    ("CLIENT_RATE_LIMIT_PER_MINUTE", "10"),
    ("QUEUE_MAX_WAITING", "10"),
];

pub(super) async fn fifty_twins_are_one_order_and_get_one_answer(world: &mut World) -> Result<()> {
    let caller = world.client();
    let before = world.stored(0).await?;
    let key = [("Idempotency-Key", "twin")];

    let twins = (0..50).map(|_| caller.call("POST", EXECUTE, &key, Some(SWAP)));
    let answers = try_join_all(twins).await?;

    let bodies: BTreeSet<&[u8]> = answers.iter().map(|answer| &*answer.body).collect();
    ensure!(bodies.len() == 1, "{answers:?}");
    ensure!(answers.iter().all(|answer| answer.status == 201));
    let first = answers
        .iter()
        .filter(|answer| answer.header("idempotent-replayed").is_none());
    ensure!(first.count() == 1);
    ensure!(caller.listed().await?.len() == 1);

    let spelled = r#"{ "amount":"1.25", "tokenOut":"USDC","tokenIn":"SOL" }"#;
    let same = caller.call("POST", EXECUTE, &key, Some(spelled)).await?;
    ensure!(same.status == 201 && bodies.contains(&*same.body));
    let other = r#"{"amount":"1.5"}"#;
    let other = caller.call("POST", EXECUTE, &key, Some(other)).await?;
    other.refusal(422, "idempotency_key_reused")?;
    ensure!(world.stored(before + 1).await? == before + 1);
    Ok(())
}

pub(super) async fn a_clients_own_id_names_one_order_for_ever(world: &mut World) -> Result<()> {
    let caller = world.client();
    let body = r#"{"amount":"1","clientOrderId":"desk 7/2"}"#;

    let twins = try_join_all((0..10).map(|_| caller.submit(body))).await?;

    let accepted: Vec<_> = twins.iter().filter(|answer| answer.status == 201).collect();
    ensure!(accepted.len() == 1, "{twins:?}");
    let id = accepted[0].json()?["orderId"].clone();
    for refused in twins.iter().filter(|answer| answer.status != 201) {
        let problem = refused.refusal(409, "client_order_id_taken")?;
        ensure!(problem["orderId"] == id, "{problem}");
    }
    caller.ended(text(&accepted[0].json()?, "orderId")?).await?;
    caller
        .submit(body)
        .await?
        .refusal(409, "client_order_id_taken")?;
    let found = caller.read("/api/orders/by-client-id/desk%207%2F2").await?;
    ensure!(found["order"]["orderId"] == id, "{found}");
    let unknown = caller.get("/api/orders/by-client-id/nobody").await?;
    unknown.refusal(404, "order_not_found")?;
    Ok(())
}

pub(super) async fn what_is_refused_or_only_asked_leaves_no_trace(world: &mut World) -> Result<()> {
    const REFUSED: [(&str, u16); 19] = [
        ("", 400),
        ("{", 400),
        ("[]", 422),
        ("{}", 422),
        (r#"{"amount":0}"#, 422),
        (r#"{"amount":-1}"#, 422),
        (r#"{"amount":"1e3"}"#, 422),
        (r#"{"amount":"1.0000000001"}"#, 422),
        (r#"{"amount":"99999999999999999999"}"#, 422),
        (r#"{"amount":1,"amountIn":1}"#, 422),
        (r#"{"amount":1,"amount":1}"#, 422),
        (r#"{"amount":1,"colour":"red"}"#, 422),
        (r#"{"amount":1,"tokenIn":"SOL"}"#, 422),
        (r#"{"amount":1,"tokenIn":"SOL","tokenOut":"SOL"}"#, 422),
        (r#"{"amount":1,"slippageBps":5001}"#, 422),
        (r#"{"amount":1,"slippage":0.00001}"#, 422),
        (r#"{"amount":1,"venues":[]}"#, 422),
        (
            r#"{"amount":1,"venues":["raydium"],"excludeVenues":["raydium"]}"#,
            422,
        ),
        (r#"{"amount":1,"orderType":"iceberg"}"#, 422),
    ];
    let caller = world.client();
    let before = world.stored(0).await?;
    let kept = caller.accept(SWAP).await?;

    for (body, status) in REFUSED {
        let key = [("Idempotency-Key", "refused")];
        let answer = caller.call("POST", EXECUTE, &key, Some(body)).await?;
        ensure!(answer.status == status, "{body}: {answer:?}");
    }
    let dry = format!("{EXECUTE}?dryRun=true");
    let named = r#"{"amount":"2","clientOrderId":"dry","venues":["meteora"]}"#;
    for _ in 0..3 {
        let answer = caller.call("POST", &dry, &[], Some(named)).await?;
        let quotes = answer.json()?;
        ensure!(answer.status == 200 && quotes["dryRun"] == true, "{quotes}");
        ensure!(
            quotes["best"] == "meteora" && quotes["quotes"][1].is_null(),
            "{quotes}"
        );
    }
    let refused = caller
        .call("POST", &dry, &[], Some(r#"{"amount":0}"#))
        .await?;
    refused.refusal(422, "invalid_order")?;

    ensure!(caller.listed().await? == [kept]);
    // A key and a name of a refused request or a dry run are still free, and nothing else is
    // counted.
    let key = [("Idempotency-Key", "refused")];
    let last = caller.call("POST", EXECUTE, &key, Some(named)).await?;
    ensure!(last.status == 201, "{last:?}");
    ensure!(world.stored(before + 2).await? == before + 2);
    Ok(())
}

pub(super) async fn an_order_goes_only_where_it_may(world: &mut World) -> Result<()> {
    let caller = world.client();
    const CASES: [(&str, &str); 4] = [
        (
            r#"{"amount":"1","venues":["raydium"],"slippageBps":500}"#,
            "raydium",
        ),
        (
            r#"{"amount":"1","venues":["meteora"],"slippageBps":500}"#,
            "meteora",
        ),
        (
            r#"{"amount":"1","excludeVenues":["raydium"],"slippageBps":500}"#,
            "meteora",
        ),
        (
            r#"{"amount":"1","excludeVenues":["meteora"],"slippageBps":500}"#,
            "raydium",
        ),
    ];

    for (body, venue) in CASES {
        let ids = try_join_all((0..10).map(|_| caller.accept(body))).await?;
        for id in ids {
            let order = caller.ended(&id).await?;
            ensure!(
                order["status"] == "confirmed" && order["dex"] == venue,
                "{order}"
            );
            for event in caller.events(&id).await? {
                let quotes = event["quotes"].as_array().into_iter().flatten();
                ensure!(quotes.clone().all(|quote| quote["dex"] == venue), "{event}");
            }
            let landed = caller.landed(&id).await?;
            ensure!(
                landed.iter().all(|entry| entry["dex"] == venue),
                "{landed:?}"
            );
        }
    }
    Ok(())
}
