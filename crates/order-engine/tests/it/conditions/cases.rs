//! What clients see of orders that wait for a price.

use anyhow::{Context, Result, bail, ensure};
use cluster::e2e::{statuses, text};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::examples;
use crate::world::World;
use crate::world::caller::{Answer, Caller};

const PAIR: &str = "tokenIn=SOL&tokenOut=USDC";
const TRADES_MAX: u32 = 20;

/// What one SOL brings now, times this.
async fn price(client: &Caller, factor: f64) -> Result<String> {
    let path = format!("/api/quotes?{PAIR}&amount=1");
    let quotes = client.read(&path).await?;
    let now: f64 = text(&quotes, "expectedAmountOut")?.parse()?;
    Ok(format!("{:.4}", now * factor))
}

/// Somebody sells of this token until one SOL is sold past this price.
async fn sell(world: &World, client: &Caller, token: &str, past: &str) -> Result<()> {
    let past: f64 = past.parse()?;
    for _ in 0..TRADES_MAX {
        sell_some(world, client, token).await?;
        let now: f64 = price(client, 1.0).await?.parse()?;
        if (token == "SOL" && now < past) || (token != "SOL" && now > past) {
            return Ok(());
        }
    }
    bail!("the market does not come past {past}")
}

/// In each pool of the pair a tenth of its larger side, in this token, and where its liquidity ends before that, as
/// much as it takes. One side alone would not do: a pool that is empty of this token pays the most for it. A pool
/// without any of the other token takes nothing.
async fn sell_some(world: &World, client: &Caller, token: &str) -> Result<()> {
    let operator = world.operator();
    let now: f64 = price(client, 1.0).await?.parse()?;
    let pools = operator.read(&format!("/api/pools?{PAIR}")).await?;
    let (depth, other, rate) = match token {
        "SOL" => ("depthIn", "depthOut", 1.0 / now),
        _ => ("depthOut", "depthIn", now),
    };
    let mut sold = 0;
    for pool in pools["pools"].as_array().context("pools")? {
        let (held, other): (f64, f64) = (text(pool, depth)?.parse()?, text(pool, other)?.parse()?);
        let mut amount = held.max(other * rate) / 10.0;
        while amount >= 1.0 {
            let body = json!({
                "pool": pool["poolAddress"], "tokenIn": token, "amount": format!("{amount:.2}"),
            });
            let body = body.to_string();
            let traded = operator
                .call("POST", "/api/sim/trade", &[], Some(&body))
                .await?;
            ensure!(matches!(traded.status, 200 | 422), "{traded:?}");
            if traded.status == 200 {
                sold += 1;
                break;
            }
            amount /= 2.0;
        }
    }
    ensure!(sold > 0, "no pool takes any {token}");
    Ok(())
}

fn order(kind: &str, field: &str, price: &str) -> Value {
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": "1", "orderType": kind, field: price})
}

async fn change(client: &Caller, id: &str, body: &Value) -> Result<Answer> {
    let path = format!("/api/orders/{id}");
    let body = body.to_string();
    client.call("PATCH", &path, &[], Some(&body)).await
}

async fn check_waits(client: &Caller, id: &str) -> Result<Value> {
    let order = client.order(id).await?;
    ensure!(
        order["status"] == "pending" && order["waiting"]["for"] == "price",
        "{order}"
    );
    let waiting = client.read("/api/orders?waiting=true").await?;
    let listed = waiting["orders"].as_array().context("orders")?;
    ensure!(listed.iter().any(|it| it["orderId"] == id), "{waiting}");
    let others = client.read("/api/orders?waiting=false").await?;
    let others = others["orders"].as_array().context("orders")?;
    ensure!(others.iter().all(|it| it["orderId"] != id), "{others:?}");
    Ok(order)
}

async fn check_triggered(client: &Caller, id: &str) -> Result<()> {
    let events = client.events(id).await?;
    let routing = events.iter().find(|event| event["status"] == "routing");
    let trigger = &routing.context("it was routed")?["trigger"];
    ensure!(
        trigger["price"].is_string() && trigger["slot"].is_u64() && trigger["time"].is_string(),
        "{events:?}"
    );
    ensure!(client.landed(id).await?.len() == 1);
    Ok(())
}

/// 1, 2.
pub(super) async fn a_limit_is_sold_at_its_price_or_better(world: &mut World) -> Result<()> {
    let client = world.client();
    let limit = price(&client, 1.05).await?;

    let id = client
        .accept(&order("limit", "limitPrice", &limit).to_string())
        .await?;

    let waits = check_waits(&client, &id).await?;
    ensure!(waits["waiting"]["condition"] == "at_or_above", "{waits}");
    ensure!(waits["slippageBps"].is_null(), "{waits}");
    let away = waits["waiting"]["distanceBps"].as_i64();
    ensure!(away.is_some_and(|bps| (400..600).contains(&bps)), "{waits}");
    let stats = client
        .until_at("/api/stats", |stats| stats["waiting"]["price"] == 1)
        .await?;
    ensure!(stats["queue"]["waiting"] == 0, "{stats}");
    sell(world, &client, "USDC", &limit).await?;
    let ended = client.ended(&id).await?;
    ensure!(ended["status"] == "confirmed", "{ended}");
    let got: f64 = text(&ended, "amountOut")?.parse()?;
    ensure!(got >= limit.parse::<f64>()?, "{ended}");
    ensure!(ended["waiting"].is_null(), "{ended}");
    check_triggered(&client, &id).await
}

/// 1.
pub(super) async fn a_stop_is_sold_once_the_price_has_fallen(world: &mut World) -> Result<()> {
    let client = world.client();
    let stop = price(&client, 0.95).await?;
    let id = client
        .accept(&order("stop", "triggerPrice", &stop).to_string())
        .await?;
    let waits = check_waits(&client, &id).await?;
    ensure!(waits["slippageBps"] == 200, "{waits}");

    sell(world, &client, "SOL", &stop).await?;

    let ended = client.ended(&id).await?;
    ensure!(ended["status"] == "confirmed", "{ended}");
    check_triggered(&client, &id).await
}

/// 5.
pub(super) async fn a_trailing_stop_follows_the_price_and_is_sold_below_its_highest(
    world: &mut World,
) -> Result<()> {
    let client = world.client();
    let from = price(&client, 1.05).await?;
    let body = json!({
        "tokenIn": "SOL", "tokenOut": "USDC", "amount": "1", "orderType": "trailing_stop",
        "trailBps": 400, "activationPrice": from,
    });
    let id = client.accept(&body.to_string()).await?;
    let waits = check_waits(&client, &id).await?;
    let waiting = &waits["waiting"];
    ensure!(
        waits["trailBps"] == 400 && waits["slippageBps"] == 200,
        "{waits}"
    );
    ensure!(waiting["condition"] == "at_or_above", "{waiting}");
    let wider = change(&client, &id, &json!({"trailBps": 300})).await?;
    ensure!(wider.status == 200, "{wider:?}");

    sell(world, &client, "USDC", &from).await?;

    // Its highest is above the activation price from now on, and it is sold below that.
    let path = format!("/api/orders/{id}");
    let active = client
        .until_at(&path, |it| {
            it["order"]["waiting"]["condition"] == "at_or_below"
                && it["order"]["waiting"]["price"].is_string()
        })
        .await?;
    ensure!(active["order"]["trailBps"] == 300, "{active}");
    let below = price(&client, 0.95).await?;
    sell(world, &client, "SOL", &below).await?;
    let ended = client.ended(&id).await?;
    ensure!(ended["status"] == "confirmed", "{ended}");
    check_triggered(&client, &id).await
}

/// 3.
pub(super) async fn of_a_group_one_is_sold_and_the_other_ends(world: &mut World) -> Result<()> {
    let client = world.client();
    let with_group = |mut order: Value| {
        order["ocoGroup"] = json!("exit");
        order.to_string()
    };
    let high = price(&client, 1.05).await?;
    let low = price(&client, 0.95).await?;
    let profit = with_group(order("take_profit", "triggerPrice", &high));
    let stop = with_group(order("stop", "triggerPrice", &low));
    let (profit, stop) = (client.accept(&profit).await?, client.accept(&stop).await?);
    let socket = client.socket(&format!("/api/orders/{stop}/stream")).await?;

    sell(world, &client, "USDC", &high).await?;

    let sold = client.ended(&profit).await?;
    let ended = client.ended(&stop).await?;
    ensure!(sold["status"] == "confirmed", "{sold}");
    ensure!(
        ended["status"] == "cancelled" && ended["reason"] == "oco",
        "{ended}"
    );
    let told = socket.rest().await?.messages;
    ensure!(statuses(&told) == ["pending", "cancelled"], "{told:?}");
    ensure!(client.landed(&stop).await?.is_empty());
    let group = client.read("/api/orders?ocoGroup=exit").await?;
    ensure!(group["orders"].as_array().is_some_and(|it| it.len() == 2));
    let late = client
        .submit(&with_group(order("stop", "triggerPrice", &low)))
        .await?;
    late.refusal(409, "oco_group_done")?;
    Ok(())
}

/// 4.
pub(super) async fn a_changed_order_fires_at_its_new_price(world: &mut World) -> Result<()> {
    let client = world.client();
    let far = price(&client, 3.0).await?;
    let id = client
        .accept(&order("limit", "limitPrice", &far).to_string())
        .await?;
    check_waits(&client, &id).await?;
    let near = price(&client, 0.9).await?;

    let foreign = change(&client, &id, &json!({"triggerPrice": near})).await?;
    foreign.refusal(422, "invalid_order")?;
    let nothing = change(&client, &id, &json!({})).await?;
    nothing.refusal(422, "invalid_order")?;
    let stranger = change(&world.client(), &id, &json!({"limitPrice": near})).await?;
    stranger.refusal(404, "order_not_found")?;
    let changed = change(&client, &id, &json!({"limitPrice": near})).await?;

    ensure!(changed.status == 200, "{changed:?}");
    let shown = &changed.json()?["order"]["limitPrice"];
    ensure!(
        shown
            .as_str()
            .is_some_and(|it| it.parse::<f64>().ok() == near.parse::<f64>().ok())
    );
    let ended = client.ended(&id).await?;
    ensure!(ended["status"] == "confirmed", "{ended}");
    let late = change(&client, &id, &json!({"limitPrice": near})).await?;
    let late = late.refusal(409, "not_waiting")?;
    ensure!(late["orderStatus"] == "confirmed", "{late}");
    Ok(())
}

/// 1: the other ways to end.
pub(super) async fn an_order_that_waits_is_cancelled_and_expires(world: &mut World) -> Result<()> {
    let client = world.client();
    let far = price(&client, 2.0).await?;
    let mut order = order("limit", "limitPrice", &far);
    let cancelled = client.accept(&order.to_string()).await?;
    order["validForSeconds"] = json!(1);
    let expired = client.accept(&order.to_string()).await?;

    let answer = client.cancel(&cancelled).await?;

    ensure!(answer.status == 200, "{answer:?}");
    let ended = client.ended(&expired).await?;
    ensure!(ended["status"] == "expired", "{ended}");
    let page = client.read("/api/orders?waiting=true").await?;
    ensure!(page["orders"] == json!([]), "{page}");
    Ok(())
}

/// Nothing that is refused leaves a trace.
pub(super) async fn what_makes_no_sense_is_refused(world: &mut World) -> Result<()> {
    let client = world.client();
    for (body, code) in [
        (r#"{"amount":1,"orderType":"limit"}"#, "invalid_order"),
        (
            r#"{"amount":1,"orderType":"limit","triggerPrice":"1"}"#,
            "invalid_order",
        ),
        (
            r#"{"amount":1,"orderType":"limit","limitPrice":"0"}"#,
            "invalid_order",
        ),
        (
            r#"{"amount":1,"orderType":"limit","limitPrice":"0.0000001"}"#,
            "invalid_order",
        ),
        (r#"{"amount":1,"limitPrice":"150"}"#, "invalid_order"),
        (r#"{"amount":1,"ocoGroup":"a"}"#, "invalid_order"),
        (
            r#"{"amount":1,"orderType":"stop","triggerPrice":"1","ocoGroup":""}"#,
            "invalid_order",
        ),
        (
            r#"{"amount":1,"orderType":"trailing_stop","trailBps":5001}"#,
            "invalid_order",
        ),
    ] {
        let answer = client.submit(body).await?;
        answer.refusal(422, code).context(body)?;
    }
    ensure!(client.listed().await?.is_empty());
    Ok(())
}

/// 1: also from programs in other languages. Each waits first, and is sold once the price has moved.
pub(super) async fn the_example_programs_wait_for_a_price(world: &mut World) -> Result<()> {
    let client = world.client();
    for (name, program) in examples::PROGRAMS {
        let (above, below) = (price(&client, 1.05).await?, price(&client, 0.95).await?);
        let kinds = [
            ("limit", "--limit", &*above, "limitPrice"),
            ("take_profit", "--take-profit", &above, "triggerPrice"),
            ("stop", "--stop", &below, "triggerPrice"),
            ("trailing_stop", "--trail", "300", "trailBps"),
        ];
        let programs = kinds.map(|(_, flag, value, _)| {
            let (client, url) = (client.clone(), client.url(""));
            async move {
                let order = ["SOL", "USDC", "1", flag, value];
                examples::run(program(), &client, &url, &order).await
            }
        });
        let move_price = async {
            let waiting = client
                .until_at("/api/orders?waiting=true", |listed| {
                    listed["orders"]
                        .as_array()
                        .is_some_and(|it| it.len() == kinds.len())
                })
                .await?;
            let mut ids = Vec::new();
            for (kind, _, value, field) in kinds {
                let listed = waiting["orders"].as_array().context("orders")?;
                let order = listed.iter().find(|it| it["orderType"] == kind);
                let order = order.with_context(|| format!("no {kind}: {listed:?}"))?;
                let told: f64 = order[field].to_string().trim_matches('"').parse()?;
                let is_told = (told - value.parse::<f64>()?).abs() < 1e-9;
                ensure!(is_told, "{kind}: {order}");
                ids.push(text(order, "orderId")?.to_owned());
            }
            // What has fired is sold before the price falls again.
            sell(world, &client, "USDC", &above).await?;
            client.ended(&ids[0]).await?;
            client.ended(&ids[1]).await?;
            sell(world, &client, "SOL", &below).await
        };

        let (outputs, moved) = join(join_all(programs), move_price).await;

        moved.context(name)?;
        for output in outputs {
            let output = output?;
            ensure!(output.status.success(), "{name}: {output:?}");
        }
    }
    Ok(())
}
