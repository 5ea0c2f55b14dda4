//! Orders in live: from acceptance to the cluster's own ledger, in one process and over a cluster of them.

use anyhow::{Result, ensure};
use cluster::e2e::suites::SOL_FOR_USDC;
use cluster::e2e::{load, text};
use cluster::engine::Engine;
use cluster::http::http;
use cluster::{Chain, KeyFile};

use crate::chain::{Node, wrapped_sol_stays};
use crate::world::{LIVE, LIVE_CHAIN, NONE, World, over_cluster};

const ORDERS: usize = 20;

async fn engine(chain: &Chain, wallet: &KeyFile) -> Result<Engine> {
    let variables = wallet.live_on(chain.url());
    Engine::start(&super::with(&variables, &[])).await
}

/// Orders end as the cluster's own ledger says, and what is the simulated cluster's alone is not there.
async fn orders_end_as_the_ledger_says(world: &mut World) -> Result<()> {
    let target = world.target();

    let outcome = load::run(&target, ORDERS, SOL_FOR_USDC).await?;

    ensure!(outcome.confirmed > ORDERS / 2, "{outcome:?}");
    let client = world.nobody();
    for path in ["/api/sim/ledger", "/api/sim/faults"] {
        let answer = match path {
            "/api/sim/ledger" => client.get(path).await?,
            _ => client.post(path).await?,
        };
        ensure!(answer.status == 404, "{path}: {answer:?}");
    }
    let unnamed = target.post_order(0, r#"{"amount":"1"}"#).await?;
    ensure!(
        unnamed.0 == 422 && unnamed.1["code"] == "token_required",
        "{unnamed:?}"
    );
    Ok(())
}

#[tokio::test]
async fn orders_in_live_end_as_the_ledger_says() -> Result<()> {
    orders_end_as_the_ledger_says(&mut World::live(NONE).await?).await
}

over_cluster! {
    #[ignore = "repeats over a cluster what holds over one process in live; scripts/test --full runs it"]
    World: in_live_a_cluster_of_processes_does_what_one_does(LIVE):
        cases::orders_end_as_the_ledger_says,
}

mod cases {
    pub(super) use super::orders_end_as_the_ledger_says;
}

#[tokio::test]
async fn the_wallet_that_pays_is_that_of_the_key_file() -> Result<()> {
    let chain = Chain::start(&LIVE_CHAIN).await?;
    let wallet = chain.wallet("wallet").await?;
    let engine = engine(&chain, &wallet).await?;
    let target = cluster::e2e::Target::new(vec![engine.url("")]).live_on(chain.url());

    let shown = target.get(0, "/api/wallet").await?;
    load::run(&target, 1, SOL_FOR_USDC).await?;
    let order = target.pages("/api/orders", "orders").await?.remove(0);

    ensure!(text(&shown, "address")? == wallet.address, "{shown}");
    ensure!(
        shown["mode"] == "live" && shown["cluster"] == "localnet",
        "{shown}"
    );
    ensure!(text(&order, "wallet")? == wallet.address, "{order}");
    ensure!(order["explorerUrl"].is_null(), "{order}");
    let path = format!("/api/orders/{}/transaction", text(&order, "orderId")?);
    let answer = http().get(engine.url(&path)).send().await?;
    ensure!(answer.status().is_success(), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn in_live_ten_orders_at_once_leave_the_wallets_own_wrapped_sol_untouched() -> Result<()> {
    let chain = Chain::start(&LIVE_CHAIN).await?;
    let wallet = chain.wallet("wallet").await?;
    let engine = engine(&chain, &wallet).await?;
    let target = cluster::e2e::Target::new(vec![engine.url("")]).live_on(chain.url());
    // What is bought with has to be there first.
    let bought = load::run(
        &target,
        5,
        r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"20"}"#,
    );
    let bought = bought.await?;
    ensure!(bought.confirmed > 0, "{bought:?}");

    wrapped_sol_stays(&target, &Node::at(chain.url()), &wallet.key()?).await
}
