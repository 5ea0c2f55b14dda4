//! `order-engine signer`: a process of its own that alone has the wallet's key, and signs what its rules allow.

use bootstrap::{service, signer};
use config::Signer;

use crate::exit::Verdict;
use crate::output;

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine signer --key-file ./wallet.json \\
    --limits 'SOL:5/order,SOL:50/day,fees:0.1/day'
  SIGNER_KEY_FILE=./wallet.json SIGNER_POOLS=./pools.txt \\
    SIGNER_LIMITS=SOL:0.01/order,SOL:0.05/day,fees:0.01/day order-engine signer
  WALLET=unix:./signer/signer.sock order-engine    a worker that asks it

It works without the network. It signs swaps of the wallet with the venues'
programs, paid out to the wallet's own accounts, and nothing else; what it
signed counts against its limits, in a journal that outlives it. Exit code 2
names the setting that is wrong. docs/LIVE.md says what it keeps a stolen
worker from.";

/// Runs the command.
pub(crate) async fn run(settings: Signer) -> anyhow::Result<Verdict> {
    let ready = signer::prepare(&settings)?;
    service::run(&settings.logs, async |shutdown| {
        let (address, socket) = (ready.address, settings.socket.display());
        output::line(format!("the signer of {address} listens at {socket}"))?;
        ready.serve(shutdown).await;
        shutdown.finished().await;
        Ok(())
    })
    .await?;
    Ok(Verdict::Good)
}
