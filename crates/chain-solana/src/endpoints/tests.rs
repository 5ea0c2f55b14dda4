mod fake;

use std::time::Duration;

use ports::SystemClock;
use tokio::time::Instant;

use super::*;
use crate::rpc::error::Lag;
use fake::{Fake, GENESIS, HEIGHT, SLOT};

const SECOND: Duration = Duration::from_secs(1);

fn endpoints(fakes: &[&Arc<Fake>]) -> Endpoints {
    let named = |(place, fake): (usize, &&Arc<Fake>)| {
        let rpc: Arc<dyn Rpc> = Arc::<Fake>::clone(fake);
        (format!("host{place}"), rpc)
    };
    let all = fakes.iter().enumerate().map(named).collect();
    Endpoints::new(all, GENESIS, Arc::new(SystemClock::new())).unwrap()
}

fn refusal(seconds: u32) -> Error {
    Error::TooManyRequests {
        retry_after: Some(seconds * SECOND),
    }
}

async fn read(endpoints: &Endpoints) -> Result<(), Error> {
    endpoints.minimum_balance(165).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn reads_go_to_the_preferred_endpoint_unless_it_lags() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    for (lag, asked) in [(0, [1, 0]), (20, [1, 0]), (21, [0, 1]), (0, [1, 0])] {
        first.set(|it| it.slot = SLOT - lag);
        endpoints.look(false).await;
        let before = [first.reads(), second.reads()];

        read(&endpoints).await.unwrap();

        let after = [first.reads() - before[0], second.reads() - before[1]];
        assert_eq!(after, asked, "{lag}");
    }
}

/// FAILURES.md, case 32a.
#[tokio::test(start_paused = true)]
async fn whoever_tells_of_slots_where_it_does_not_stand_benches_nobody() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    endpoints.look(true).await;
    for (ahead, asked) in [
        (20, [1, 0]),
        (21, [0, 1]),
        (1_000_000_000, [0, 1]),
        (0, [1, 0]),
    ] {
        first.set(|it| it.overstates = ahead);
        endpoints.look(false).await;
        let before = [first.reads(), second.reads()];

        read(&endpoints).await.unwrap();

        let after = [first.reads() - before[0], second.reads() - before[1]];
        assert_eq!(after, asked, "{ahead}");
    }
    // Who is ahead and stands there is believed.
    first.set(|it| it.slot = SLOT + 100);
    second.set(|it| it.overstates = 50);
    endpoints.look(false).await;
    let before = first.reads();
    read(&endpoints).await.unwrap();
    assert_eq!(first.reads(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn the_slots_of_a_liar_bench_nobody() {
    let [liar, honest] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&liar, &honest]);
    liar.set(|it| it.tells_slots = true);
    endpoints.look(true).await;
    assert!(endpoints.members()[0].is_disqualified());
    liar.set(|it| it.slot = SLOT + 1_000);
    endpoints.look(false).await;

    read(&endpoints).await.unwrap();

    assert_eq!((liar.reads(), honest.reads()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn accounts_are_read_once_more_from_another_endpoint_where_there_is_one() {
    let [first, second] = [Fake::new(), Fake::new()];
    let two = endpoints(&[&first, &second]);
    let read = async |of: &Endpoints, beside| {
        let (at, by) = of
            .accounts_beside(&[], View::CONFIRMED, beside)
            .await
            .unwrap();
        (at.slot, by)
    };
    let slot = Slot::new(SLOT);
    assert_eq!(read(&two, None).await, (slot, Some(0)));
    assert_eq!(read(&two, Some(0)).await, (slot, Some(1)));
    assert_eq!(read(&two, Some(1)).await, (slot, Some(0)));
    assert_eq!([first.reads(), second.reads()], [2, 1]);

    // One that does not answer keeps nobody waiting for long: the first is asked again, and then at once.
    second.set(|it| it.failure = Some(Error::unavailable("reset")));
    assert_eq!(read(&two, Some(0)).await, (slot, Some(0)));
    let alone = endpoints(&[&first]);
    assert_eq!(read(&alone, Some(0)).await, (slot, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn what_one_endpoint_does_not_answer_another_is_asked() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    let not_held = Error::NotHeld {
        code: -32_011,
        message: "no history".to_owned(),
    };
    let failures = [
        Error::unavailable("reset"),
        Error::Behind(Lag::Slots(100)),
        Error::Behind(Lag::StandsAt(Slot::new(1))),
        Error::Unsupported("no such method".to_owned()),
        not_held,
        refusal(0),
    ];
    for failure in failures {
        first.set(|it| it.failure = Some(failure.clone()));

        read(&endpoints).await.unwrap();

        first.set(|it| it.failure = None);
        endpoints.look(false).await;
    }
    assert_eq!(second.reads(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_refused_only_where_all_refuse_it() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    read(&endpoints).await.unwrap();
    for fake in [&first, &second] {
        fake.set(|it| it.failure = Some(Error::Refused("bad parameters".to_owned())));
    }

    let refused = read(&endpoints).await;

    assert!(matches!(refused, Err(Error::Refused(_))));
    second.set(|it| it.failure = None);
    let before = first.calls();
    for _ in 0..10 {
        read(&endpoints).await.unwrap();
    }
    assert_eq!(first.calls(), before + 1, "it lacks what another answers");
}

#[tokio::test(start_paused = true)]
async fn accounts_without_the_clusters_clock_are_asked_of_another() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    first.set(|it| it.shows_nothing = true);
    let pool = Address([7; 32]);

    let found = endpoints.accounts(&[pool, CLOCK], View::CONFIRMED).await;
    assert!(found.unwrap().value.iter().all(Option::is_some));
    second.set(|it| it.shows_nothing = true);
    let found = endpoints.accounts(&[pool, CLOCK], View::CONFIRMED).await;
    assert!(matches!(found, Err(Error::Malformed { .. })), "{found:?}");
    // Of what need not be there the best one's word counts.
    let found = endpoints.accounts(&[pool], View::CONFIRMED).await;
    assert_eq!(found.unwrap().value, [None]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_one_does_not_tell_another_is_asked_for() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    let signature = Signature::default();
    let ask = || endpoints.transaction(&signature, Commitment::Confirmed);
    assert_eq!(ask().await.unwrap(), None);

    second.set(|it| it.tells_transactions = true);

    assert!(ask().await.unwrap().is_some());
    first.set(|it| it.tells_transactions = true);
    second.set(|it| it.failure = Some(Error::unavailable("away")));
    assert!(ask().await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_silent_endpoint_costs_one_call_its_patience_and_no_other() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    read(&endpoints).await.unwrap();
    first.set(|it| it.is_silent = true);
    let began = Instant::now();

    for _ in 0..10 {
        read(&endpoints).await.unwrap();
    }

    assert_eq!(began.elapsed(), 2 * SECOND);
    first.set(|it| it.is_silent = false);
    endpoints.look(false).await;
    let before = first.reads();
    read(&endpoints).await.unwrap();
    assert_eq!(first.reads(), before + 1, "it is back");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_has_had_enough_is_left_alone_as_long_as_it_says() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    endpoints.look(false).await;
    first.set(|it| it.failure = Some(refusal(30)));
    read(&endpoints).await.unwrap();
    first.set(|it| it.failure = None);
    let before = first.calls();

    tokio::time::advance(29 * SECOND).await;
    for _ in 0..10 {
        endpoints.look(true).await;
        endpoints.send(&[1; 80]).await.unwrap();
        read(&endpoints).await.unwrap();
    }
    assert_eq!(first.calls(), before);
    tokio::time::advance(SECOND).await;
    read(&endpoints).await.unwrap();

    assert_eq!(first.calls(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn calls_wait_for_a_short_rest_and_fail_at_once_for_a_long_one() {
    let only = Fake::new();
    let endpoints = endpoints(&[&only]);
    read(&endpoints).await.unwrap();
    for (told, waited, succeeds) in [(2, 2, true), (3, 0, false)] {
        only.set(|it| it.failure = Some(refusal(told)));
        read(&endpoints).await.unwrap_err();
        only.set(|it| it.failure = None);
        let (began, before) = (Instant::now(), only.calls());

        let answer = read(&endpoints).await;

        assert_eq!(
            (answer.is_ok(), began.elapsed()),
            (succeeds, waited * SECOND)
        );
        assert_eq!(only.calls() - before, u32::from(succeeds));
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_endpoint_lacks_is_remembered() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    read(&endpoints).await.unwrap();
    let lacking = Error::Unsupported("HTTP status 403".to_owned());
    for fake in [&first, &second] {
        fake.set(|it| it.failure = Some(lacking.clone()));
    }
    read(&endpoints).await.unwrap_err();
    for fake in [&first, &second] {
        fake.set(|it| it.failure = None);
    }
    let before = [first.calls(), second.calls()];

    let lacked = read(&endpoints).await;

    assert!(matches!(lacked, Err(Error::Unsupported(_))), "{lacked:?}");
    assert_eq!([first.calls(), second.calls()], before);
    endpoints.epoch_info(View::CONFIRMED).await.unwrap();
    tokio::time::advance(10 * SECOND).await;
    read(&endpoints).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_another_cluster_is_never_used() {
    let [foreign, ours] = [Fake::new(), Fake::new()];
    foreign.set(|it| it.genesis = Hash::new_from_array([9; 32]));
    let endpoints = endpoints(&[&foreign, &ours]);

    read(&endpoints).await.unwrap();
    endpoints.send(&[1; 80]).await.unwrap();
    endpoints.latest_blockhash(View::CONFIRMED).await.unwrap();
    endpoints.look(true).await;

    // Its genesis hash, by each who looked.
    assert_eq!(foreign.calls(), foreign.asked_for_genesis());
    let witness = endpoints.members()[0].witness();
    assert!(witness.is_disqualified(Duration::from_secs(1_000_000)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_before_the_cluster_is_known() {
    let only = Fake::new();
    let endpoints = endpoints(&[&only]);
    only.set(|it| it.failure = Some(Error::unavailable("away")));

    read(&endpoints).await.unwrap_err();
    assert_eq!((only.reads(), only.asked_for_genesis()), (0, 1));
    only.set(|it| it.failure = None);

    read(&endpoints).await.unwrap();
    read(&endpoints).await.unwrap();
    assert_eq!((only.reads(), only.asked_for_genesis()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn bytes_go_to_every_endpoint_and_the_first_that_takes_them_answers() {
    let [silent, slow, lagging] = [Fake::new(), Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&silent, &slow, &lagging]);
    lagging.set(|it| it.slot = SLOT - 500);
    endpoints.look(true).await;
    silent.set(|it| it.is_silent = true);
    let began = Instant::now();

    endpoints.send(&[1; 80]).await.unwrap();

    assert_eq!(began.elapsed(), Duration::ZERO);
    for fake in [&silent, &slow, &lagging] {
        tokio::task::yield_now().await;
        assert_eq!(fake.sends(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_is_refused_only_where_all_refuse_it() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    endpoints.look(false).await;
    first.set(|it| it.failure = Some(Error::Refused("too old".to_owned())));
    endpoints.send(&[1; 80]).await.unwrap();

    second.set(|it| it.failure = Some(Error::unavailable("reset")));
    let lost = endpoints.send(&[1; 80]).await.unwrap_err();
    second.set(|it| it.failure = Some(Error::Refused("too old".to_owned())));
    let refused = endpoints.send(&[1; 80]).await.unwrap_err();

    assert!(lost.may_have_arrived());
    assert!(!refused.may_have_arrived());
}

#[tokio::test(start_paused = true)]
async fn a_blockhash_lives_as_long_as_the_highest_witness_says() {
    let [first, second] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&first, &second]);
    endpoints.look(true).await;
    second.set(|it| it.height = HEIGHT + 4);
    second.set(|it| it.slot = SLOT + 4);
    let ask = || endpoints.latest_blockhash(View::CONFIRMED);

    let last_valid = ask().await.unwrap().value.last_valid_height;
    assert_eq!(last_valid.get(), HEIGHT + 4 + 150);
    // A witness that is alone with a hash from long ago.
    second.set(|it| it.height = HEIGHT + 65);
    second.set(|it| it.slot = SLOT + 65);

    let other = ask().await.unwrap();
    assert_eq!(other.slot.get(), SLOT + 65, "the first one's is too old");
}

#[tokio::test(start_paused = true)]
async fn a_liar_gives_no_blockhashes_and_no_heights_and_still_sends() {
    let [liar, honest] = [Fake::new(), Fake::new()];
    let endpoints = endpoints(&[&liar, &honest]);
    liar.set(|it| it.tells_slots = true);

    let hash = endpoints.latest_blockhash(View::CONFIRMED).await.unwrap();
    assert_eq!(hash.value.last_valid_height.get(), HEIGHT + 150);
    assert_eq!((liar.hashes(), honest.hashes()), (1, 1));
    endpoints.latest_blockhash(View::CONFIRMED).await.unwrap();
    assert_eq!((liar.hashes(), honest.hashes()), (1, 2));
    endpoints.send(&[1; 80]).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!((liar.sends(), honest.sends()), (1, 1));
    honest.set(|it| it.is_silent = true);

    let nobody = endpoints.latest_blockhash(View::CONFIRMED).await;

    assert!(matches!(nobody, Err(Error::Unavailable(_))), "{nobody:?}");
}

#[tokio::test(start_paused = true)]
async fn each_endpoint_has_a_name_of_its_own_and_there_is_one_at_least() {
    let clock = || Arc::new(SystemClock::new());
    let named = |names: &[&str]| {
        let rpc = || -> Arc<dyn Rpc> { Fake::new() };
        let all = names.iter().map(|name| ((*name).to_owned(), rpc()));
        Endpoints::new(all.collect(), GENESIS, clock())
    };

    let endpoints = named(&["a.org", "b.org", "a.org", "a.org"]).unwrap();

    let names = endpoints.members().iter().map(|member| member.name());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["a.org", "b.org", "a.org#2", "a.org#3"]
    );
    for count in [0, ENDPOINTS_MAX + 1] {
        assert_eq!(named(&vec!["a"; count]).unwrap_err(), WrongNumber(count));
    }
}
