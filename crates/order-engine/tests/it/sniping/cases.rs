//! What clients see of snipers.

use anyhow::{Context, Result, ensure};
use cluster::e2e::text;
use serde_json::{Value, json};

use crate::examples;
use crate::world::World;
use crate::world::caller::Caller;

/// What each sniper pays, in SOL.
const AMOUNT: &str = "0.5";

/// A launch, whole or one of its parts: its mint and its pool.
async fn launch(world: &World, body: &Value) -> Result<(String, String)> {
    let body = body.to_string();
    let operator = world.operator();
    let answer = operator
        .call("POST", "/api/sim/launch", &[], Some(&body))
        .await?;
    ensure!(answer.status == 200, "{answer:?}");
    let born = answer.json()?;
    Ok((
        text(&born, "mint")?.to_owned(),
        text(&born, "poolAddress")?.to_owned(),
    ))
}

/// A token that is born alone, to be opened as this says.
async fn alone(world: &World, opened: &Value, authorities: &[&str]) -> Result<String> {
    let mut body = json!({"dex": opened["dex"], "pool": opened["pool"], "mintOnly": true});
    for authority in authorities {
        body[*authority] = json!(true);
    }
    Ok(launch(world, &body).await?.0)
}

async fn open(world: &World, mint: &str, opened: &Value) -> Result<String> {
    let mut body = opened.clone();
    body["mint"] = json!(mint);
    Ok(launch(world, &body).await?.1)
}

fn pool(dex: &str, pool: &str, liquidity: &str) -> Value {
    json!({"dex": dex, "pool": pool, "liquiditySol": liquidity})
}

/// A sniper with gates that are shut to every trap.
fn careful(mint: &str) -> Value {
    json!({
        "tokenIn": "SOL", "tokenOut": mint, "amount": AMOUNT, "orderType": "sniper", "slippageBps": 500,
        "minLiquidity": "20", "maxFeeBps": 300, "requireRenounced": true,
    })
}

/// It waits for a pool, and says so and why.
async fn check_waits(client: &Caller, id: &str, why: &str) -> Result<Value> {
    let path = format!("/api/orders/{id}");
    let patient = client.until_at(&path, |answer| {
        let waiting = &answer["order"]["waiting"];
        waiting["detail"]
            .as_str()
            .is_some_and(|it| it.contains(why))
    });
    let order = patient.await.context(why.to_owned())?["order"].clone();
    ensure!(
        order["status"] == "pending" && order["waiting"]["for"] == "pool",
        "{order}"
    );
    Ok(order)
}

/// It has executed once, and bought in this pool.
async fn check_bought(client: &Caller, id: &str, pool: &str) -> Result<()> {
    let ended = client.ended(id).await?;
    ensure!(ended["status"] == "confirmed", "{ended}");
    ensure!(ended["poolAddress"] == pool, "{ended} instead of {pool}");
    ensure!(ended["waiting"].is_null(), "{ended}");
    let landed = client.landed(id).await?;
    ensure!(landed.len() == 1, "{landed:?}");
    let events = client.events(id).await?;
    let routing: Vec<&Value> = events
        .iter()
        .filter(|event| event["status"] == "routing")
        .collect();
    ensure!(routing.len() == 1, "{events:?}");
    ensure!(routing[0]["trigger"]["slot"].is_u64(), "{events:?}");
    Ok(())
}

/// 1, 2, 3.
pub(super) async fn snipers_buy_what_passes_their_gates_and_leave_traps_alone(
    world: &mut World,
) -> Result<()> {
    let client = world.client();
    let good = [
        pool("raydium", "cpmm", "50"),
        pool("raydium", "amm_v4", "60"),
        pool("meteora", "damm_v2", "40"),
        pool("meteora", "dlmm", "80"),
    ];
    let mut fee = pool("meteora", "damm_v2", "50");
    fee["startingFeeBps"] = json!(5_000);
    fee["feeFallsInMs"] = json!(3_600_000);
    let traps = [
        (
            pool("raydium", "cpmm", "50"),
            &["freezeAuthority"][..],
            "can still be frozen",
        ),
        (
            pool("meteora", "damm_v2", "50"),
            &["mintAuthority"],
            "can still be minted",
        ),
        (
            pool("raydium", "amm_v4", "50"),
            &["mintAuthority", "freezeAuthority"],
            "can still be minted and frozen",
        ),
        (
            pool("raydium", "cpmm", "1"),
            &[],
            "it holds 1 SOL, less than the 20",
        ),
        (fee, &[], "more than the 300 that are accepted"),
    ];
    let (mut bought, mut left) = (Vec::new(), Vec::new());
    for opened in &good {
        let mint = alone(world, opened, &[]).await?;
        let id = client.accept(&careful(&mint).to_string()).await?;
        bought.push((mint, id, opened));
    }
    for (opened, authorities, why) in &traps {
        let mint = alone(world, opened, authorities).await?;
        let id = client.accept(&careful(&mint).to_string()).await?;
        left.push((mint, id, opened, *why));
    }
    for (_, id, _) in &bought {
        let order = check_waits(&client, id, "it has no pool of this pair").await?;
        ensure!(order["triggerCondition"] == "pool_created", "{order}");
        ensure!(
            order["minLiquidity"] == "20" && order["maxFeeBps"] == 300,
            "{order}"
        );
        ensure!(order["requireRenounced"] == true, "{order}");
    }
    let waiting = bought.len() + left.len();
    let stats = client
        .until_at("/api/stats", |stats| stats["waiting"]["pool"] == waiting)
        .await?;
    ensure!(
        stats["waiting"]["price"] == 0 && stats["queue"]["waiting"] == 0,
        "{stats}"
    );

    for (mint, _, opened, _) in &left {
        open(world, mint, opened).await?;
    }
    for (mint, id, opened) in &bought {
        let address = open(world, mint, opened).await?;
        check_bought(&client, id, &address).await?;
    }

    for (_, id, _, why) in &left {
        check_waits(&client, id, why).await?;
        ensure!(client.events(id).await?.len() == 1);
        ensure!(client.landed(id).await?.is_empty());
        let answer = client.cancel(id).await?;
        ensure!(answer.status == 200, "{answer:?}");
    }
    client
        .until_at("/api/stats", |stats| stats["waiting"]["pool"] == 0)
        .await?;
    Ok(())
}

/// 4.
pub(super) async fn a_pool_that_opens_later_is_bought_from_when_it_opens(
    world: &mut World,
) -> Result<()> {
    let client = world.client();
    for (dex, program) in [
        ("raydium", "cpmm"),
        ("raydium", "amm_v4"),
        ("meteora", "damm_v2"),
        ("meteora", "dlmm"),
    ] {
        let mut later = pool(dex, program, "50");
        later["openInMs"] = json!(4_000);
        let (mint, address) = launch(world, &later).await?;
        let id = client.accept(&careful(&mint).to_string()).await?;

        let waits = check_waits(&client, &id, "has not opened yet").await?;
        let opens_at = text(&waits["waiting"], "opensAt")?.to_owned();

        check_bought(&client, &id, &address).await?;
        let ended = client.order(&id).await?;
        let confirmed_at = text(&ended["receipt"], "confirmedAt")?;
        let late = millis(confirmed_at)? - millis(&opens_at)?;
        // The chain's clock tells whole seconds; a scan alone would come half a second later at times.
        ensure!(
            (-1_500..4_000).contains(&late),
            "{late} ms after its opening"
        );
    }
    Ok(())
}

fn millis(time: &str) -> Result<i64> {
    let parsed = time.parse::<domain::Timestamp>();
    Ok(parsed.ok().context("a time")?.as_millis())
}

/// 4.
pub(super) async fn a_starting_fee_is_waited_out(world: &mut World) -> Result<()> {
    let client = world.client();
    let mut dear = pool("meteora", "damm_v2", "50");
    dear["startingFeeBps"] = json!(5_000);
    dear["feeFallsInMs"] = json!(6_000);
    let (mint, address) = launch(world, &dear).await?;
    let id = client.accept(&careful(&mint).to_string()).await?;
    let waits = check_waits(&client, &id, "more than the 300 that are accepted").await?;
    ensure!(waits["waiting"]["opensAt"].is_null(), "{waits}");

    check_bought(&client, &id, &address).await?;

    let quotes = client.events(&id).await?;
    let building = quotes.iter().find(|event| event["status"] == "building");
    ensure!(building.is_some(), "{quotes:?}");
    Ok(())
}

/// 5.
pub(super) async fn a_drained_pool_is_left_alone(world: &mut World) -> Result<()> {
    let client = world.client();
    let mut rug = pool("raydium", "cpmm", "50");
    rug["heldPercent"] = json!(99);
    let (mint, address) = launch(world, &rug).await?;
    let sale = json!({"pool": address, "tokenIn": mint, "amount": "900000000"});
    let operator = world.operator();
    let sold = operator
        .call("POST", "/api/sim/trade", &[], Some(&sale.to_string()))
        .await?;
    ensure!(sold.status == 200, "{sold:?}");

    let id = client.accept(&careful(&mint).to_string()).await?;

    check_waits(&client, &id, "less than the 20 it must hold").await?;
    // Another pool of the same token passes.
    ensure!(client.cancel(&id).await?.status == 200);
    ensure!(client.landed(&id).await?.is_empty());
    Ok(())
}

/// 1.
pub(super) async fn a_sniper_waits_for_its_price_and_for_a_volume(world: &mut World) -> Result<()> {
    let client = world.client();
    let (mint, address) = launch(world, &pool("raydium", "cpmm", "50")).await?;
    let quotes = format!("/api/quotes?tokenIn=SOL&tokenOut={mint}&amount={AMOUNT}");
    let quotes = client
        .until_at(&quotes, |quotes| quotes["best"] == "raydium")
        .await?;
    let now: f64 = text(&quotes, "expectedAmountOut")?.parse::<f64>()? / 0.5;
    let mut above = careful(&mint);
    above["triggerCondition"] = json!("price_above");
    above["triggerValue"] = json!(format!("{:.0}", now * 1.1));
    let mut below = careful(&mint);
    below["triggerCondition"] = json!("price_below");
    below["triggerValue"] = json!(format!("{:.0}", now * 1.01));
    let mut spike = careful(&mint);
    spike["triggerCondition"] = json!("volume_spike");
    spike["triggerValue"] = json!("2.5");

    let above = client.accept(&above.to_string()).await?;
    let spike = client.accept(&spike.to_string()).await?;
    let waits = client.order(&above).await?;
    ensure!(
        waits["waiting"]["for"] == "price" && waits["waiting"]["condition"] == "at_or_above",
        "{waits}"
    );
    let waits = client.order(&spike).await?;
    ensure!(waits["waiting"]["for"] == "volume", "{waits}");
    ensure!(
        waits["waiting"]["needs"]
            .as_str()
            .is_some_and(|it| it.ends_with("more minutes of volume")),
        "{waits}"
    );
    let stats = client
        .until_at("/api/stats", |stats| stats["waiting"]["volume"] == 1)
        .await?;
    ensure!(stats["waiting"]["price"] == 1, "{stats}");

    // At once: the price is below already.
    let below = client.accept(&below.to_string()).await?;
    check_bought(&client, &below, &address).await?;
    // Somebody sells the token: a SOL buys more of it.
    let sale = json!({"pool": address, "tokenIn": mint, "amount": "100000000"});
    let operator = world.operator();
    let sold = operator
        .call("POST", "/api/sim/trade", &[], Some(&sale.to_string()))
        .await?;
    ensure!(sold.status == 200, "{sold:?}");
    check_bought(&client, &above, &address).await?;
    // What was bought and sold is volume of the running minute; a mean it is not.
    let waits = client
        .until_at(&format!("/api/orders/{spike}"), |answer| {
            let volume = answer["order"]["waiting"]["volume"].as_str();
            volume.is_some_and(|it| it.parse::<f64>().is_ok_and(|it| it > 1.0))
        })
        .await?;
    ensure!(waits["order"]["status"] == "pending", "{waits}");
    ensure!(client.cancel(&spike).await?.status == 200);
    Ok(())
}

/// A gate that is opened lets the order through.
pub(super) async fn a_sniper_is_changed_while_it_waits(world: &mut World) -> Result<()> {
    let client = world.client();
    let (mint, address) = launch(world, &pool("meteora", "damm_v2", "5")).await?;
    let id = client.accept(&careful(&mint).to_string()).await?;
    check_waits(&client, &id, "it holds 5 SOL, less than the 20").await?;
    let path = format!("/api/orders/{id}");
    for (body, field) in [
        (json!({"triggerValue": "2"}), "triggerValue"),
        (json!({"limitPrice": "2"}), "limitPrice"),
        (json!({"maxFeeBps": 10_001}), "maxFeeBps"),
        (
            json!({"triggerCondition": "price_above"}),
            "triggerCondition",
        ),
    ] {
        let body = body.to_string();
        let refused = client.call("PATCH", &path, &[], Some(&body)).await?;
        let problem = refused.refusal(422, "invalid_order")?;
        ensure!(problem["errors"][0]["field"] == field, "{problem}");
    }

    let body = json!({"minLiquidity": "4"}).to_string();
    let changed = client.call("PATCH", &path, &[], Some(&body)).await?;

    ensure!(changed.status == 200, "{changed:?}");
    ensure!(
        changed.json()?["order"]["minLiquidity"] == "4",
        "{changed:?}"
    );
    check_bought(&client, &id, &address).await
}

/// Nothing that is refused leaves a trace.
pub(super) async fn a_sniper_of_a_mint_that_does_not_exist_is_refused(
    world: &mut World,
) -> Result<()> {
    let client = world.client();
    let nobody = "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T";

    let answer = client.submit(&careful(nobody).to_string()).await?;

    answer.refusal(422, "unknown_token")?;
    ensure!(client.listed().await?.is_empty());
    Ok(())
}

/// 1: also from programs in other languages.
pub(super) async fn the_example_programs_snipe(world: &mut World) -> Result<()> {
    let client = world.client();
    for (name, program) in examples::PROGRAMS {
        let (mint, address) = launch(world, &pool("raydium", "cpmm", "50")).await?;
        let order = [
            "SOL",
            &mint,
            AMOUNT,
            "--snipe",
            "--min-liquidity",
            "20",
            "--max-fee-bps",
            "300",
            "--require-renounced",
        ];

        let output = examples::run(program(), &client, &client.url(""), &order).await?;

        let said = String::from_utf8(output.stdout.clone())?;
        ensure!(output.status.success(), "{name}: {output:?}");
        let id = said
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("order "));
        check_bought(&client, id.context("an order")?, &address)
            .await
            .context(name)?;
        let order = client.order(id.context("an order")?).await?;
        ensure!(
            order["minLiquidity"] == "20" && order["maxFeeBps"] == 300,
            "{order}"
        );
        ensure!(
            order["requireRenounced"] == true && order["orderType"] == "sniper",
            "{order}"
        );
    }
    Ok(())
}
