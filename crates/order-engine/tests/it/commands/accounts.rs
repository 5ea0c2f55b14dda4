//! Fills and books, as each client may see them.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::contract::eventually;

use super::Shell;
use crate::world::World;
use crate::world::caller::Caller;

/// What a client sees once so many of its orders are counted.
async fn counted(client: &Caller, fills: u64) -> Value {
    eventually("the fills to be counted", async || {
        let books = client.read("/api/books").await.ok()?;
        (books["fills"] == fills && books["complete"] == true).then_some(books)
    })
    .await
}

pub(crate) async fn a_client_reads_its_own_fills_and_books(world: &mut World) -> Result<()> {
    let (client, stranger) = (world.client(), world.client());
    let body = |amount| json!({"tokenIn": "SOL", "tokenOut": "USDC", "amount": amount}).to_string();
    let mut bought = Vec::new();
    for amount in ["1.5", "0.25"] {
        let id = client.accept(&body(amount)).await?;
        bought.push(client.ended(&id).await?);
    }
    let others = stranger.accept(&body("3")).await?;
    stranger.ended(&others).await?;

    let books = counted(&client, 2).await;
    let position = &books["positions"][0];
    ensure!(position["figures"]["sold"] == "1.75", "{position}");
    ensure!(
        position["figures"]["soldWithoutCost"] == "1.75",
        "{position}"
    );
    ensure!(position["figures"]["realised"] == "0", "{position}");
    ensure!(position["averageCost"].is_null(), "{position}");
    let held = books.pointer("/wallets/0/tokens/0/held").context("held")?;
    ensure!(held.is_null(), "a key sees what the wallet holds: {books}");
    let page = client.read("/api/fills?limit=1").await?;
    ensure!(
        page["fills"][0]["orderId"] == bought[0]["orderId"],
        "{page}"
    );
    ensure!(
        page["fills"][0]["receipt"]["slot"] == bought[0]["receipt"]["slot"],
        "{page}"
    );
    ensure!(page["fills"][0]["client"].is_null(), "{page}");
    let cursor = page["nextCursor"].as_str().context("there is more")?;
    let rest = client.read(&format!("/api/fills?cursor={cursor}")).await?;
    ensure!(rest["fills"].as_array().map(Vec::len) == Some(1), "{rest}");
    ensure!(rest["nextCursor"].is_null(), "{rest}");
    let cursor = rest["cursor"].as_str().context("where to go on")?;
    let nothing = client.read(&format!("/api/fills?cursor={cursor}")).await?;
    ensure!(
        nothing["fills"] == json!([]) && nothing["cursor"] == cursor,
        "{nothing}"
    );
    for refused in [
        "client=somebody-else",
        "from=yesterday",
        "cursor=x",
        "limit=0",
    ] {
        let answer = client.get(&format!("/api/fills?{refused}")).await?;
        answer.refusal(400, "invalid_parameter")?;
    }
    let operator = world.operator();
    let all = counted(&operator, 3).await;
    let outside = all.pointer("/wallets/0/tokens/0/outside");
    ensure!(outside.is_some_and(Value::is_string), "{all}");
    let at = bought[1]["receipt"]["confirmedAt"]
        .as_str()
        .context("a time")?;
    let later = client.read(&format!("/api/fills?from={at}")).await?;
    ensure!(
        later["fills"][0]["orderId"] == bought[1]["orderId"],
        "{later}"
    );

    let shell = Shell::of(client);
    let csv = shell.run(&["fills", "--csv"]).await;
    ensure!(
        csv.code == Some(0) && csv.stdout.lines().count() == 3,
        "{csv:?}"
    );
    let listed = shell.run(&["fills"]).await;
    ensure!(listed.stdout.contains("1.5 SOL"), "{listed:?}");
    let json = shell.run(&["books", "--json"]).await.json();
    ensure!(json[0]["fills"] == 2, "{json:?}");
    for (args, said) in [
        (&["books"][..], "SOL/USDC"),
        (&["books", "--days"], "1.75"),
        (&["books", "--wallets"], "received"),
    ] {
        let ran = shell.run(args).await;
        ensure!(ran.code == Some(0) && ran.stdout.contains(said), "{ran:?}");
    }
    Ok(())
}
