//! Orders that buy an exact amount: only a pool of the pair can sell one.

use domain::order::Terms;

use super::Intake;
use super::request::Request;
use crate::error::{ApiError, Code, Result};

impl Intake {
    /// Refuses to buy an exact amount where the pair has no pool, which alone could sell it. Where that is not known, it
    /// is found out when the order executes.
    pub(super) async fn admit_purchase(&self, terms: &Terms) -> Result<()> {
        let (Some(router), Some(_)) = (&self.router, terms.amount_out) else {
            return Ok(());
        };
        match router.pools(terms.asset_in, terms.asset_out).await {
            Ok(report) if report.pools.is_empty() => {
                let detail = "no pool of this pair can sell an exact amount: name the amount to sell instead";
                Err(ApiError::new(Code::ExactOutNotAvailable, detail))
            }
            _ => Ok(()),
        }
    }
}

impl Request<'_> {
    pub(super) fn is_purchase(&self) -> bool {
        let terms = self.terms.as_ref();
        terms.is_ok_and(|terms| terms.amount_out.is_some())
    }
}
