//! The world outside the gateway, as scripts: pools, a simulated cluster, a wallet, transactions.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dex_router::PoolSource;
use dex_router::pools::{FoundPool, PairPools, Unavailable};
use domain::route::PoolRef;
use domain::transaction::{Height, Signature};
use domain::venue::Program;
use domain::{Address, Asset, BaseUnits, Mint, Venue};
use ports::asset_source::Found;
use ports::chain::Error;
use ports::finality::{Root, Stand};
use ports::ledger::{Ledger, LedgerEntry, LedgerFilter, LedgerPage};
use ports::reconciliation::{Held, Listed, Moved, WalletHistory};
use ports::simulation::{Faults, Launch, Launched, Trade};
use ports::transaction_reader::{AccountUse, Field, ReadInstruction, ReadTransaction};
use ports::wallet::{Holding, Means, Wallet};
use ports::{AssetSource, Simulation, Statuses, TransactionReader, WalletView, WalletViews};
use testkit::pool::{pair_pools, pool};

/// The pool that can be used.
pub(crate) const POOL: Address = Address::new([7; 32]);
/// What the cluster refuses to know.
pub(crate) const NO_POOL: Address = Address::new([8; 32]);
const SLOT: u64 = 350_000_000;
const SOL_HELD: u64 = 1_000_000_000_000;
const USDC_HELD: u64 = 150_000_000_000;

/// What a gateway gets beside its backends.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) pools: Arc<dyn PoolSource>,
    pub(crate) assets: Arc<dyn AssetSource>,
    pub(crate) simulation: Option<Arc<dyn Simulation>>,
    pub(crate) wallets: Option<Arc<dyn WalletViews>>,
    pub(crate) transactions: Option<Arc<dyn TransactionReader>>,
    pub(crate) statuses: Option<Arc<dyn Statuses>>,
}

/// Nothing: no pool, and no chain.
impl Default for Outside {
    fn default() -> Self {
        Self {
            pools: Arc::new(NoPools),
            assets: Arc::<Mints>::default(),
            simulation: None,
            wallets: None,
            transactions: None,
            statuses: None,
        }
    }
}

/// A mint that was found out about before.
pub(crate) const KNOWN: Asset = Asset::token(Mint::new(Address::new([21; 32])), 4);
/// One that the chain must be asked for.
pub(crate) const FRESH: Asset = Asset::token(Mint::new(Address::new([22; 32])), 2);
/// One that is not traded.
pub(crate) const HOOKED: Mint = Mint::new(Address::new([23; 32]));
/// One of which the chain says nothing.
pub(crate) const SILENT: Mint = Mint::new(Address::new([24; 32]));

/// These mints, and no others.
#[derive(Debug, Default)]
pub(crate) struct Mints {
    /// How often the chain was asked.
    pub(crate) asked: AtomicUsize,
}

#[async_trait]
impl AssetSource for Mints {
    async fn recall(&self, mint: Mint) -> ports::Result<Option<Found>> {
        Ok((mint == KNOWN.mint).then_some(Found::Asset(KNOWN)))
    }

    async fn look_up(&self, mint: Mint) -> Result<Found, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match mint {
            SILENT => Err(Error::Unavailable("nobody answers".to_owned())),
            HOOKED => Ok(Found::NotTradable("has a transfer hook".to_owned())),
            mint if mint == FRESH.mint => Ok(Found::Asset(FRESH)),
            _ => Ok(Found::NoMint),
        }
    }
}

#[derive(Debug)]
struct NoPools;

#[async_trait]
impl PoolSource for NoPools {
    async fn pools(&self, _: Venue, _: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        Err(Unavailable("nobody answers".to_owned()))
    }

    fn doubt(&self, _: (Mint, Mint)) {}
}

/// Raydium has a pool of 1,000 SOL and 150,000 USDC, Meteora one that is closed.
#[derive(Debug)]
pub(crate) struct TwoPools;

#[async_trait]
impl PoolSource for TwoPools {
    async fn pools(&self, venue: Venue, _: (Mint, Mint)) -> Result<PairPools, Unavailable> {
        let found = match venue {
            Venue::Raydium => pool(POOL, [(Mint::SOL, SOL_HELD), (Asset::USDC.mint, USDC_HELD)]),
            Venue::Meteora => FoundPool {
                pool: at(Program::Dlmm, NO_POOL),
                state: Err("it is closed".to_owned()),
                holds: None,
            },
        };
        Ok(pair_pools(SLOT, vec![found]))
    }

    fn doubt(&self, _: (Mint, Mint)) {}
}

fn at(program: Program, address: Address) -> PoolRef {
    PoolRef {
        program,
        address: Some(address),
    }
}

/// A token that no list has, but the cluster.
pub(crate) const BORN: Asset = Asset::token(Mint::new(Address::new([5; 32])), 9);

/// A cluster that remembers what it was told.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) ledger: Mutex<Vec<LedgerEntry>>,
    pub(crate) trades: Mutex<Vec<Trade>>,
    pub(crate) launches: Mutex<Vec<Launch>>,
    pub(crate) faults: Mutex<Vec<Faults>>,
}

#[async_trait]
impl Ledger for Cluster {
    async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        let lines = self.ledger.lock().expect("nobody panics").clone();
        let start = usize::try_from(filter.after.unwrap_or(0)).expect("a place");
        let matching = lines.iter().enumerate().skip(start).filter(|(_, line)| {
            let wanted = filter.signatures.as_ref();
            wanted.is_none_or(|wanted| wanted.contains(&line.signature))
        });
        let page: Vec<_> = matching.take(filter.limit).collect();
        let next = page.last().map(|(place, _)| *place as u64 + 1);
        Ok(LedgerPage {
            next: next.filter(|next| *next < lines.len() as u64),
            entries: page.into_iter().map(|(_, line)| line.clone()).collect(),
        })
    }
}

#[async_trait]
impl Simulation for Cluster {
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>, Error> {
        Ok((mint == BORN.mint).then_some(BORN))
    }

    async fn trade(&self, trade: &Trade) -> Result<Signature, Error> {
        if trade.pool == NO_POOL {
            return Err(Error::Refused("there is no such pool".to_owned()));
        }
        self.trades.lock().expect("nobody panics").push(*trade);
        Ok(Signature::from_bytes(&[3; 64]))
    }

    async fn launch(&self, launch: &Launch) -> Result<Launched, Error> {
        let mut launches = self.launches.lock().expect("nobody panics");
        launches.push(launch.clone());
        Ok(Launched {
            mint: BORN.mint,
            pool: Address::new([6; 32]),
        })
    }

    async fn set_faults(&self, faults: &Faults) -> Result<(), Error> {
        self.faults.lock().expect("nobody panics").push(*faults);
        Ok(())
    }
}

/// A wallet with 2 SOL, some USDC, and a token without a symbol.
#[derive(Debug)]
pub(crate) struct Purse;

#[async_trait]
impl WalletView for Purse {
    async fn look(&self) -> Result<Wallet, Error> {
        let unlisted = Asset::token(Mint::new(Address::new([9; 32])), 4);
        Ok(Wallet {
            address: Address::new([1; 32]),
            cluster: "mainnet-beta".to_owned(),
            mode: "sim".to_owned(),
            lamports: 2_000_000_000,
            tokens: vec![
                Holding {
                    asset: Asset::USDC,
                    amount: BaseUnits::new(1_500_250_000),
                },
                Holding {
                    asset: unlisted,
                    amount: BaseUnits::new(15),
                },
            ],
        })
    }

    async fn means(&self, asset_in: Asset, asset_out: Asset) -> Result<Means, Error> {
        let wallet = self.look().await?;
        let mut tokens = wallet.tokens.iter();
        let held = tokens.find(|holding| holding.asset == asset_in);
        Ok(Means {
            lamports: wallet.lamports,
            held: match asset_in.is_native() {
                true => BaseUnits::new(wallet.lamports),
                false => held.map_or(BaseUnits::new(0), |holding| holding.amount),
            },
            has_account_out: asset_out.is_native()
                || wallet
                    .tokens
                    .iter()
                    .any(|holding| holding.asset == asset_out),
            account_rent: 2_039_280,
        })
    }
}

impl WalletViews for Purse {
    fn of(&self, _: Address) -> Arc<dyn WalletView> {
        Arc::new(Self)
    }

    fn history(&self, wallet: Address) -> Arc<dyn WalletHistory> {
        Arc::new(NoPast(wallet))
    }
}

fn untold() -> Error {
    Error::Unavailable("nobody tells".to_owned())
}

/// A past that nobody can tell.
#[derive(Debug)]
struct NoPast(Address);

#[async_trait]
impl WalletHistory for NoPast {
    fn wallet(&self) -> Address {
        self.0
    }

    fn token_accounts(&self, _: Mint) -> Vec<Address> {
        Vec::new()
    }

    async fn holding(&self, _: &[Mint]) -> Result<Held, Error> {
        Err(untold())
    }

    async fn older_than(
        &self,
        _: Address,
        _: Option<&Signature>,
        _: u64,
    ) -> Result<Vec<Listed>, Error> {
        Err(untold())
    }

    async fn tells_since(&self, _: u64) -> Result<bool, Error> {
        Err(untold())
    }

    async fn moved(&self, _: &Signature) -> Result<Option<Moved>, Error> {
        Err(untold())
    }
}

/// A chain that shows every transaction but one.
#[derive(Debug)]
pub(crate) struct Explorer {
    pub(crate) unknown: Signature,
}

#[async_trait]
impl TransactionReader for Explorer {
    async fn transaction(&self, signature: &Signature) -> Result<Option<ReadTransaction>, Error> {
        Ok((*signature != self.unknown).then(|| ReadTransaction {
            slot: 9,
            error: None,
            instructions: vec![ReadInstruction {
                program: Address::new([2; 32]),
                program_name: "Raydium CPMM".to_owned(),
                name: "swapBaseInput".to_owned(),
                accounts: vec![AccountUse {
                    address: POOL,
                    role: Some("pool".to_owned()),
                    is_signer: false,
                    is_writable: true,
                }],
                fields: vec![Field {
                    name: "minAmountOut".to_owned(),
                    value: "223875000".to_owned(),
                }],
            }],
        }))
    }
}

/// A chain that knows some signatures, or does not answer.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) known: Mutex<Vec<Signature>>,
    pub(crate) is_away: AtomicBool,
}

#[async_trait]
impl Statuses for Node {
    async fn root(&self) -> Result<Root, Error> {
        match self.is_away.load(Ordering::Relaxed) {
            true => Err(Error::Unavailable("nobody answers".to_owned())),
            false => Ok(Root {
                slot: SLOT,
                height: Height::new(SLOT),
            }),
        }
    }

    async fn of(&self, signatures: &[Signature], _: u64) -> Result<Vec<Option<Stand>>, Error> {
        let known = self.known.lock().expect("nobody panics");
        let stand = Stand {
            slot: SLOT,
            is_final: false,
            has_succeeded: true,
        };
        let stands = signatures.iter();
        Ok(stands
            .map(|of| known.contains(of).then_some(stand))
            .collect())
    }
}
