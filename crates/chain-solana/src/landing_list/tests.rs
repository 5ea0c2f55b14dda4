use async_trait::async_trait;
use domain::transaction::{Height, Signature as Stored};
use futures_util::future::join_all;
use ports::SystemClock;
use tokio::time::Instant;
use uuid::Uuid;

use super::*;
use crate::rpc::{At, EpochInfo, History, Slot, View};
use crate::script::{Call, LATENCY, Script};

const SLOT: Duration = Duration::from_millis(400);
const FINALIZED: u64 = 500;

/// A list that looks once in a slot.
fn list(script: &Script) -> LandingList {
    let clock = Arc::new(SystemClock::new());
    LandingList::new(
        script.rpc(),
        clock,
        Pace::real(Commitment::Confirmed),
        Commitment::Confirmed,
        Arc::default(),
    )
}

/// Signatures in the order of their numbers.
fn signature(number: u64) -> Signature {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Signature::from(bytes)
}

fn order(number: u64) -> OrderId {
    OrderId::new(Uuid::from_u128(number.into()))
}

fn transaction(number: u64, last_valid: u64) -> SignedTransaction {
    SignedTransaction {
        signature: Stored::from_bytes(signature(number).as_array()),
        bytes: Arc::from(number.to_be_bytes().as_slice()),
        last_valid_height: Height::new(last_valid),
        blockhash: None,
        outlay: None,
    }
}

async fn keep(list: &LandingList, number: u64) -> Result<(), Error> {
    let transaction = transaction(number, FINALIZED + 100);
    list.keep(order(number), signature(number), &transaction)
        .await
}

fn send(number: u64) -> Call {
    Call::Send(number.to_be_bytes().to_vec(), Ok(()))
}

fn status(number: u64) -> Status {
    Status {
        slot: Slot::new(number),
        outcome: Ok(()),
        commitment: Commitment::Confirmed,
    }
}

/// A look for these, of which those have landed.
fn look(numbers: impl Iterator<Item = u64> + Clone, landed: impl Fn(u64) -> bool) -> Call {
    let answer = At {
        slot: Slot::new(9_999),
        value: numbers
            .clone()
            .map(|number| landed(number).then(|| status(number)))
            .collect(),
    };
    Call::Statuses(
        numbers.map(signature).collect(),
        History::Recent,
        Ok(answer),
    )
}

fn height(height: u64) -> Call {
    let info = EpochInfo {
        slot: Slot::new(height),
        height: Height::new(height),
        epoch: 3,
    };
    Call::EpochInfo(View::FINALIZED, Ok(info))
}

/// What comes of this while somebody attends to the list.
async fn attended<T>(list: &LandingList, work: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        done = work => done,
        () = list.attend() => unreachable!("it never ends"),
    }
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_cost_one_call_a_look() {
    let script = Script::new((0..200).map(send).chain([
        look(0..200, |_| false),
        look(0..200, |number| number % 2 == 0),
        look((0..200).filter(|number| number % 2 == 1), |_| true),
    ]));
    let list = list(&script).with_no_resends();
    for number in 0..200 {
        keep(&list, number).await.unwrap();
    }
    let signatures: Vec<_> = (0..200).map(signature).collect();
    let began = Instant::now();

    let waiting = join_all(signatures.iter().map(|it| list.settled(it)));
    let all = attended(&list, waiting).await;

    assert_eq!(all, (0..200).map(status).map(Some).collect::<Vec<_>>());
    assert_eq!(began.elapsed(), 3 * LATENCY + 2 * SLOT);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_call_is_never_larger_than_the_limit() {
    let calls = [look(0..256, |_| true), look(256..300, |_| true)];
    let script = Script::new((0..300).map(send).chain(calls));
    let list = list(&script);
    for number in 0..300 {
        keep(&list, number).await.unwrap();
    }
    let signatures: Vec<_> = (0..300).map(signature).collect();
    let began = Instant::now();

    let waiting = join_all(signatures.iter().map(|it| list.settled(it)));
    let all = attended(&list, waiting).await;

    assert_eq!(all.len(), 300);
    // Both calls of a look are made at once.
    assert_eq!(began.elapsed(), LATENCY);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_waits_for_the_next_look() {
    let script = Script::new([send(0), look(0..1, |_| true), send(1), look(1..2, |_| true)]);
    let list = list(&script);
    let began = Instant::now();

    let both = async {
        keep(&list, 0).await.unwrap();
        list.settled(&signature(0)).await.unwrap();
        keep(&list, 1).await.unwrap();
        list.settled(&signature(1)).await.unwrap();
    };
    attended(&list, both).await;

    assert_eq!(began.elapsed(), 2 * LATENCY + SLOT);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn two_who_wait_for_one_signature_are_both_told() {
    let script = Script::new([send(7), look(7..8, |_| true)]);
    let list = list(&script);
    keep(&list, 7).await.unwrap();
    let signature = signature(7);

    let both = futures_util::future::join(list.settled(&signature), list.settled(&signature));
    let told = attended(&list, both).await;

    assert_eq!(told, (Some(status(7)), Some(status(7))));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn what_is_not_on_the_list_is_not_waited_for() {
    let script = Script::new([]);

    assert_eq!(list(&script).settled(&signature(1)).await, None);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_while_nothing_is_to_be_learnt() {
    let script = Script::new([send(1), look(1..2, |_| true)]);
    let list = list(&script);

    let idle = async {
        keep(&list, 1).await.unwrap();
        assert_eq!(list.news().await, [order(1)]);
        tokio::time::sleep(Duration::from_secs(60)).await;
        list.forget(&signature(1));
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    attended(&list, idle).await;

    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn the_same_bytes_are_sent_again_at_their_times_until_they_have_landed() {
    let nothing = || look(1..2, |_| false);
    let script = Script::new([
        send(1),
        nothing(),
        send(1),
        nothing(),
        send(1),
        nothing(),
        nothing(),
        send(1),
        look(1..2, |_| true),
        height(FINALIZED),
    ]);
    let list = list(&script);
    let began = Instant::now();

    let landing = async {
        keep(&list, 1).await.unwrap();
        list.settled(&signature(1)).await.unwrap();
        tokio::time::sleep(SLOT * 20).await;
    };
    attended(&list, landing).await;

    assert!(began.elapsed() > SLOT * 20);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_has_had_enough_gets_nothing_until_its_time() {
    let retry_after = Some(Duration::from_secs(3));
    let enough = || crate::rpc::Error::TooManyRequests { retry_after };
    let refused = Call::Send(1_u64.to_be_bytes().to_vec(), Err(enough()));
    let looked = Call::Statuses(vec![signature(1)], History::Recent, Err(enough()));
    let script = Script::new([
        refused,
        looked,
        send(1),
        look(1..2, |_| false),
        height(FINALIZED),
        send(1),
        look(1..2, |_| true),
    ]);
    let list = list(&script);
    let began = Instant::now();

    let landing = async {
        let sent = keep(&list, 1).await;
        assert!(matches!(sent, Err(Error::TooManyRequests { .. })));
        list.settled(&signature(1)).await.unwrap()
    };
    attended(&list, landing).await;

    // A send and a look in vain when the time is over, another send, and the next look.
    let over = LATENCY + Duration::from_secs(3);
    assert_eq!(began.elapsed(), over + LATENCY + SLOT + LATENCY);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_look_without_an_answer_is_made_again_and_denies_nothing() {
    let lost = Err(Error::unavailable("lost"));
    let looked = Call::Statuses(vec![signature(1)], History::Recent, lost);
    let script = Script::new([send(1), looked, look(1..2, |_| true)]);
    let list = list(&script).with_no_resends();

    let landing = async {
        keep(&list, 1).await.unwrap();
        list.settled(&signature(1)).await
    };
    let landed = attended(&list, landing).await;

    assert_eq!(landed, Some(status(1)));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn what_is_past_its_end_is_told_to_the_order() {
    let nothing = || look(1..2, |_| false);
    let looks = (0..5).map(|_| nothing());
    let script = Script::new(
        [send(1)]
            .into_iter()
            .chain(looks)
            .chain([height(FINALIZED + 1)]),
    );
    let list = list(&script).with_no_resends();

    let news = async {
        let short = transaction(1, FINALIZED);
        list.keep(order(1), signature(1), &short).await.unwrap();
        list.news().await
    };
    let orders = attended(&list, news).await;

    assert_eq!(orders, [order(1)]);
    assert_eq!(list.standing(&signature(1)), Standing::News);
    script.check_done();
}

/// Remembers what is followed no longer.
#[derive(Debug, Default)]
struct Ended(Mutex<Vec<Signature>>);

#[async_trait]
impl Notices for Ended {
    fn subscribe(&self, _signature: &Signature) {}

    fn unsubscribe(&self, signature: &Signature) {
        self.0.lock().unwrap().push(*signature);
    }

    async fn next(&self) -> Vec<Signature> {
        std::future::pending().await
    }

    async fn attend(&self) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_order_asks_for_any_more_is_followed_no_longer() {
    let script = Script::new([send(1), look(1..2, |_| false), height(FINALIZED)]);
    let ended = Arc::new(Ended::default());
    let mut list = list(&script).with_no_resends();
    list.hear_from(ended.clone());
    keep(&list, 1).await.unwrap();
    tokio::time::advance(Duration::from_secs(600)).await;

    attended(&list, tokio::time::sleep(SLOT)).await;

    assert_eq!(*ended.0.lock().unwrap(), [signature(1)]);
    assert!(list.heard(&signature(1)).is_none());
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_dropped_send_is_made_up_for() {
    let never_answered = Call::SendUnanswered(1_u64.to_be_bytes().to_vec());
    let script = Script::new([
        never_answered,
        look(1..2, |_| false),
        send(1),
        look(1..2, |_| true),
    ]);
    let list = list(&script);

    {
        let transaction = transaction(1, FINALIZED + 100);
        let sending = list.keep(order(1), signature(1), &transaction);
        let mut sending = std::pin::pin!(sending);
        // Its worker stops in the middle of the call.
        assert!(futures_util::poll!(sending.as_mut()).is_pending());
    }
    let landed = attended(&list, list.settled(&signature(1))).await;

    assert_eq!(landed, Some(status(1)));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn while_the_valve_is_shut_nothing_is_sent_and_fates_are_asked() {
    let script = Script::new([
        look([7].into_iter(), |_| false),
        look([7].into_iter(), |_| false),
        look([7].into_iter(), |_| false),
        send(7),
        look([7].into_iter(), |_| true),
    ]);
    let clock = Arc::new(SystemClock::new());
    let valve = Arc::new(Valve::shut_at_first(clock.clone()));
    let mut list = list(&script);
    list.go_through(Arc::clone(&valve));

    let kept = keep(&list, 7).await;
    let settled = attended(&list, async {
        tokio::time::sleep(SLOT * 3).await;
        valve.open_since(clock.monotonic());
        list.settled(&signature(7)).await
    })
    .await;

    assert!(crate::rpc::words(&kept.unwrap_err()).contains("halted"));
    assert_eq!(settled, Some(status(7)));
    script.check_done();
}
