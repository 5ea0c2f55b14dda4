//! The books: positions and profits, summed up from settled transactions as they come, and kept. A gateway that has just
//! started reads them all, for a bounded time per request, and the next request goes on; after that a request reads what
//! is new. A fill that changed after it was counted, which is rare, makes it begin anew.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use domain::books::Books;
use domain::{Address, ClientId, Timestamp};
use metrics::{Unit, describe_gauge, gauge};
use ports::Ports;
use ports::fills::{FillFilter, FillPage, Outcome, Place, Settled, Settlement};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

use crate::deadline;
use crate::error::Result;

/// Transactions that are in memory together.
const PAGE: usize = 1_000;
/// Transactions that one page looks at.
const LOOKED_AT: usize = 5_000;
/// If the pages take longer, the answer says that it is not complete.
const TIME: Duration = Duration::from_secs(2);
/// Who has not had its turn by then is refused: another request reads the same books.
const PATIENCE: Duration = Duration::from_secs(5);
/// Clients whose books are kept; those that were asked for longest ago go first.
const KEPT_MAX: usize = 32;
const COUNTED: &str = "books_counted_transactions";

/// Whose books: one client's, or everybody's together.
type Scope = Option<ClientId>;

/// All books that are kept, those that were asked for last at the end.
#[derive(Debug)]
pub(crate) struct BooksDesk {
    ports: Ports,
    kept: StdMutex<Vec<(Scope, Arc<Mutex<Kept>>)>>,
}

/// The books of one scope, as far as they were read.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) books: Books,
    /// Whether everything is counted that is recorded.
    pub(crate) is_complete: bool,
    /// When the last transaction was recorded that is counted.
    pub(crate) up_to: Option<Timestamp>,
    counted: u64,
    reached: Option<Place>,
    corrections: u64,
    unasked: Option<Address>,
}

impl BooksDesk {
    /// Nothing is read yet.
    pub(crate) fn new(ports: &Ports) -> Self {
        let what = "Settled transactions that this gateway's books of all clients have counted";
        describe_gauge!(COUNTED, Unit::Count, what);
        gauge!(COUNTED).set(0);
        Self {
            ports: ports.clone(),
            kept: StdMutex::default(),
        }
    }

    /// Brings the books of a scope up to date, and shows them. Orders that name no wallet count as those of the one that
    /// pays unasked.
    ///
    /// Cancel safety: may be dropped; the next caller goes on.
    pub(crate) async fn show<T>(
        &self,
        scope: Scope,
        unasked: Option<Address>,
        view: impl FnOnce(&Kept) -> T,
    ) -> Result<T> {
        let kept = self.of(&scope);
        let turn = timeout(PATIENCE, kept.lock()).await;
        let mut kept = turn.map_err(|_| ports::Error::Busy { what: "the books" })?;
        self.read_on(&mut kept, &scope, unasked).await?;
        if scope.is_none() {
            // Exact up to 9 thousand million million.
            gauge!(COUNTED).set(kept.counted as f64);
        }
        Ok(view(&kept))
    }

    fn of(&self, scope: &Scope) -> Arc<Mutex<Kept>> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().position(|(of, _)| of == scope);
        let found = place.map(|place| all.remove(place));
        let found = found.unwrap_or_else(|| (scope.clone(), Arc::default()));
        if all.len() == KEPT_MAX {
            all.remove(0);
        }
        let kept = Arc::clone(&found.1);
        all.push(found);
        kept
    }

    async fn read_on(
        &self,
        kept: &mut MutexGuard<'_, Kept>,
        scope: &Scope,
        unasked: Option<Address>,
    ) -> Result<()> {
        let store = &self.ports.store;
        // Before what is new is read: what changes meanwhile is seen the next time.
        let corrections = deadline::read(store.corrections()).await?;
        if corrections != kept.corrections || unasked != kept.unasked {
            **kept = Kept {
                corrections,
                unasked,
                ..Kept::default()
            };
        }
        let filter = FillFilter {
            settled: Settled::All,
            client: scope.clone(),
            ..FillFilter::default()
        };
        let began = self.ports.clock.monotonic();
        loop {
            let page = FillPage {
                after: kept.reached,
                limit: PAGE,
                look: LOOKED_AT,
            };
            let page = deadline::read(store.settled(&filter, page)).await?;
            for settlement in &page.settlements {
                kept.count(settlement);
            }
            kept.reached = page.reached;
            kept.is_complete = page.is_last;
            let took = self.ports.clock.monotonic().saturating_sub(began);
            if page.is_last || took >= TIME {
                return Ok(());
            }
        }
    }
}

impl Kept {
    fn count(&mut self, settlement: &Settlement) {
        let Settlement { place, terms, .. } = settlement;
        let payer = terms.wallet.or(self.unasked);
        self.counted += 1;
        self.up_to = Some(place.at);
        match (&settlement.outcome, settlement.fill()) {
            (_, Some(fill)) => self.books.add_fill(payer, place.at, fill),
            (Outcome::RolledBack { fee_lamports }, None) => {
                let traded = (terms.asset_in, terms.asset_out);
                self.books
                    .add_rolled_back(payer, place.at, traded, *fee_lamports);
            }
            // It is proved never to have landed.
            (Outcome::Filled { .. }, None) => {}
        }
    }
}
