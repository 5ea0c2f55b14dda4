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

    let accounted = every_lamport_is_explained(&cluster.target(), &node, ORDERS).await?;

    eprintln!("{accounted:?}");
    ensure!(accounted.confirmed >= ORDERS * 3 / 4, "{accounted:?}");
    ensure!(accounted.reverted > 0, "nothing was rolled back");
    // So many orders empty the wallet.
    ensure!(accounted.gifts > 0, "nobody filled the wallet up");
    Ok(())
}
