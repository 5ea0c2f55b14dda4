//! Two thousand orders over gateways, workers and a chain in processes of their own, and what the wallet has then.

use anyhow::{Context, Result, ensure};

use super::cluster;
use crate::chain::{Node, every_lamport_is_explained};

const ORDERS: usize = 2_000;

#[tokio::test]
async fn two_thousand_orders_are_executed_once_and_explain_every_lamport() -> Result<()> {
    let cluster = cluster(&[]).await?;
    let chain = cluster.state().sim.as_ref().context("a chain")?;
    let node = Node::at(&chain.url);

    let (confirmed, gifts) = every_lamport_is_explained(&cluster.target(), &node, ORDERS).await?;

    eprintln!("{confirmed} of {ORDERS} were confirmed, the wallet was filled up {gifts} times");
    ensure!(confirmed >= ORDERS * 3 / 4, "{confirmed} were confirmed");
    ensure!(
        gifts > 0,
        "so many orders empty the wallet, and nobody filled it up"
    );
    Ok(())
}
