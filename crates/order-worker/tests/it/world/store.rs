//! A way to the store on which answers get lost, or that is blocked altogether.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ports::order_store::Company;
use ports::{Error, Result};
use testkit::faulty_store::{Outcome, Weather, Write};

#[derive(Debug, Default)]
pub(crate) struct Losses {
    is_away: AtomicBool,
    claims_unheard: AtomicU32,
    grants_unheard: AtomicU32,
    records_unheard: AtomicU32,
    expiries: AtomicU32,
    expiries_unheard: AtomicU32,
    holds_expiries: AtomicBool,
}

impl Losses {
    pub(crate) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// The next claims take effect, but their answers are lost.
    pub(crate) fn lose_answers_to_claims(&self, count: u32) {
        self.claims_unheard.store(count, Ordering::SeqCst);
    }

    /// The next grants take effect, but their answers are lost.
    pub(crate) fn lose_grants(&self, count: u32) {
        self.grants_unheard.store(count, Ordering::SeqCst);
    }

    /// The next events are recorded, but the answers are lost.
    pub(crate) fn lose_answers_to_records(&self, count: u32) {
        self.records_unheard.store(count, Ordering::SeqCst);
    }

    /// The next orders expire, but the answers are lost.
    pub(crate) fn lose_answers_to_expiries(&self, count: u32) {
        self.expiries_unheard.store(count, Ordering::SeqCst);
    }

    /// How often orders were to expire.
    pub(crate) fn expiries(&self) -> u32 {
        self.expiries.load(Ordering::SeqCst)
    }

    /// From now on calls to expire orders never return.
    pub(crate) fn hold_expiries(&self) {
        self.holds_expiries.store(true, Ordering::SeqCst);
    }

    fn reach(&self) -> Result<()> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(Error::unavailable("the store", "taken away by the test")),
            false => Ok(()),
        }
    }
}

impl Weather for Losses {
    async fn ask<T: Send>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.reach()?;
        call.await
    }

    async fn tell<T: Outcome>(
        &self,
        write: Write,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        if matches!(write, Write::Expire(_)) {
            self.expiries.fetch_add(1, Ordering::SeqCst);
            if self.holds_expiries.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
        }
        self.reach()?;
        let answer = call.await?;
        let is_lost = match write {
            Write::Claim(_, _, Company::Others)
                if answer.has_won() && counts_down(&self.grants_unheard) =>
            {
                true
            }
            Write::Claim(..) => counts_down(&self.claims_unheard),
            Write::Record(_) | Write::RecordSubmission(_) => counts_down(&self.records_unheard),
            Write::Expire(_) => counts_down(&self.expiries_unheard),
            _ => false,
        };
        match is_lost {
            true => Err(Error::outcome_unknown("the store", "lost by the test")),
            false => Ok(answer),
        }
    }
}

/// Whether some are left, of which this is one.
pub(super) fn counts_down(left: &AtomicU32) -> bool {
    let fewer = |left: u32| left.checked_sub(1);
    let counted = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer);
    counted.is_ok()
}
