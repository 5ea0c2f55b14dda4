//! A wallet's past, read back from the ledger: which transactions name it, and what each did to its lamports and to the
//! tokens in its usual accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use amm::token::TokenAccount;
use async_trait::async_trait;
use domain::asset::{Asset, Mint, TokenProgram};
use domain::transaction::{Blockhash, Signature as Stored};
use futures_util::future::try_join_all;
use ports::chain;
use ports::reconciliation::{Held, Listed, Moved, WalletHistory};

use crate::address::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM, associated_token};
use crate::chain::fate::parse;
use crate::convert::address;
use crate::death::GAP_MAX;
use crate::message::Decoded;
use crate::rpc::transaction::TokenBalance;
use crate::rpc::{
    ACCOUNTS_MAX, Account, Address, At, Commitment, ENTRIES_MAX, EntryPage, Rpc, Slot, Transaction,
    View,
};

/// Tokens that are looked for although nobody asks for them: what goes beyond is left out.
const LISTED_MAX: usize = ACCOUNTS_MAX - 1;
/// How often accounts of more than one call are read that must be of one bank.
const TRIES: u32 = 8;

/// The past of one wallet.
#[derive(Debug)]
pub struct ChainHistory {
    rpc: Arc<dyn Rpc>,
    wallet: domain::Address,
    listed: Vec<Asset>,
}

impl ChainHistory {
    /// Nothing is asked yet. These tokens are looked for anyway.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, wallet: domain::Address, mut listed: Vec<Asset>) -> Self {
        listed.truncate(LISTED_MAX);
        Self {
            rpc,
            wallet,
            listed,
        }
    }

    /// All of one bank, which is soon another one: they are asked for at one moment.
    async fn read(&self, addresses: &[Address]) -> Result<At<Vec<Option<Account>>>, chain::Error> {
        for _ in 0..TRIES {
            let parts = addresses.chunks(ACCOUNTS_MAX);
            let asking = parts.map(|some| self.rpc.accounts(some, View::FINALIZED));
            let found = try_join_all(asking).await?;
            let Some(slot) = found.first().map(|it| it.slot) else {
                break;
            };
            if found.iter().all(|it| it.slot == slot) {
                let value = found.into_iter().flat_map(|it| it.value).collect();
                return Ok(At { slot, value });
            }
        }
        let why = "the wallet's accounts could not be read of one bank";
        Err(chain::Error::Unavailable(why.to_owned()))
    }
}

#[async_trait]
impl WalletHistory for ChainHistory {
    fn wallet(&self) -> domain::Address {
        self.wallet
    }

    fn token_accounts(&self, mint: Mint) -> Vec<domain::Address> {
        let own = address(self.wallet);
        let known = self.listed.iter().find(|it| it.mint == mint);
        let programs = TokenProgram::ALL.iter().copied();
        let programs = programs.filter(|it| known.is_none_or(|known| known.program == *it));
        let accounts = programs.map(|program| usual(own, address(mint.address()), program));
        accounts.map(|it| domain::Address::new(it.0)).collect()
    }

    async fn holding(&self, also: &[Mint]) -> Result<Held, chain::Error> {
        let mut mints: Vec<Mint> = self.listed.iter().map(|it| it.mint).collect();
        mints.extend(also);
        mints.sort_unstable();
        mints.dedup();
        let accounts = |mint: Mint| {
            let accounts = self.token_accounts(mint).into_iter();
            accounts.map(move |account| (mint, address(account)))
        };
        let of_tokens: Vec<(Mint, Address)> = mints.iter().copied().flat_map(accounts).collect();
        let own = std::iter::once(address(self.wallet));
        let all = own.chain(of_tokens.iter().map(|(_, account)| *account));
        let found = self.read(&all.collect::<Vec<_>>()).await?;
        let mut accounts = found.value.into_iter();
        // An account that was never paid in does not exist.
        let own = accounts.next().flatten();
        let mut tokens: BTreeMap<Mint, u64> = BTreeMap::new();
        for ((mint, _), account) in of_tokens.iter().zip(accounts) {
            let read = account.and_then(|it| TokenAccount::read(&it.data));
            *tokens.entry(*mint).or_default() += read.map_or(0, |it| it.amount);
        }
        Ok(Held {
            slot: found.slot.get(),
            lamports: own.map_or(0, |account| account.lamports.get()),
            tokens,
        })
    }

    async fn older_than(
        &self,
        account: domain::Address,
        before: Option<&Stored>,
        at_least: u64,
    ) -> Result<Vec<Listed>, chain::Error> {
        let page = EntryPage {
            limit: ENTRIES_MAX,
            before: before.map(parse).transpose()?,
        };
        let view = View::FINALIZED.since(Slot::new(at_least));
        let entries = self
            .rpc
            .signatures_for_address(address(account), page, view)
            .await?;
        let listed = entries.into_iter().map(|entry| Listed {
            signature: Stored::from_bytes(entry.signature.as_array()),
            slot: entry.slot.get(),
        });
        Ok(listed.collect())
    }

    async fn tells_since(&self, slot: u64) -> Result<bool, chain::Error> {
        let blocks = self.rpc.blocks(Slot::new(slot), 1, Commitment::Finalized);
        let first = blocks.await?.first().copied();
        Ok(first.is_none_or(|first| first.get() <= slot.saturating_add(GAP_MAX)))
    }

    async fn moved(&self, signature: &Stored) -> Result<Option<Moved>, chain::Error> {
        let signature = parse(signature)?;
        let found = self
            .rpc
            .transaction(&signature, Commitment::Finalized)
            .await?;
        Ok(found.and_then(|found| moved(&found, address(self.wallet))))
    }
}

/// A wallet's usual account of a token.
fn usual(wallet: Address, mint: Address, program: TokenProgram) -> Address {
    let program = match program {
        TokenProgram::Token => TOKEN_PROGRAM,
        TokenProgram::Token2022 => TOKEN_2022_PROGRAM,
    };
    associated_token(wallet, mint, program)
}

/// What a transaction did to the tokens in a wallet's usual accounts.
fn tokens(transaction: &Transaction, keys: &[Address], wallet: Address) -> BTreeMap<Mint, i128> {
    let meta = &transaction.meta;
    let mut changes: BTreeMap<Mint, i128> = BTreeMap::new();
    let mut add = |balances: &[TokenBalance], sign: i128| {
        for balance in balances {
            let Some(account) = keys.get(balance.index) else {
                continue;
            };
            let is_usual =
                |program: &TokenProgram| *account == usual(wallet, balance.mint, *program);
            let is_others = balance.owner.is_some_and(|owner| owner != wallet);
            if !is_others && TokenProgram::ALL.iter().any(is_usual) {
                let mint = Mint::new(domain::Address::new(balance.mint.0));
                *changes.entry(mint).or_default() += sign * i128::from(balance.amount);
            }
        }
    };
    add(&meta.pre_tokens, -1);
    add(&meta.post_tokens, 1);
    changes.retain(|_, change| *change != 0);
    changes
}

/// What a transaction did to a wallet. Nothing where its balances do not say.
fn moved(transaction: &Transaction, wallet: Address) -> Option<Moved> {
    let meta = &transaction.meta;
    let Ok(decoded) = Decoded::read(&transaction.bytes, &meta.loaded) else {
        // Of a kind that this version cannot read, and so none that it has signed.
        return None;
    };
    let place = decoded.keys.iter().position(|key| *key == wallet);
    let is_signed = place.is_some_and(|place| place < decoded.signatures);
    let lamports = match place {
        Some(place) => {
            let [before, after] = [&meta.pre_balances, &meta.post_balances]
                .map(|balances| balances.get(place).map(|it| i128::from(it.get())));
            after? - before?
        }
        // Named by what a lookup table once held.
        None => 0,
    };
    Some(Moved {
        blockhash: Some(Blockhash::new(decoded.blockhash.to_bytes())),
        is_signed,
        has_succeeded: meta.outcome.is_ok(),
        fee: match place {
            Some(0) => meta.fee.get(),
            _ => 0,
        },
        lamports,
        tokens: tokens(transaction, &decoded.keys, wallet),
    })
}

#[cfg(test)]
mod tests;
