//! How fast a node answers, measured by `cargo test --release -- --ignored --nocapture node::speed`.

use ports::{Clock as _, SystemClock};
use serde_json::json;
use sim_chain::node::Node;

use super::served::{MINT, POOL, key_of, serve, wallet};

const CALLS: u128 = 20_000;

#[tokio::test]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn ten_accounts_are_read_thousands_of_times_a_second() {
    let node = Node::new(serve().service);
    let keys = [MINT, POOL, key_of(&wallet(1)), key_of(&wallet(2)), MINT];
    let keys: Vec<String> = keys
        .iter()
        .cycle()
        .take(10)
        .map(ToString::to_string)
        .collect();
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "getMultipleAccounts",
        "params": [keys, { "encoding": "base64", "commitment": "confirmed" }],
    })
    .to_string();

    let clock = SystemClock::new();
    for _ in 0..CALLS {
        let answer = node
            .answer(call.as_bytes())
            .await
            .unwrap()
            .unwrap()
            .to_string();
        assert!(answer.len() > 1_000);
    }
    let per_second = CALLS * 1_000 / clock.monotonic().as_millis().max(1);

    eprintln!("{per_second} calls a second without the network");
    assert!(per_second >= 5_000, "only {per_second}");
}
