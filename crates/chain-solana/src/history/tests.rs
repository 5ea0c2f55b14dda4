use amm::token::TOKEN_PROGRAM as OWNER;
use tokio::time::Instant;

use super::*;
use crate::script::{Call, LATENCY, Script};
use crate::world::account;

const WALLET: domain::Address = domain::Address::new([1; 32]);

fn mint(number: u8) -> Mint {
    Mint::new(domain::Address::new([number; 32]))
}

/// A bank is another one after 400 ms: one call after the other would never meet the same.
#[tokio::test(start_paused = true)]
async fn accounts_of_many_calls_are_asked_for_at_one_moment() {
    let mints: Vec<Mint> = (10..200).map(mint).collect();
    let asked = |history: &ChainHistory| -> Vec<Address> {
        let accounts = mints.iter().flat_map(|mint| history.token_accounts(*mint));
        let own = std::iter::once(address(WALLET));
        own.chain(accounts.map(address)).collect()
    };
    let script = Script::new([]);
    let history = ChainHistory::new(script.rpc(), WALLET, Vec::new());
    let all = asked(&history);
    let calls = all.chunks(ACCOUNTS_MAX);
    assert_eq!(calls.len(), 4);
    for (place, some) in calls.enumerate() {
        let mut value = vec![None; some.len()];
        if place == 0 {
            value[0] = Some(account(OWNER, Vec::new()));
        }
        let slot = Slot::new(7);
        script.then(Call::Accounts(some.to_vec(), Ok(At { slot, value })));
    }
    let began = Instant::now();

    let held = history.holding(&mints).await.unwrap();

    assert_eq!(began.elapsed(), LATENCY);
    assert_eq!((held.slot, held.tokens.len()), (7, 190));
    script.check_done();
}
