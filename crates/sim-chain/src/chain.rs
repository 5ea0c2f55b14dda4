//! The simulated chain in this process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dex_router::QuoteSource;
use dex_router::venue::{QuoteError, QuoteRequest};
use domain::Venue;
use domain::quote::Offer;
use domain::transaction::{Height, Signature, SignedTransaction};
use ports::chain::{Chain, Error, Fate, Swap};
use ports::ledger::{LedgerFilter, LedgerPage};
use ports::{Clock, Random, Shutdown};
use tracing::info;

use crate::blocks::{Blocks, Look};
use crate::config::{Pace, SimConfig};
use crate::faults::{Fault, Faults};
use crate::known::{Known, Lookup, Start};
use crate::ledger::{Ledger, LedgerFile, OpenError, Pending};
use crate::mempool::Mempool;
use crate::pools::Pools;
use crate::token::Token;
use crate::transaction::{self, Payload, VALID_BLOCKS};
use crate::venue::SimVenue;
use crate::wallet::Wallet;
use crate::weather::Weather;
use crate::world::World;

/// Added to the usual time of a transaction, because its batch must still be written.
const WRITING_TIME: Duration = Duration::from_millis(50);
/// How often the height is read again; each time the mark has moved 16 blocks ahead of it.
const LOOKS_MAX: usize = 5;

/// Pools, heights, mempool and ledger. It outlives any worker.
#[derive(Debug)]
pub struct SimChain {
    pace: Pace,
    weather: Weather,
    faults: Faults,
    wallet: Wallet,
    world: Arc<World>,
    ledger: Arc<Ledger>,
    mempool: Mempool,
    random: Random,
}

impl SimChain {
    /// Opens the world where its ledger left it, or makes a new one.
    pub fn open(
        config: &SimConfig,
        clock: Arc<dyn Clock>,
        random: Random,
        shutdown: Shutdown,
    ) -> Result<Arc<Self>, OpenError> {
        let path = config.ledger_path.as_deref();
        let file = LedgerFile::open(path, config.seed, random.bits())?;
        let (seed, mark) = (file.seed, file.height_mark);
        let pace = Pace::new(config.latency_scale);
        let world = Arc::new(World {
            blocks: Blocks::from_mark(clock.clone(), pace.block_time, mark),
            clock,
            pools: Pools::new(seed),
            known: Known::default(),
        });
        let ledger = Arc::new(Ledger::start(file, world.clone())?);
        info!(
            seed,
            height = mark,
            "the simulated chain goes on at block {mark}, seed {seed}"
        );
        Ok(Arc::new(Self {
            pace,
            weather: Weather::new(seed, config.failure_rate, pace),
            faults: Faults::default(),
            wallet: Wallet::new(),
            mempool: Mempool {
                world: world.clone(),
                ledger: ledger.clone(),
                shutdown,
            },
            world,
            ledger,
            random,
        }))
    }

    /// The venues of this world, for the router.
    #[must_use]
    pub fn sources(self: &Arc<Self>) -> Vec<Arc<dyn QuoteSource>> {
        let source = |venue| -> Arc<dyn QuoteSource> {
            Arc::new(SimVenue {
                venue,
                chain: Arc::clone(self),
            })
        };
        Venue::ALL.into_iter().map(source).collect()
    }

    /// Faults on order, for tests in this process.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(crate) async fn quote(
        &self,
        venue: Venue,
        request: QuoteRequest,
    ) -> Result<Offer, QuoteError> {
        let delay = self.weather.quote_delay();
        if !delay.is_zero() {
            self.world.clock.sleep(delay).await;
        }
        if self.weather.quote_fails() {
            return Err(QuoteError::Unavailable(
                "the venue did not answer".to_owned(),
            ));
        }
        let height = self
            .height()
            .await
            .map_err(|error| QuoteError::Unavailable(error.to_string()))?;
        let QuoteRequest {
            asset_in,
            asset_out,
            amount_in,
        } = request;
        let (Some(token_in), Some(token_out)) = (Token::of(asset_in), Token::of(asset_out)) else {
            return Err(QuoteError::InsufficientLiquidity);
        };
        self.world
            .pools
            .quote(venue, (token_in, token_out), amount_in, height)
    }

    /// The height, without the failures that status calls simulate.
    pub(crate) async fn height(&self) -> Result<u64, Error> {
        for _ in 0..LOOKS_MAX {
            match self.world.blocks.look() {
                Look::Height(height) => return Ok(height),
                Look::HeightMarkLow(height) => {
                    self.ledger.hint_mark();
                    return Ok(height);
                }
                Look::BeyondMark => self.ledger.move_mark().await?,
            }
        }
        Err(Error::Unavailable(
            "its ledger falls behind its blocks".to_owned(),
        ))
    }

    /// Accepts bytes that anybody may have sent, as [`Chain::send`] does.
    pub(crate) async fn send_bytes(
        &self,
        bytes: &[u8],
        claimed: Option<&Signature>,
    ) -> Result<(), Error> {
        if self.weather.submit_fails() {
            return Err(Error::Unavailable(
                "the transaction did not reach it".to_owned(),
            ));
        }
        let pending = self.read(bytes, claimed)?;
        let height = self.height().await?;
        let last_valid = pending.payload.last_valid_height.get();
        if last_valid < height {
            let reason = format!("it was valid to block {last_valid}, this is block {height}");
            return Err(Error::Refused(reason));
        }
        let fault = self.faults.take();
        self.accept(pending, fault).await?;
        if fault.reply_is_lost || self.weather.reply_is_lost() {
            return Err(Error::Unavailable("the reply was lost".to_owned()));
        }
        Ok(())
    }

    /// Decodes the bytes and checks their signature. Bytes that were signed here are not checked again, which
    /// would double the cost of an order.
    fn read(&self, bytes: &[u8], claimed: Option<&Signature>) -> Result<Pending, Error> {
        let refused = |error: transaction::Malformed| Error::Refused(error.to_string());
        let decoded = transaction::decode(bytes).map_err(refused)?;
        let payload = decoded.payload;
        if let Some(own) = claimed.filter(|claimed| self.world.known.was_signed(claimed, bytes)) {
            return Ok(Pending {
                signature: own.clone(),
                payload,
            });
        }
        let signature = decoded.signature();
        if claimed.is_some_and(|claimed| *claimed != signature) {
            return Err(refused(transaction::Malformed::Signature));
        }
        decoded.verify().map_err(refused)?;
        Ok(Pending { signature, payload })
    }

    async fn accept(&self, pending: Pending, fault: Fault) -> Result<(), Error> {
        if fault.is_dropped {
            return Ok(());
        }
        let signature = pending.signature.clone();
        let departure = match self.world.known.start(&signature) {
            Start::Started(departure) => departure,
            Start::Already => return Ok(()),
            Start::Full => {
                return Err(Error::Unavailable("too many transactions wait".to_owned()));
            }
        };
        let delay = self.weather.execution_delay();
        let held_until = fault
            .held_until
            .map(|height| self.world.blocks.time_of(height.get()));
        if delay.is_zero() && held_until.is_none() {
            self.ledger.execute(pending).await?;
        } else {
            let at = held_until.unwrap_or_else(|| self.world.clock.monotonic() + delay);
            self.mempool.add(at, pending);
        }
        departure.hand_over();
        Ok(())
    }

    async fn look_up(&self, signature: &Signature) -> Result<Fate, Error> {
        match self.world.known.fate(signature) {
            Lookup::Known(fate) => Ok(fate),
            Lookup::AskLedger => self.ledger.fate(signature).await,
        }
    }

    /// Waits as [`Chain::await_fate`] does, without the failures that status calls simulate.
    pub(crate) async fn wait_for_fate(
        &self,
        signature: &Signature,
        limit: Duration,
    ) -> Result<Fate, Error> {
        // Before the look-up: a fate published between look-up and wait would be missed.
        let waiter = self.world.known.wait(signature);
        let fate = self.look_up(signature).await?;
        if fate != Fate::Unknown {
            return Ok(fate);
        }
        tokio::select! {
            biased;
            fate = waiter => Ok(fate),
            () = self.world.clock.sleep(limit) => self.look_up(signature).await,
        }
    }

    fn status_call(&self) -> Result<(), Error> {
        if self.weather.status_fails() {
            Err(Error::Unavailable("a status call got no answer".to_owned()))
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Chain for SimChain {
    async fn build(&self, swap: &Swap) -> Result<SignedTransaction, Error> {
        let last_valid_height = Height::new(self.height().await? + VALID_BLOCKS);
        let payload = Payload::new(swap, self.random.bits(), last_valid_height)?;
        let transaction = payload.sign(&self.wallet);
        self.world
            .known
            .signed(&transaction.signature, &transaction.bytes);
        Ok(transaction)
    }

    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error> {
        self.send_bytes(&transaction.bytes, Some(&transaction.signature))
            .await
    }

    async fn finalized_height(&self) -> Result<Height, Error> {
        self.status_call()?;
        self.height().await.map(Height::new)
    }

    async fn fate(&self, signature: &Signature) -> Result<Fate, Error> {
        self.status_call()?;
        self.look_up(signature).await
    }

    async fn await_fate(&self, signature: &Signature, limit: Duration) -> Result<Fate, Error> {
        self.status_call()?;
        self.wait_for_fate(signature, limit).await
    }

    fn usual_time(&self) -> Duration {
        self.pace.usual_time() + WRITING_TIME
    }
}

#[async_trait]
impl ports::Ledger for SimChain {
    async fn entries(&self, filter: &LedgerFilter) -> Result<LedgerPage, Error> {
        self.ledger.entries(filter).await
    }
}

#[cfg(test)]
mod tests;
