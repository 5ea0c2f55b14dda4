//! What an amount would bring, for those who only want to know.

use domain::BaseUnits;

use super::{RouteRequest, Router};

/// What a route would bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub amount_out: BaseUnits,
    /// The slot of the oldest pool that it was read from.
    pub slot: u64,
    /// Whether every venue and every third token that was asked answered: otherwise more may be paid somewhere.
    pub is_whole: bool,
}

impl Router {
    /// What the best route would bring; absent where there is none.
    pub async fn look_at(&self, request: &RouteRequest) -> Option<Look> {
        let (asked, thirds) = Box::pin(self.ask_all(request)).await;
        let choice = self.choose(&asked, &thirds, request).ok()?;
        let is_whole = asked.iter().all(|asked| asked.answer.is_ok())
            && !thirds.iter().any(|third| third.is_unsure());
        Some(Look {
            amount_out: choice.expected_amount_out,
            slot: choice.quoted_at,
            is_whole,
        })
    }
}
