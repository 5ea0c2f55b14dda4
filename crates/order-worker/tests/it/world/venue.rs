//! A venue that does what a test says.

use std::sync::Arc;

use async_trait::async_trait;
use dex_router::QuoteSource;
use dex_router::venue::{QuoteError, QuoteRequest};
use domain::quote::Offer;
use domain::route::PoolRef;
use domain::venue::Program;
use domain::{BaseUnits, Venue};
use tokio::sync::watch;

/// How the venue answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Offers,
    /// It lets every caller wait until its mood changes.
    Hesitates,
    Unavailable,
    NoLiquidity,
}

#[derive(Debug)]
pub(crate) struct ScriptedVenue {
    mood: watch::Sender<Mood>,
    waiting: watch::Sender<usize>,
}

impl ScriptedVenue {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            mood: watch::Sender::new(Mood::Offers),
            waiting: watch::Sender::new(0),
        })
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How many wait for an answer now.
    pub(crate) fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }
}

struct Waiting<'a>(&'a watch::Sender<usize>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

#[async_trait]
impl QuoteSource for ScriptedVenue {
    fn venue(&self) -> Venue {
        Venue::Meteora
    }

    async fn quote(&self, _: QuoteRequest) -> Result<Offer, QuoteError> {
        self.waiting.send_modify(|waiting| *waiting += 1);
        let _waiting = Waiting(&self.waiting);
        let mut mood = self.mood.subscribe();
        let decided = mood.wait_for(|mood| *mood != Mood::Hesitates).await;
        match decided.map(|mood| *mood) {
            Ok(Mood::Offers) => Ok(Offer {
                pool: PoolRef::unaddressed(Program::DammV2),
                amount_out: BaseUnits::new(225_000_000),
                fee_ppm: 3_000,
                impact_ppm: 10,
            }),
            Ok(Mood::NoLiquidity) => Err(QuoteError::InsufficientLiquidity),
            _ => Err(QuoteError::Unavailable("closed for the day".to_owned())),
        }
    }
}
