//! What operators may do to the world, and its ledger.

use async_trait::async_trait;
use domain::asset::TokenProgram;
use domain::transaction::Signature;
use domain::{Address, Asset, Mint};
use ports::chain::Error;
use ports::ledger::{Ledger, LedgerFilter, LedgerPage};
use ports::simulation::{Faults, Launch, Launched, Part, Simulation, Trade};

use super::World;
use crate::bank::{self, address};
use crate::cluster::{Commitment, Snapshot};
use crate::market::{self, NotLaunched, NotTraded};

/// Blocks in which what was put there is confirmed, whatever vanishes.
const CONFIRMING_BLOCKS_MAX: u32 = 16;

/// Signatures that one call may ask the ledger for.
pub(crate) const SIGNATURES_MAX: usize = 10_000;

impl World {
    /// Whoever is told of an account finds it, whichever commitment he asks with.
    async fn until_confirmed(&self, key: solana_address::Address) {
        for _ in 0..CONFIRMING_BLOCKS_MAX {
            self.cluster.next_block().await;
            let shows = |chain: Snapshot<'_>| chain.accounts().get(&key).is_some();
            self.cluster.touch(&[]);
            if self.cluster.read(Commitment::Confirmed, shows) {
                return;
            }
        }
    }
}

#[async_trait]
impl Ledger for World {
    async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        let asked = filter.signatures.as_ref().map_or(0, Vec::len);
        if asked > SIGNATURES_MAX {
            let reason = format!("at most {SIGNATURES_MAX} signatures in one call");
            return Err(Error::Refused(reason));
        }
        // Blocks are closed by whoever looks.
        self.cluster.touch(&[]);
        self.cluster.store().entries(filter).await
    }
}

#[async_trait]
impl Simulation for World {
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>, Error> {
        let key = of_domain(mint.address());
        let account = self
            .cluster
            .in_block(|block| block.bank().accounts().get(&key).cloned());
        let asset = account.and_then(|account| {
            let program = match account.owner {
                address::TOKEN => TokenProgram::Token,
                address::TOKEN_2022 => TokenProgram::Token2022,
                _ => return None,
            };
            let decimals = bank::Mint::read(&account.data).ok()?.decimals;
            Some(Asset {
                mint,
                decimals,
                program,
            })
        });
        Ok(asset)
    }

    async fn trade(&self, trade: &Trade) -> Result<Signature, Error> {
        let trade = market::Trade {
            pool: of_domain(trade.pool),
            mint_in: of_domain(trade.mint_in.address()),
            amount_in: trade.amount_in.get(),
        };
        let landed = self.cluster.in_block(|block| {
            let mut tended = self.market.lock();
            let processed = tended.market.trade(block.bank_mut(), &trade)?;
            Ok(block.add(processed))
        });
        let landed = landed.map_err(|error: NotTraded| refused(&error))?;
        let signature = landed.transaction.signature();
        Ok(Signature::from_bytes(signature.as_array()))
    }

    async fn launch(&self, launch: &Launch) -> Result<Launched, Error> {
        let launched = self.cluster.in_block(|block| {
            let now = block.bank().environment().clock.to_amm().unix_time;
            let launch = market::Launch {
                decimals: launch.decimals,
                program: launch.program,
                liquidity_lamports: launch.liquidity_lamports,
                opens_at: now.saturating_add(launch.open_in_ms.div_ceil(1_000)),
                freeze_authority: launch.freeze_authority,
                mint_authority: launch.extras.mint_authority,
                held_percent: launch.extras.held_percent,
                part: match launch.extras.part {
                    Part::Whole => market::Part::Whole,
                    Part::Mint => market::Part::Mint,
                    Part::PoolOf(mint) => market::Part::PoolOf(of_domain(mint.address())),
                },
                starting_fee: launch.extras.starting_fee.map(|fee| market::StartingFee {
                    bps: fee.bps,
                    falls_for_seconds: fee.falls_for_ms.div_ceil(1_000),
                }),
            };
            let mut tended = self.market.lock();
            tended.market.launch(block.bank_mut(), &launch)
        });
        let launched = launched.map_err(|error: NotLaunched| refused(&error))?;
        self.until_confirmed(launched.mint).await;
        Ok(Launched {
            mint: Mint::new(Address::new(launched.mint.to_bytes())),
            pool: Address::new(launched.pool.to_bytes()),
        })
    }

    async fn set_faults(&self, faults: &Faults) -> Result<(), Error> {
        let Faults {
            send_dropped,
            land_late,
            land_before_expiry,
            reply_lost,
            too_many_requests,
            unavailable,
            node_behind,
            time_out,
            block_vanishes,
            confirmed_block_vanishes,
            socket_drops,
            read_lag_slots: _,
            height_is_slot: _,
            transaction_null_ms: _,
            outage: _,
        } = *faults;
        let chances = [
            send_dropped,
            land_late,
            land_before_expiry,
            reply_lost,
            too_many_requests,
            unavailable,
            node_behind,
            time_out,
            block_vanishes,
            confirmed_block_vanishes,
            socket_drops,
        ];
        if chances.iter().any(|chance| !(0.0..=1.0).contains(chance)) {
            return Err(Error::Refused("chances are from 0 to 1".to_owned()));
        }
        self.service.set_faults(faults);
        Ok(())
    }
}

const fn of_domain(address: Address) -> solana_address::Address {
    solana_address::Address::new_from_array(*address.bytes())
}

fn refused(error: &dyn std::error::Error) -> Error {
    Error::Refused(error.to_string())
}
