//! A swap as a signed transaction.

use amm::Address;
use domain::Token;
use domain::transaction::{Height, SignedTransaction};
use ports::chain::{Error, Swap};
use tokio::time::timeout;

use super::SolanaChain;
use super::route::{Best, Wish};
use crate::build::budget::{Budget, Work};
use crate::build::compile::Message;
use crate::build::{self, Execution, Leg, WRAPPED_ACCOUNT_BYTES};
use crate::keys;
use crate::rpc::{Blockhash, View};

/// Blocks that a transaction is given beyond its blockhash's own limit before anybody calls it dead.
const BLOCKS_TO_SPARE: u64 = 32;

impl SolanaChain {
    pub(super) async fn build_swap(&self, swap: &Swap) -> Result<SignedTransaction, Error> {
        let pool = swap.choice.pool;
        let program = self.program(pool);
        let program = program.ok_or_else(|| {
            Error::Refused(format!("this cluster has no program for {}", pool.name()))
        })?;
        let wish = Wish {
            mints: (mint(swap.token_in)?, mint(swap.token_out)?),
            amount_in: swap.amount_in.get(),
            min_amount_out: swap.choice.min_amount_out.get(),
        };
        let best = self.best(program, wish).await?.ok_or_else(|| {
            Error::Unavailable(format!(
                "no {} pool of {} and {} fills the amount",
                pool.name(),
                swap.token_in,
                swap.token_out
            ))
        })?;
        let blockhash = self.rpc.latest_blockhash(View::CONFIRMED).await?.value;
        let message = self.message(swap, &best, blockhash).await?;
        self.sign(&message, blockhash).await
    }

    async fn message(
        &self,
        swap: &Swap,
        best: &Best,
        blockhash: Blockhash,
    ) -> Result<Message, Error> {
        let epoch = best.snapshot.now.epoch;
        let wrapped_rent = self.rents.minimum(WRAPPED_ACCOUNT_BYTES, epoch).await?;
        let leg = Leg {
            pool: &best.pool,
            direction: best.direction,
            amounts: best.amounts,
        };
        let output_is_token = !best.path[1].is_native();
        let work = Work {
            associated_accounts: u32::from(output_is_token),
            wraps: best.path.iter().any(build::Asset::is_native),
        };
        let wallet = self.signer.address();
        let execution = Execution {
            order_id: swap.order_id,
            number: swap.execution,
            wallet,
            path: &best.path,
            legs: &[leg],
            budget: Budget {
                units: work.units([(&best.pool, best.bins)]),
                price: self.settings.price,
            },
            wrapped_rent,
        };
        let refused = |error: build::Error| Error::Refused(error.to_string());
        let instructions = build::instructions(&execution).map_err(refused)?;
        Message::compile(wallet, &instructions, blockhash.hash, &[]).map_err(refused)
    }

    async fn sign(
        &self,
        message: &Message,
        blockhash: Blockhash,
    ) -> Result<SignedTransaction, Error> {
        // A signature that comes later is thrown away with the future.
        let signing = timeout(
            self.settings.signing_limit,
            self.signer.sign(message.bytes()),
        );
        let signature = match signing.await {
            Ok(Ok(signature)) => signature,
            Ok(Err(keys::Error::Unavailable(why))) => return Err(Error::Unavailable(why)),
            Ok(Err(keys::Error::Refused(why))) => return Err(Error::Refused(why)),
            Err(_) => return Err(Error::Unavailable("no signature in time".to_owned())),
        };
        let last_valid = blockhash.last_valid_height.get();
        let last_valid = Height::new(last_valid.saturating_add(BLOCKS_TO_SPARE));
        Ok(message.signed(signature, last_valid))
    }
}

fn mint(token: Token) -> Result<Address, Error> {
    let mint = token.mint().parse();
    mint.map_err(|_| Error::Refused(format!("the mint of {token} is no address")))
}
