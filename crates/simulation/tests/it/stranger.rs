//! Somebody who moves tokens beside the engine: with its key, and with a key of its own.

use std::time::Duration;

use chain_solana::address::{
    ASSOCIATED_TOKEN_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM, associated_token,
};
use chain_solana::keys::{Signer as _, Wallet};
use chain_solana::rpc::{Commitment, Signature, View};
use chain_solana::{Rpc, rpc};
use domain::{Asset, WalletName};
use sim_chain::cluster::GENESIS_HASH;

use crate::world::World;

/// More than what it pays for a transaction and for its account.
const LAMPORTS: u64 = 10_000_000;
const TRANSFER: u8 = 3;

/// An instruction: its program's place, its accounts' places, its data.
type Placed<'a> = (u8, &'a [u8], &'a [u8]);

/// The engine's wallet and another one, with their accounts of one token.
pub(crate) struct Stranger {
    engine: Wallet,
    own: Wallet,
    mint: rpc::Address,
}

impl Stranger {
    pub(crate) fn of(asset: Asset) -> Self {
        let name = WalletName::parse("stranger").unwrap();
        Self {
            engine: Wallet::of_simulated_cluster(&GENESIS_HASH),
            own: Wallet::named_of_simulated_cluster(&GENESIS_HASH, &name),
            mint: rpc::Address(*asset.mint.address().bytes()),
        }
    }

    fn account_of(&self, wallet: &Wallet) -> rpc::Address {
        associated_token(wallet.address(), self.mint, TOKEN_PROGRAM)
    }

    /// With the engine's key: so many units, and lamports to live on.
    pub(crate) async fn takes(&self, units: u64, world: &World) {
        let (engine, own) = (self.engine.address(), self.own.address());
        let (from, to) = (self.account_of(&self.engine), self.account_of(&self.own));
        let keys = [
            engine,
            own,
            from,
            to,
            self.mint,
            SYSTEM_PROGRAM,
            TOKEN_PROGRAM,
            ASSOCIATED_TOKEN_PROGRAM,
        ];
        let lamports = [&2_u32.to_le_bytes()[..], &LAMPORTS.to_le_bytes()].concat();
        let transfer = [&[TRANSFER][..], &units.to_le_bytes()].concat();
        let instructions: [Placed<'_>; 3] = [
            (5, &[0, 1], &lamports),
            (7, &[0, 3, 1, 4, 5, 6], &[1]),
            (6, &[2, 3, 0], &transfer),
        ];
        land(&*world.rpc(), &self.engine, (&keys, 4), &instructions).await;
    }

    /// With its own key, to the engine's account: the engine's wallet is not named.
    pub(crate) async fn gives(&self, units: u64, world: &World) {
        let (from, to) = (self.account_of(&self.own), self.account_of(&self.engine));
        let keys = [self.own.address(), from, to, TOKEN_PROGRAM];
        let transfer = [&[TRANSFER][..], &units.to_le_bytes()].concat();
        let instructions: [Placed<'_>; 1] = [(3, &[1, 2, 0], &transfer)];
        land(&*world.rpc(), &self.own, (&keys, 1), &instructions).await;
    }
}

/// Signs a message whose first key alone signs and whose last so many are only read, and sees it land.
async fn land(
    rpc: &dyn Rpc,
    payer: &Wallet,
    (keys, read): (&[rpc::Address], u8),
    instructions: &[Placed<'_>],
) {
    let length = |of: usize| u8::try_from(of).unwrap();
    let newest = rpc.latest_blockhash(View::CONFIRMED).await.unwrap();
    let mut message = vec![1, 0, read, length(keys.len())];
    for key in keys {
        message.extend(key.0);
    }
    message.extend(newest.value.hash.to_bytes());
    message.push(length(instructions.len()));
    for (program, accounts, data) in instructions {
        message.extend([*program, length(accounts.len())]);
        message.extend(*accounts);
        message.push(length(data.len()));
        message.extend(*data);
    }
    let signature: Signature = payer.sign(&message).await.unwrap();
    let bytes = [&[1][..], signature.as_ref(), &message].concat();
    rpc.send(&bytes).await.unwrap();
    loop {
        let found = rpc.transaction(&signature, Commitment::Confirmed).await;
        if let Some(found) = found.unwrap() {
            assert_eq!(found.meta.outcome, Ok(()), "{:?}", found.meta.logs);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
