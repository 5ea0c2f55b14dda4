//! Batches: conflicts within one, a failing command, a full disk.

use domain::{OrderId, WorkerId};
use ports::order_history::Counts;
use ports::worker_registry::WorkerRow;
use sqlite_kit::Writer as _;
use testkit::ManualClock;
use testkit::contract::Given;

use super::accept::{Accept, Naming, Outcome};
use super::claim::{self, Claim};
use super::*;
use crate::live::Stored;
use crate::schema::STORE_FILE;
use crate::settings::Settings;
use ports::order_store::Company;
use ports::webhooks::Outbox;

const LEASE: Duration = Duration::from_secs(20);

fn writer() -> Writer {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let settings = Settings {
        lease: LEASE,
        ..Settings::default()
    };
    let live = Arc::new(Mutex::new(Live::new(settings, Stored::default())));
    Writer::new(STORE_FILE.open_memory().unwrap(), clock, live, Outbox::None)
}

impl Writer {
    fn counts(&self) -> Counts {
        lock(&self.live).counts(self.clock.now(), self.clock.monotonic())
    }

    fn enlist(&self, row: &WorkerRow) -> WorkerId {
        let (now, monotonic) = (self.clock.now(), self.clock.monotonic());
        lock(&self.live).enlist(row, now, monotonic);
        row.id
    }

    /// Applies one command and gives its answer.
    fn one<W: Write>(&mut self, write: W) -> Result<W::Answer, Error> {
        let (command, mut answer) = command(write);
        self.apply(vec![command]);
        answer.try_recv().unwrap()
    }
}

fn accept(given: &Given) -> (OrderId, Accept) {
    let order = given.order();
    (order.id, Accept::new(order, Naming::Claimed).unwrap())
}

/// A defect.
#[derive(Debug)]
struct Fails;

impl Write for Fails {
    type Answer = ();

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Fault> {
        // Something was done before it failed.
        batch.db.execute("delete from orders", [])?;
        Err(Fault::Senseless { what: "a test" })
    }
}

#[test]
fn claims_of_one_order_in_one_batch_have_one_winner() {
    let (mut writer, given) = (writer(), Given::new());
    let (order, new) = accept(&given);
    writer.one(new).unwrap();
    let worker = || writer.enlist(&given.worker_row());
    let workers = [worker(), worker(), worker()];
    let (batch, answers): (Vec<_>, Vec<_>) = workers
        .map(|worker| {
            command(Claim {
                order,
                worker,
                company: Company::Others,
            })
        })
        .into_iter()
        .unzip();

    writer.apply(batch);

    let granted = answers
        .into_iter()
        .map(|mut answer| answer.try_recv().unwrap().unwrap())
        .filter(|answer| matches!(answer, claim::Outcome::Granted(_)));
    assert_eq!(granted.count(), 1);
    let held: i64 = writer
        .connection()
        .query_row(
            "select count(*) from orders where lease_worker is not null",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(held, 1);
}

#[test]
fn twins_in_one_batch_become_one_order() {
    let (mut writer, given) = (writer(), Given::new());
    let twin = || Accept::new(given.order_with_key("twin", 1), Naming::Claimed).unwrap();
    let (batch, answers): (Vec<_>, Vec<_>) = (0..3).map(|_| command(twin())).unzip();

    writer.apply(batch);

    let outcomes: Vec<_> = answers
        .into_iter()
        .map(|mut answer| answer.try_recv().unwrap().unwrap())
        .collect();
    assert!(matches!(outcomes[0], Outcome::Stored { .. }));
    assert!(matches!(outcomes[1], Outcome::Replayed { .. }));
    assert!(matches!(outcomes[2], Outcome::Replayed { .. }));
    assert_eq!(writer.counts().by_status[0], 1);
}

#[test]
fn a_command_at_fault_fails_alone() {
    let (mut writer, given) = (writer(), Given::new());
    let (first, mut first_answer) = command(accept(&given).1);
    let (fails, mut fault) = command(Fails);
    let (last, mut last_answer) = command(accept(&given).1);

    writer.apply(vec![first, fails, last]);

    let stored = |answer| matches!(answer, Outcome::Stored { .. });
    assert!(stored(first_answer.try_recv().unwrap().unwrap()));
    assert!(stored(last_answer.try_recv().unwrap().unwrap()));
    let fault = fault.try_recv().unwrap();
    assert!(matches!(fault, Err(Error::Corrupt { .. })), "{fault:?}");
    assert_eq!(writer.counts().by_status[0], 2);
}

#[test]
fn what_nobody_waits_for_is_not_begun() {
    let (mut writer, given) = (writer(), Given::new());
    let (abandoned, answer) = command(accept(&given).1);
    let (awaited, mut other) = command(accept(&given).1);
    drop(answer);

    writer.apply(vec![abandoned, awaited]);

    assert!(other.try_recv().unwrap().is_ok());
    assert_eq!(writer.counts().by_status[0], 1);
}

#[test]
fn a_full_disk_is_told_as_such_and_changes_nothing() {
    let (mut writer, given) = (writer(), Given::new());
    let pages: i64 = writer
        .db
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    writer
        .db
        .pragma_update(None, "max_page_count", pages + 8)
        .unwrap();
    let mut accepted = 0;
    let refused = loop {
        match writer.one(accept(&given).1) {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Full { .. }), "{refused:?}");
    assert_eq!(writer.counts().by_status[0], accepted);

    writer
        .db
        .pragma_update(None, "max_page_count", 1_000_000)
        .unwrap();

    writer.one(accept(&given).1).unwrap();
    let rows: u64 = writer
        .db
        .query_row("select count(*) from orders", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(rows, accepted + 1);
}
