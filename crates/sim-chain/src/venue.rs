//! One venue of the simulated world, as the router asks it.

use std::sync::Arc;

use async_trait::async_trait;
use dex_router::venue::{QuoteError, QuoteRequest, QuoteSource};
use domain::Venue;
use domain::quote::Offer;

use crate::SimChain;

/// Quotes one venue's pools.
#[derive(Debug)]
pub(crate) struct SimVenue {
    pub(crate) venue: Venue,
    pub(crate) chain: Arc<SimChain>,
}

#[async_trait]
impl QuoteSource for SimVenue {
    fn venue(&self) -> Venue {
        self.venue
    }

    async fn quote(&self, request: QuoteRequest) -> Result<Offer, QuoteError> {
        self.chain.quote(self.venue, request).await
    }
}
