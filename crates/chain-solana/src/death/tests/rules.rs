use std::time::Duration;

use domain::transaction::Height;

use crate::death::{Case, Doubt, Hearing, Lie, NoVote, Subject, Verdict, Vote, Witness};
use crate::rpc::{At, Blockhash, Commitment, Entry, EpochInfo, Hash, Signature, Slot, Status};

const LAST_VALID: u64 = 5_000;
const MINUTE: Duration = Duration::from_secs(60);

fn subject() -> Subject {
    Subject {
        signature: Signature::from([7; 64]),
        last_valid: Height::new(LAST_VALID),
    }
}

/// A bank of this slot, whose height is 1,000 less.
fn bank(slot: u64) -> EpochInfo {
    EpochInfo {
        slot: Slot::new(slot),
        height: Height::new(slot - 1_000),
        epoch: 1,
    }
}

fn blockhash(slot: u64, height: u64) -> At<Blockhash> {
    At {
        slot: Slot::new(slot),
        value: Blockhash {
            hash: Hash::new_from_array([1; 32]),
            last_valid_height: Height::new(height + 150),
        },
    }
}

fn unknown(slot: u64) -> At<Option<Status>> {
    At {
        slot: Slot::new(slot),
        value: None,
    }
}

fn status() -> Status {
    Status {
        slot: Slot::new(5_900),
        outcome: Ok(()),
        commitment: Commitment::Confirmed,
    }
}

fn slots(slots: impl IntoIterator<Item = u64>) -> Vec<Slot> {
    slots.into_iter().map(Slot::new).collect()
}

#[test]
fn at_its_last_valid_height_a_transaction_may_still_land() {
    assert_eq!(
        Hearing::begin(subject(), bank(6_000)).err(),
        Some(NoVote::MayLand)
    );

    let hearing = Hearing::begin(subject(), bank(6_001)).unwrap();

    assert_eq!(hearing.history(&[]), None);
    assert_eq!(
        hearing.status(&unknown(6_001)),
        Some(Vote::Dead(Slot::new(6_001)))
    );
}

#[test]
fn a_status_of_an_older_bank_denies_nothing() {
    let hearing = Hearing::begin(subject(), bank(6_001)).unwrap();

    let behind = hearing.status(&unknown(6_000));
    let known = hearing.status(&At {
        slot: Slot::new(10),
        value: Some(status()),
    });

    assert_eq!(behind, Some(Vote::Nothing(NoVote::Behind)));
    assert_eq!(
        known,
        Some(Vote::Known(Some(status()))),
        "news of any bank is news"
    );
}

#[test]
fn an_own_address_that_was_named_ends_the_hearing() {
    let hearing = Hearing::begin(subject(), bank(6_001)).unwrap();
    let entry = |byte| Entry {
        signature: Signature::from([byte; 64]),
        slot: Slot::new(5_900),
        outcome: Ok(()),
    };

    assert_eq!(
        hearing.history(&[entry(3), entry(7)]),
        Some(Vote::Known(None))
    );
    assert_eq!(
        hearing.history(&[entry(3)]),
        Some(Vote::Nothing(NoVote::AddressShared))
    );
}

#[test]
fn what_not_every_node_remembers_is_denied_only_by_who_holds_all_its_blocks() {
    // 54 blocks after its end the first block in which it could have landed is remembered for the last time.
    let remembered = Hearing::begin(subject(), bank(6_054)).unwrap();
    assert_eq!(
        remembered.status(&unknown(6_054)),
        Some(Vote::Dead(Slot::new(6_054)))
    );
    assert_eq!(
        remembered.status(&unknown(6_055)),
        None,
        "the answer came late"
    );

    let end = 6_055;
    let hearing = Hearing::begin(subject(), bank(end)).unwrap();
    assert_eq!(hearing.status(&unknown(end)), None);
    let asked = hearing.blocks().unwrap();
    // 55 blocks after its end, and the 182 before.
    assert_eq!(
        (asked.start, asked.limit),
        (Slot::new(end - 2 * 237), 2 * 237 + 1)
    );

    let newest = |count: u64| (end - count + 1)..=end;
    let dead = Vote::Dead(Slot::new(end));
    let purged = Vote::Nothing(NoVote::NotHeld);
    assert_eq!(hearing.held(asked, &slots(newest(237))), dead);
    assert_eq!(
        hearing.held(asked, &slots(newest(237).chain([end + 2]))),
        dead
    );
    assert_eq!(hearing.held(asked, &slots(newest(236))), purged);
    assert_eq!(hearing.held(asked, &[]), purged);
    // The node that answers is behind the one that showed the bank.
    assert_eq!(hearing.held(asked, &slots(end - 240..end)), purged);
    // A hole, with more than enough blocks before it.
    let gap = |length: u64| slots((end - 600..=end - 100).chain(end - 100 + length..=end));
    assert_eq!(hearing.held(asked, &gap(64)), dead);
    assert_eq!(hearing.held(asked, &gap(65)), purged);
}

#[test]
fn a_transaction_older_than_any_list_of_blocks_is_never_denied() {
    let blocks_of = |blocks: u64| {
        let bank = bank(LAST_VALID + 1_000 + blocks);
        Hearing::begin(subject(), bank).unwrap().blocks()
    };

    assert_eq!(blocks_of(480_000).map(|asked| asked.limit), Ok(500_000));
    assert_eq!(blocks_of(500_000), Err(NoVote::TooOld));
}

#[test]
fn a_height_that_is_the_slot_is_a_lie() {
    let mut witness = Witness::default();
    let mut lying = bank(6_000);
    lying.height = Height::new(6_000);

    assert_eq!(
        witness.shows(&lying, MINUTE),
        Ok(()),
        "nothing to compare with"
    );
    let lie = witness.gives(&blockhash(6_001, 5_001), MINUTE);

    assert_eq!(
        lie,
        Err(Lie::HeightsApart {
            slot: Slot::new(6_000),
            height: Height::new(6_000),
            blockhash_slot: Slot::new(6_001),
            by_blockhash: Height::new(5_001),
        })
    );
    assert!(witness.is_disqualified(MINUTE));
    let mut above = bank(6_000);
    above.height = Height::new(6_001);
    assert!(Witness::default().shows(&above, MINUTE).is_err());
}

#[test]
fn heights_that_can_be_of_one_chain_are_no_lie() {
    // On a cluster of one's own the height may well be the slot.
    let mut young = bank(6_000);
    young.height = Height::new(6_000);
    for (slot, height) in [(6_000, 6_000), (6_100, 6_001), (5_900, 5_900)] {
        let mut witness = Witness::default();
        witness.shows(&young, MINUTE).unwrap();
        assert_eq!(witness.gives(&blockhash(slot, height), MINUTE), Ok(()));
    }
}

#[test]
fn a_liar_is_not_heard_for_ten_minutes_and_longer_each_time_up_to_a_day() {
    let mut witness = Witness::default();
    let mut above = bank(6_000);
    above.height = Height::new(9_000);
    let mut now = MINUTE;
    let mut lengths = Vec::new();
    for _ in 0..10 {
        assert!(witness.shows(&above, now).is_err());
        let lied_at = now;
        while witness.is_disqualified(now) {
            now += MINUTE;
        }
        lengths.push((now - lied_at).as_secs() / 60);
    }

    assert_eq!(
        lengths,
        [10, 20, 40, 80, 160, 320, 640, 1_280, 1_440, 1_440]
    );
}

#[test]
fn whoever_shows_nothing_new_for_a_minute_is_not_there() {
    let mut witness = Witness::default();
    assert!(!witness.is_qualified(MINUTE), "never heard");
    witness.shows(&bank(6_000), MINUTE).unwrap();
    assert!(witness.is_qualified(2 * MINUTE));

    witness.shows(&bank(6_000), 2 * MINUTE).unwrap();

    let late = 2 * MINUTE + Duration::from_millis(1);
    assert!(!witness.is_qualified(late), "it says the same ever again");
    witness.shows(&bank(6_001), late).unwrap();
    assert!(witness.is_qualified(late));
}

/// Witnesses that are heard at this moment.
fn heard<const N: usize>(now: Duration) -> [Witness; N] {
    [(); N].map(|()| {
        let mut witness = Witness::default();
        witness.shows(&bank(6_001), now).unwrap();
        witness
    })
}

fn dead(slot: u64) -> Vote {
    Vote::Dead(Slot::new(slot))
}

#[test]
fn two_votes_are_a_proof_unless_somebody_knows_it() {
    let all = heard::<3>(MINUTE);
    let mut case = Case::default();
    case.hear(0, &all[0], dead(6_001), MINUTE);
    case.hear(1, &all[1], dead(6_001), MINUTE);
    assert_eq!(case.verdict(&all, MINUTE), Verdict::Dead);
    assert!(!case.needs(0, &all) && !case.needs(2, &all));

    case.hear(2, &all[2], Vote::Known(None), MINUTE);

    let disagreement = Verdict::Unknown(Doubt::Disagreement);
    assert_eq!(case.verdict(&all, MINUTE), disagreement);
    assert!(case.needs(2, &all), "it may say something else");
    // Its word counts for a while after it has gone.
    let later = 4 * MINUTE;
    let gone = heard::<3>(later);
    let gone = [gone[0], gone[1], all[2]];
    assert_eq!(case.verdict(&gone, later), disagreement);
    case.hear(2, &all[2], dead(6_030), MINUTE);
    assert_eq!(case.verdict(&all, MINUTE), Verdict::Dead);
}

#[test]
fn a_witness_that_is_alone_votes_twice_some_slots_apart() {
    let all = heard::<1>(MINUTE);
    let mut case = Case::default();
    case.hear(0, &all[0], dead(6_001), MINUTE);
    case.hear(0, &all[0], dead(6_005), MINUTE);
    assert_eq!(case.verdict(&all, MINUTE), Verdict::Unknown(Doubt::OneVote));
    assert!(case.needs(0, &all));

    case.hear(0, &all[0], dead(6_006), MINUTE);

    assert_eq!(case.verdict(&all, MINUTE), Verdict::Dead);
}

#[test]
fn one_witness_among_silent_ones_decides_alone_only_after_ten_minutes() {
    let mut all = heard::<2>(MINUTE);
    all[1] = Witness::default();
    let mut case = Case::default();
    case.hear(0, &all[0], dead(6_001), MINUTE);
    let late = 11 * MINUTE;
    all[0].shows(&bank(7_000), late).unwrap();
    case.hear(0, &all[0], dead(7_000), late);

    let early = late - Duration::from_millis(1);
    let silent = Verdict::Unknown(Doubt::OthersSilent);
    assert_eq!(case.verdict(&all, early), silent);
    assert_eq!(case.verdict(&all, late), Verdict::Dead);
}

#[test]
fn one_that_has_not_come_so_far_is_waited_for_as_long_as_it_moves() {
    let mut all = heard::<2>(MINUTE);
    let mut case = Case::default();
    for (slot, at) in [(6_001, MINUTE), (9_000, 20 * MINUTE)] {
        all[0].shows(&bank(slot), at).unwrap();
        all[1].shows(&bank(slot - 3_000), at).unwrap();
        case.hear(0, &all[0], dead(slot), at);
        case.hear(1, &all[1], Vote::Nothing(NoVote::MayLand), at);
    }
    // The second has said nothing new since.
    let behind = Verdict::Unknown(Doubt::OthersBehind);
    all[1] = heard::<1>(20 * MINUTE)[0];
    assert_eq!(case.verdict(&all, 20 * MINUTE), behind);
    let later = 22 * MINUTE;
    all[0].shows(&bank(9_300), later).unwrap();
    assert_eq!(case.verdict(&all, later), Verdict::Dead);
}

#[test]
fn a_liars_votes_do_not_count_nor_does_its_silence() {
    let mut all = heard::<2>(MINUTE);
    let mut case = Case::default();
    case.hear(0, &all[0], dead(6_001), MINUTE);
    case.hear(1, &all[1], dead(6_001), MINUTE);
    let mut above = bank(6_000);
    above.height = Height::new(9_000);

    let told_at = MINUTE + Duration::from_millis(400);
    all[1].shows(&above, told_at).unwrap_err();

    assert_eq!(
        case.verdict(&all, told_at),
        Verdict::Unknown(Doubt::OneVote)
    );
    case.hear(0, &all[0], dead(6_006), told_at);
    assert_eq!(case.verdict(&all, told_at), Verdict::Dead);
}

#[test]
fn votes_from_before_a_lie_never_count_again() {
    let mut all = heard::<2>(MINUTE);
    let mut case = Case::default();
    case.hear(1, &all[1], dead(6_001), MINUTE);
    let mut above = bank(6_000);
    above.height = Height::new(9_000);
    all[1].shows(&above, 2 * MINUTE).unwrap_err();

    let later = 30 * MINUTE;
    for witness in &mut all {
        witness.shows(&bank(9_000), later).unwrap();
    }
    case.hear(0, &all[0], dead(9_000), later);

    assert_ne!(case.verdict(&all, later), Verdict::Dead);
    assert!(case.needs(1, &all));
    case.hear(1, &all[1], dead(9_000), later);
    assert_eq!(case.verdict(&all, later), Verdict::Dead);
}

#[test]
fn one_of_another_cluster_is_no_witness() {
    let mut all = heard::<2>(MINUTE);
    all[1].is_of_another_cluster();
    let mut case = Case::default();
    case.hear(0, &all[0], dead(6_001), MINUTE);
    case.hear(1, &all[1], dead(6_001), MINUTE);

    assert_eq!(case.verdict(&all, MINUTE), Verdict::Unknown(Doubt::OneVote));
}

#[test]
fn nobodys_word_proves_nothing() {
    let all = heard::<2>(MINUTE);
    let mut case = Case::default();
    assert_eq!(case.verdict(&all, MINUTE), Verdict::Unknown(Doubt::NoVote));
    case.hear(0, &all[0], Vote::Nothing(NoVote::NotHeld), MINUTE);
    assert_eq!(case.verdict(&all, MINUTE), Verdict::Unknown(Doubt::NoVote));
    case.hear(1, &all[1], Vote::Nothing(NoVote::MayLand), MINUTE);
    assert_eq!(case.verdict(&all, MINUTE), Verdict::Unknown(Doubt::MayLand));
}
