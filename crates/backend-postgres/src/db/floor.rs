//! Remembers where the entries of open orders begin in an index.
//!
//! An order that ends leaves its entry in the indexes of open orders until no snapshot can see the
//! old row any more. While somebody keeps a snapshot for an hour, as a backup does, that is every
//! order of the hour, and each search for the oldest open order walks over all of them. So this
//! module remembers the place that was found, and the next search begins there.
//!
//! No order comes in below that place, because an order's due time and expiry are later than the
//! moment it is written. Writes under way and clocks that differ are the reason why the place stays
//! a margin behind the present, and why a search begins at the start from time to time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

/// Below all entries: nothing is known.
const START: i64 = i64::MIN;
/// A place found this recently is not searched for again.
const FRESH: Duration = Duration::from_millis(500);
/// Longer than any statement may take from reading the clock to its commit.
const MARGIN: Duration = Duration::from_secs(10);
/// How often a search begins at the start.
const AFRESH_EVERY: Duration = Duration::from_secs(60);
/// A slow search from the start is repeated less often: it takes at most 2 % of the time.
const AFRESH_SHARE: u32 = 50;

const OLDEST_DUE: &str = "-- find_oldest_due
select now_ms() as now,
       (select o.due_at from orders o
        where o.due_at is not null and o.due_at >= $1
        order by o.due_at, o.id limit 1) as oldest";

const FIRST_TO_EXPIRE: &str = "-- find_first_to_expire
select now_ms() as now,
       (select o.expires_at from orders o
        where o.expires_at is not null and o.due_at is not null and o.expires_at >= $1
        order by o.expires_at limit 1) as oldest";

/// The least id that an order can have which came in at this time: ids begin with theirs.
macro_rules! first_id_at {
    ($millis:literal) => {
        concat!(
            "rpad(lpad(to_hex(greatest(",
            $millis,
            "::int8, 0)), 12, '0'), 32, '0')::uuid"
        )
    };
}
pub(crate) use first_id_at;

const OLDEST_BEGUN: &str = concat!(
    "-- find_oldest_begun
select now_ms() as now,
       (select ('x' || left(replace(b.order_id::text, '-', ''), 12))::bit(48)::int8
        from orders_begun b
        where b.order_id >= ",
    first_id_at!("$1"),
    "
        order by b.order_id limit 1) as oldest"
);

/// The places of a store.
#[derive(Debug)]
pub(crate) struct Floors {
    /// No open order is due before.
    pub(crate) due: Floor,
    /// No open order expires before.
    pub(crate) expiry: Floor,
    /// When the oldest order came in that has begun and has not ended. One below it may begin at any time:
    /// whoever counts asks for those apart.
    pub(crate) begun: Floor,
}

impl Floors {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            due: Floor::new(OLDEST_DUE),
            expiry: Floor::new(FIRST_TO_EXPIRE),
            begun: Floor::new(OLDEST_BEGUN),
        }
    }
}

/// A remembered place.
#[derive(Debug)]
pub(crate) struct Floor {
    sql: &'static str,
    place: AtomicI64,
    looks: Mutex<Looks>,
}

/// When the place was last searched for, and when a search begins at the start again.
#[derive(Debug, Default)]
struct Looks {
    last: Option<Instant>,
    afresh_at: Option<Instant>,
}

impl Floor {
    const fn new(sql: &'static str) -> Self {
        Self {
            sql,
            place: AtomicI64::new(START),
            looks: Mutex::const_new(Looks {
                last: None,
                afresh_at: None,
            }),
        }
    }

    /// A time before which there is no entry of an open order.
    pub(crate) async fn find(&self, db: &Db) -> Result<i64, Failure> {
        let mut looks = match self.looks.try_lock() {
            Ok(looks) => looks,
            // Another task is searching.
            Err(_) if self.place() > START => return Ok(self.place()),
            Err(_) => self.looks.lock().await,
        };
        if looks.last.is_none_or(|last| last.elapsed() >= FRESH) {
            self.look(db, &mut looks).await?;
        }
        Ok(self.place())
    }

    async fn look(&self, db: &Db, looks: &mut Looks) -> Result<(), Failure> {
        let is_due_afresh = looks.afresh_at.is_none_or(|at| at <= Instant::now());
        if !is_due_afresh {
            let (now, oldest) = self.read(db, self.place()).await?;
            let highest = now - rows::millis(MARGIN);
            // If the clock was set back, orders come in below the place.
            if highest >= self.place() {
                self.place
                    .store(oldest.unwrap_or(highest).min(highest), Ordering::Relaxed);
                looks.last = Some(Instant::now());
                return Ok(());
            }
        }
        self.look_from_start(db, looks).await
    }

    async fn look_from_start(&self, db: &Db, looks: &mut Looks) -> Result<(), Failure> {
        let began = Instant::now();
        let found = self.read(db, START).await;
        let took = began.elapsed();
        let pause = AFRESH_EVERY.max(took.saturating_mul(AFRESH_SHARE));
        match found {
            Ok((now, oldest)) => {
                let highest = now - rows::millis(MARGIN);
                self.place
                    .store(oldest.unwrap_or(highest).min(highest), Ordering::Relaxed);
            }
            // The known place is better than none.
            Err(_) if self.place() > START => {}
            Err(failure) => return Err(failure),
        }
        looks.last = Some(Instant::now());
        looks.afresh_at = looks.last.map(|last| last + pause);
        Ok(())
    }

    async fn read(&self, db: &Db, from: i64) -> Result<(i64, Option<i64>), Failure> {
        let found = db.read(self.sql, &[(&from, Type::INT8)]).await?;
        let Some(row) = found.first() else {
            return Ok((START, None));
        };
        Ok((rows::column(row, "now")?, rows::column(row, "oldest")?))
    }

    fn place(&self) -> i64 {
        self.place.load(Ordering::Relaxed)
    }
}
