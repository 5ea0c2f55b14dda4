use std::os::unix::fs::PermissionsExt;

use amm::token::WRAPPED_SOL;
use tempfile::TempDir;

use super::*;
use crate::limits::Limit;
use crate::limits::tests::parse;

const SOL: What = What::Token(WRAPPED_SOL);
const NEVER: u32 = PER_MINUTE_MAX;

struct Scene {
    folder: TempDir,
    limits: Limits,
    now: Moment,
}

/// A day's limit of ten, and seven a message.
fn scene() -> Scene {
    Scene {
        folder: tempfile::tempdir().unwrap(),
        limits: parse("SOL:0.000000007/order,SOL:0.00000001/day,fees:1/day").unwrap(),
        now: Moment {
            wall_ms: 1_800_000_000_000,
            steady_ms: 86_400_000,
        },
    }
}

impl Scene {
    fn path(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    fn open_at_pace(&self, per_minute: u32) -> Result<Journal, Error> {
        Journal::open(&self.path(), self.limits.clone(), per_minute, self.now)
    }

    fn open(&self) -> Journal {
        self.open_at_pace(NEVER).unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    /// As it would be had the machine been started anew meanwhile.
    fn reboot(&self) {
        let text = self.text();
        let (_, rest) = text.split_once('\n').unwrap();
        std::fs::write(self.path(), format!("boot of-yesterday\n{rest}")).unwrap();
    }

    fn later(&mut self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap();
        self.now.wall_ms += by;
        self.now.steady_ms += by;
    }
}

fn spending(amount: u64) -> Spending {
    Spending {
        paid: BTreeMap::from([(WRAPPED_SOL, amount)]),
        fees: 5_000,
        ..Spending::default()
    }
}

fn used(journal: &Journal, what: What) -> u64 {
    journal.book.used(what, journal.wall_ms)
}

#[test]
fn what_was_signed_is_in_the_file_before_the_answer() {
    let scene = scene();
    let mut journal = scene.open();

    journal.admit(b"one", &spending(3), scene.now).unwrap();

    let text = scene.text();
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("use "), "{last}");
    assert!(
        last.ends_with(&format!(" {WRAPPED_SOL}=3 fees=5000")),
        "{last}"
    );
    let mode = std::fs::metadata(scene.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_was_signed_counts_after_a_kill() {
    let scene = scene();
    let mut journal = scene.open();
    journal.admit(b"one", &spending(6), scene.now).unwrap();
    // A killed process tells its file nothing more.
    let text = scene.text();
    drop(journal);
    std::fs::write(scene.path(), text).unwrap();

    let mut journal = scene.open();

    let refused = journal.admit(b"two", &spending(5), scene.now);
    assert!(matches!(refused, Err(Refused::Limit(_))), "{refused:?}");
    journal.admit(b"three", &spending(4), scene.now).unwrap();
    assert_eq!(used(&journal, SOL), 10);
}

#[test]
fn half_a_line_was_never_answered() {
    let scene = scene();
    let mut journal = scene.open();
    journal.admit(b"one", &spending(6), scene.now).unwrap();
    drop(journal);
    let text = scene.text();
    std::fs::write(scene.path(), format!("{text}use 18000000")).unwrap();

    assert_eq!(used(&scene.open(), SOL), 6);
}

#[test]
fn the_same_message_counts_once_also_after_a_kill() {
    let scene = scene();
    let mut journal = scene.open();

    for _ in 0..3 {
        journal.admit(b"one", &spending(6), scene.now).unwrap();
    }
    drop(journal);
    let mut journal = scene.open();
    journal.admit(b"one", &spending(6), scene.now).unwrap();

    assert_eq!(used(&journal, SOL), 6);
}

#[test]
fn the_pace_is_kept_also_after_a_kill() {
    let mut scene = scene();
    let mut journal = scene.open_at_pace(2).unwrap();
    journal.admit(b"one", &spending(1), scene.now).unwrap();
    journal.admit(b"two", &spending(1), scene.now).unwrap();

    let too_many = journal.admit(b"three", &spending(1), scene.now);
    assert!(matches!(too_many, Err(Refused::Pace(2))), "{too_many:?}");
    drop(journal);
    let mut journal = scene.open_at_pace(2).unwrap();
    assert!(journal.admit(b"three", &spending(1), scene.now).is_err());
    scene.later(Duration::from_secs(60));
    journal.admit(b"three", &spending(1), scene.now).unwrap();
}

#[test]
fn an_accounts_deposit_counts_once_a_day() {
    let mut scene = scene();
    let mut journal = scene.open();
    let made = BTreeMap::from([(Address([5; 32]), 2_000_000)]);
    let making = Spending {
        made,
        ..spending(1)
    };

    journal.admit(b"one", &making, scene.now).unwrap();
    journal.admit(b"two", &making, scene.now).unwrap();
    drop(journal);
    let mut journal = scene.open();
    journal.admit(b"three", &making, scene.now).unwrap();
    assert_eq!(used(&journal, What::Fees), 2_000_000 + 3 * 5_000);

    scene.later(Duration::from_secs(25 * 3_600));
    journal.admit(b"four", &making, scene.now).unwrap();
    assert_eq!(used(&journal, What::Fees), 2_000_000 + 5_000);
}

#[test]
fn after_a_boot_what_may_not_have_been_synced_counts_at_the_limits_rate() {
    let scene = scene();
    drop(scene.open());
    scene.reboot();

    // Two messages may stand unsynced at this pace, of seven each.
    let mut journal = scene.open_at_pace(1_200).unwrap();

    assert_eq!(used(&journal, SOL), 14);
    assert!(journal.admit(b"one", &spending(1), scene.now).is_err());
    drop(journal);
    assert_eq!(used(&scene.open(), SOL), 14, "and only once");
}

#[test]
fn no_more_stands_unsynced_than_a_boot_counts() {
    let scene = scene();
    let mut journal = scene.open_at_pace(1_200).unwrap();

    for number in 0..10_u8 {
        journal.admit(&[number], &spending(1), scene.now).unwrap();
        assert!(journal.unsynced <= 2, "{}", journal.unsynced);
    }
}

#[test]
fn after_a_boot_the_end_of_the_file_may_be_nonsense() {
    let scene = scene();
    let mut journal = scene.open();
    journal.admit(b"one", &spending(6), scene.now).unwrap();
    drop(journal);
    let damaged = scene.text() + "\0\0\0\0\nuse\n";
    std::fs::write(scene.path(), &damaged).unwrap();

    let unreadable = scene.open_at_pace(600).unwrap_err();
    assert!(
        matches!(unreadable, Error::Unreadable { .. }),
        "{unreadable}"
    );
    scene.reboot();
    assert_eq!(used(&scene.open_at_pace(600).unwrap(), SOL), 6 + 7);
}

#[test]
fn a_line_that_cannot_be_read_stops_the_signer() {
    let scene = scene();
    drop(scene.open());
    for nonsense in ["sum", "use 5 x fees=1", "use 5", "what 7", "sum 1 fees 1 1"] {
        let text = scene.text();
        std::fs::write(scene.path(), format!("{text}{nonsense}\n")).unwrap();

        let error = scene.open_at_pace(600).unwrap_err();

        assert!(
            matches!(error, Error::Unreadable { line: 3, .. }),
            "{nonsense}: {error}"
        );
        std::fs::write(scene.path(), text).unwrap();
    }
}

#[test]
fn two_signers_never_share_a_journal() {
    let scene = scene();
    let journal = scene.open();

    assert!(matches!(scene.open_at_pace(600), Err(Error::Taken(_))));
    drop(journal);
    drop(scene.open());
}

#[test]
fn a_clock_that_is_set_back_gives_no_room() {
    let mut scene = scene();
    let mut journal = scene.open();
    journal.admit(b"one", &spending(6), scene.now).unwrap();

    scene.now.wall_ms -= 48 * 3_600_000;
    assert!(journal.admit(b"two", &spending(5), scene.now).is_err());
    drop(journal);
    assert!(scene.open().admit(b"two", &spending(5), scene.now).is_err());
}

#[test]
fn a_long_journal_is_written_anew_with_what_counts() {
    let mut scene = scene();
    scene.limits = parse("SOL:0.001/day,fees:1/day").unwrap();
    let mut journal = scene.open();
    let mut longest = 0;
    let free = Spending {
        fees: 1,
        ..spending(1)
    };

    let messages = 20_000_u32;
    for number in 0..messages {
        scene.later(Duration::from_millis(100));
        journal
            .admit(&number.to_le_bytes(), &free, scene.now)
            .unwrap();
        longest = longest.max(journal.length);
    }

    assert!(longest < 2 * LENGTH_MIN, "{longest}");
    assert_eq!(used(&journal, SOL), u64::from(messages));
    drop(journal);
    assert_eq!(used(&scene.open(), SOL), u64::from(messages));
}

#[test]
fn what_cannot_be_written_down_is_not_signed() {
    let scene = scene();
    let mut journal = scene.open();
    journal.file = File::open(scene.path()).unwrap();

    let refused = journal.admit(b"one", &spending(3), scene.now);
    assert!(matches!(refused, Err(Refused::Journal(_))), "{refused:?}");
    assert_eq!(used(&journal, SOL), 0);
    // The next time the journal is written anew, without the half of a line.
    journal.admit(b"two", &spending(7), scene.now).unwrap();
    drop(journal);
    assert_eq!(used(&scene.open(), SOL), 7);
}

#[test]
fn limits_of_orders_and_days_bound_what_one_message_may_spend() {
    let limits = scene().limits;
    let most: BTreeMap<_, _> = limits.most_per_message().collect();

    assert_eq!(
        most,
        BTreeMap::from([(SOL, 7), (What::Fees, 1_000_000_000)])
    );
    assert_eq!(
        limits.of(SOL),
        Limit {
            per_order: Some(7),
            per_day: Some(10)
        }
    );
}
