//! What clients see of orders that buy an exact amount.

use anyhow::{Context, Result, ensure};
use cluster::e2e::text;
use serde_json::{Value, json};
use testkit::contract::eventually;

use crate::world::World;
use crate::world::caller::Caller;

const PAIR: &str = "tokenIn=SOL&tokenOut=USDC";

fn purchase(amount_out: &str) -> Value {
    json!({"tokenIn": "SOL", "tokenOut": "USDC", "amountOut": amount_out, "slippageBps": 500})
}

fn number(of: &Value, name: &str) -> Result<f64> {
    Ok(text(of, name)?.parse()?)
}

/// What so much USDC costs now, and what it would cost at most.
async fn quoted(client: &Caller, amount_out: &str) -> Result<Value> {
    let path = format!("/api/quotes?{PAIR}&amountOut={amount_out}&slippageBps=500");
    client.read(&path).await
}

/// 1.
pub(super) async fn an_exact_amount_is_bought_for_no_more_than_its_most(
    world: &mut World,
) -> Result<()> {
    let client = world.client();
    let quotes = quoted(&client, "123.456789").await?;
    ensure!(quotes["expectedAmountOut"] == "123.456789", "{quotes}");
    ensure!(quotes["minAmountOut"] == "123.456789", "{quotes}");
    let (expected, most) = (
        number(&quotes, "expectedAmountIn")?,
        number(&quotes, "maxAmountIn")?,
    );
    ensure!(most > expected && most <= expected * 1.05, "{quotes}");
    let offers = quotes["quotes"].as_array().context("quotes")?;
    for offer in offers {
        ensure!(offer["amountOut"] == "123.456789", "{offer}");
        ensure!(number(offer, "amountIn")? >= expected, "{offer}");
    }

    let id = client.accept(&purchase("123.456789").to_string()).await?;
    let order = client.ended(&id).await?;

    ensure!(order["status"] == "confirmed", "{order}");
    ensure!(order["amountOut"] == "123.456789", "{order}");
    ensure!(order["amountOutWanted"] == "123.456789", "{order}");
    let events = client.events(&id).await?;
    let building = events.iter().rfind(|event| event["status"] == "building");
    let building = building.context("it was built")?;
    let cost = number(&order, "amountIn")?;
    ensure!(
        cost <= number(building, "maxAmountIn")?,
        "{order} {building}"
    );
    let leg = &order["route"][0];
    ensure!(leg["amountIn"] == order["amountIn"], "{order}");
    ensure!(leg["amountOut"] == order["amountOut"], "{order}");
    let landed = client.landed(&id).await?;
    ensure!(landed.len() == 1, "{landed:?}");
    ensure!(landed[0]["amountIn"] == order["amountIn"], "{landed:?}");
    ensure!(landed[0]["amountOut"] == order["amountOut"], "{landed:?}");
    ensure!(order["receipt"]["leftover"] == json!([]), "{order}");
    Ok(())
}

/// 2.
pub(super) async fn a_purchase_that_costs_more_than_its_client_said_is_not_made(
    world: &mut World,
) -> Result<()> {
    let client = world.client();
    let expected = number(&quoted(&client, "100").await?, "expectedAmountIn")?;
    let with_most = |factor: f64| {
        json!({
            "tokenIn": "SOL", "tokenOut": "USDC", "amountOut": "100",
            "maxAmountIn": format!("{:.9}", expected * factor),
        })
        .to_string()
    };

    let dear = client.accept(&with_most(0.8)).await?;
    let cheap = client.accept(&with_most(1.2)).await?;

    let dear = client.ended(&dear).await?;
    ensure!(dear["errorCode"] == "above_maximum", "{dear}");
    ensure!(dear["amountIn"].is_null(), "{dear}");
    ensure!(number(&dear, "maxAmountIn")? < expected, "{dear}");
    let cheap = client.ended(&cheap).await?;
    ensure!(cheap["status"] == "confirmed", "{cheap}");
    ensure!(
        number(&cheap, "maxAmountIn")? > number(&cheap, "amountIn")?,
        "{cheap}"
    );
    Ok(())
}

/// 3.
pub(super) async fn what_makes_no_sense_is_refused(world: &mut World) -> Result<()> {
    let client = world.client();
    for (field, wrong) in [
        ("amount", json!({"amountOut": "1", "amount": "1"})),
        (
            "minAmountOut",
            json!({"amountOut": "1", "minAmountOut": "1"}),
        ),
        ("maxAmountIn", json!({"amount": "1", "maxAmountIn": "1"})),
        ("amountOut", json!({"amountOut": "0"})),
        ("amountOut", json!({"amountOut": "0.0000001"})),
        (
            "amountOut",
            json!({"amountOut": "1", "orderType": "limit", "limitPrice": "1"}),
        ),
    ] {
        let refused = client.submit(&wrong.to_string()).await?;
        let problem = refused.refusal(422, "invalid_order")?;
        let errors = problem["errors"].as_array().context("errors")?;
        ensure!(
            errors.iter().any(|it| it["field"] == field),
            "{wrong}: {problem}"
        );
    }
    for query in [
        "amount=1&amountOut=1",
        "amount=1&maxAmountIn=1",
        "amountOut=x",
    ] {
        let refused = client.get(&format!("/api/quotes?{PAIR}&{query}")).await?;
        refused.refusal(400, "invalid_parameter")?;
    }
    let born = json!({"dex": "raydium", "pool": "cpmm", "liquiditySol": "50", "openInMs": 0});
    let born = born.to_string();
    let operator = world.operator();
    let launched = operator
        .call("POST", "/api/sim/launch", &[], Some(&born))
        .await?;
    let mint = launched.json()?;
    let mint = text(&mint, "mint")?;
    // It has a pool with SOL and none with USDC.
    let body = json!({"tokenIn": "USDC", "tokenOut": mint, "amountOut": "1"}).to_string();
    // A mint that is not known yet is no such token.
    let refused = eventually("the mint is known", async || {
        let refused = client.submit(&body).await.ok()?;
        refused
            .refusal(422, "unknown_token")
            .is_err()
            .then_some(refused)
    });
    refused.await.refusal(422, "exact_out_not_available")?;
    Ok(())
}

/// 4.
pub(super) async fn a_limit_counts_the_most_and_then_what_it_cost(world: &mut World) -> Result<()> {
    let client = world.client();
    let price = number(&quoted(&client, "1").await?, "expectedAmountIn")?;
    let worth = |sol: f64| format!("{:.2}", sol / price);
    let named = json!({
        "tokenIn": "SOL", "tokenOut": "USDC", "amountOut": "1", "maxAmountIn": "2.1",
    });
    let refused = client.submit(&named.to_string()).await?;
    refused.refusal(422, "spend_limit")?;

    let foreseen = quoted(&client, &worth(1.98)).await?;
    let issues = foreseen["issues"].as_array().context("issues")?;
    ensure!(
        issues.iter().any(|it| it["code"] == "spend_limit"),
        "{foreseen}"
    );
    let too_large = client.accept(&purchase(&worth(1.98)).to_string()).await?;
    let too_large = client.ended(&too_large).await?;
    ensure!(too_large["errorCode"] == "spend_limit", "{too_large}");
    let bought = client.accept(&purchase(&worth(1.5)).to_string()).await?;
    let bought = client.ended(&bought).await?;
    ensure!(bought["status"] == "confirmed", "{bought}");

    let wallet = world.operator().read("/api/wallet").await?;
    let limits = wallet["limits"].as_array().context("limits")?;
    let day = limits
        .iter()
        .find(|it| (&it["token"], &it["per"]) == (&json!("SOL"), &json!("day")));
    ensure!(
        day.context("the day's limit")?["used"] == bought["amountIn"],
        "{wallet}"
    );
    Ok(())
}
