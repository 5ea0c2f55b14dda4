//! What an amount would bring, for those who only want to know.

use std::sync::Arc;

use domain::BaseUnits;

use super::{RouteRequest, Router, opens_in};
use crate::offers::Asked;
use crate::pools::PoolSource;
use crate::thirds::Third;

/// What a route would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub amount_out: BaseUnits,
    /// The slot of the oldest pool that it was read from.
    pub slot: u64,
    /// That of the newest pool that was looked at: what a later look shows of an older one may have been seen already.
    pub newest: u64,
    /// Whether every venue and every third token that was asked answered: otherwise more may be paid somewhere.
    pub is_whole: bool,
}

/// Why nobody knows what an amount would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// Somebody did not answer who may have a route.
    Unanswered,
    /// All answered, and there is no route for it now.
    NoRoute,
}

/// What one look at a pair's pools shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    pub look: Result<Look, Unseen>,
    /// In how many seconds the first pool opens that a sniper may use then.
    pub opens_in: Option<u64>,
}

impl Sight {
    /// Nobody was asked.
    pub const NONE: Self = Self {
        look: Err(Unseen::Unanswered),
        opens_in: None,
    };
}

impl Router {
    /// The same that can look at these pools as somebody else shows them.
    #[must_use]
    pub fn with_elsewhere(self, source: Arc<dyn PoolSource>) -> Self {
        Self {
            elsewhere: Some(source),
            ..self
        }
    }

    /// The same over what somebody else shows, where there is somebody: for the second of two looks that must agree.
    #[must_use]
    pub fn elsewhere(&self) -> Option<Self> {
        let source = Arc::clone(self.elsewhere.as_ref()?);
        Some(Self {
            source,
            ..self.clone()
        })
    }

    /// What the best route would bring.
    pub async fn look_at(&self, request: &RouteRequest) -> Sight {
        let (asked, thirds) = Box::pin(self.ask_all(request)).await;
        let is_whole = asked.iter().all(|asked| asked.answer.is_ok())
            && !thirds.iter().any(|third| third.is_unsure());
        let Ok(choice) = self.choose(&asked, &thirds, request) else {
            let unseen = match is_whole {
                true => Unseen::NoRoute,
                false => Unseen::Unanswered,
            };
            return Sight {
                look: Err(unseen),
                opens_in: opens_in(&asked, request),
            };
        };
        let look = Look {
            amount_out: choice.expected_amount_out,
            slot: choice.quoted_at,
            newest: newest(&asked, &thirds).unwrap_or(choice.quoted_at),
            is_whole,
        };
        Sight {
            look: Ok(look),
            opens_in: None,
        }
    }
}

/// The newest slot that any of these pools was read at.
fn newest(asked: &[Asked], thirds: &[Third]) -> Option<u64> {
    let direct = asked.iter().flat_map(Asked::pools);
    let direct = direct.map(|(among, _, _)| among.slot);
    let around = thirds.iter().flat_map(|it| it.to.iter().chain(&it.from));
    let around = around.filter_map(|it| it.pools.as_ref().ok());
    let around = around.map(|found| found.slot);
    direct.chain(around).max()
}
