//! The same over JSON-RPC: the engine's client and a node with the real programs behind it.

use std::net::TcpListener;
use std::sync::Arc;

use amm::Program;
use chain_solana::Rpc;
use chain_solana::rpc::http::{HttpRpc, Limits};
use domain::Asset;
use ports::landing::Fate;
use sim_chain::market::Mode;
use svm::serve::serve;

use crate::stand::Stand;
use crate::trader::Trader;

/// Swaps of each kind of pool.
const SWAPS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn swaps_over_json_rpc_fill_as_quoted() {
    let Some(stand) = Stand::new(Mode::Still, 9) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = serve(Arc::clone(&stand.world), vec![listener]).unwrap();
    let handle = server.handle();
    let mut running = tokio::task::JoinSet::new();
    running.spawn(server);
    let client = HttpRpc::new(url.parse().unwrap(), Limits::default()).unwrap();
    let rpc: Arc<dyn Rpc> = Arc::new(client);

    for program in Program::MAINNET {
        let mut trader = Trader::new(Arc::clone(&rpc), &stand.clock, program);
        for number in 0..SWAPS {
            let pair = [(Asset::SOL, Asset::USDC), (Asset::USDC, Asset::SOL)][number % 2];
            let choice = trader.quote(pair, 1_000_000_000, 100).await.unwrap();
            let (signed, _) = trader.build(&choice).await;
            trader.send(&signed).await.unwrap();
            match trader.fate(&signed).await {
                Fate::Landed { amount_out, .. } => {
                    assert_eq!(amount_out, choice.expected_amount_out);
                }
                fate => panic!("{fate:?}"),
            }
        }
    }

    stand.check_emulation();
    handle.stop(true).await;
}
