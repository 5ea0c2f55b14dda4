//! The promises of [`ports::job_queue`], by their numbers.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, OrderId, WorkerId};
use ports::JobQueue;
use ports::job_queue::{Claimed, Delivery, Depth, Job, Wanted};
use tokio::task::JoinSet;

use super::{Given, QueueFixture, Unreadable, eventually, promptly};

const A_LITTLE: Duration = Duration::from_millis(50);

fn job_of(given: &Given, client: &ClientId) -> Job {
    Job {
        order_id: given.order_id(),
        client: client.clone(),
        starts_execution: true,
    }
}

fn job(given: &Given) -> Job {
    job_of(given, &ClientId::anyone())
}

fn resume(given: &Given) -> Job {
    Job {
        starts_execution: false,
        ..job(given)
    }
}

async fn push(queue: &Arc<dyn JobQueue>, jobs: &[Job]) -> usize {
    queue.push(jobs.to_vec()).await.expect("push answers")
}

async fn claim(queue: &Arc<dyn JobQueue>, worker: WorkerId, max: usize) -> Claimed {
    let claimed = queue.claim(worker, max, Wanted::Any).await;
    claimed.expect("claim answers")
}

/// Claims until nothing comes, as an adapter may hand out fewer than asked for.
async fn claim_all(queue: &Arc<dyn JobQueue>, worker: WorkerId) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    loop {
        let claimed = claim(queue, worker, 100).await;
        if claimed.deliveries.is_empty() {
            return deliveries;
        }
        deliveries.extend(claimed.deliveries);
    }
}

fn ids(deliveries: &[Delivery]) -> Vec<OrderId> {
    deliveries.iter().map(|d| d.job.order_id).collect()
}

/// 1: queued.
pub async fn a_queued_entry_is_not_pushed_again(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = job(&given);

    assert_eq!(push(&queue, &[job.clone(), job.clone()]).await, 1);
    let other = fixture.second_handle().await;
    assert_eq!(push(&other, std::slice::from_ref(&job)).await, 0);

    let deliveries = claim_all(&queue, given.worker_id()).await;
    assert_eq!(ids(&deliveries), [job.order_id]);
    assert_eq!(deliveries[0].job, job);
}

/// 1: in flight.
pub async fn an_entry_in_flight_is_not_pushed_again(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = job(&given);
    push(&queue, std::slice::from_ref(&job)).await;
    let held = claim_all(&queue, given.worker_id()).await;
    assert_eq!(held.len(), 1);

    let pushed = push(&queue, &[job]).await;

    assert_eq!(pushed, 0);
    let again = claim_all(&queue, given.worker_id()).await;
    assert_eq!(ids(&again), []);
}

/// 1: delayed.
pub async fn a_delayed_entry_is_not_pushed_again(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = job(&given);
    queue
        .push_delayed(job.clone(), Duration::from_secs(3_600))
        .await
        .expect("push_delayed answers");

    let pushed = push(&queue, &[job]).await;

    assert_eq!(pushed, 0);
    let early = claim_all(&queue, given.worker_id()).await;
    assert_eq!(ids(&early), []);
}

/// 1: no longer there.
pub async fn an_acknowledged_entry_may_be_pushed_again(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = job(&given);
    for _ in 0..3 {
        assert_eq!(push(&queue, std::slice::from_ref(&job)).await, 1);
        for delivery in claim_all(&queue, given.worker_id()).await {
            queue.ack(delivery).await.expect("ack answers");
        }
    }
    assert_eq!(
        queue.depth().await.expect("depth answers"),
        Depth::default()
    );
}

/// 1: concurrent.
pub async fn concurrent_pushes_of_one_entry_queue_it_once(fixture: &impl QueueFixture) {
    let given = Given::new();
    let handles = [fixture.queue(), fixture.second_handle().await];
    let jobs: Vec<_> = (0..20).map(|_| job(&given)).collect();
    let mut pushes = JoinSet::new();
    for index in 0..10 {
        let (queue, jobs) = (Arc::clone(&handles[index % 2]), jobs.clone());
        pushes.spawn(async move { push(&queue, &jobs).await });
    }

    let pushed: usize = pushes.join_all().await.into_iter().sum();

    assert_eq!(pushed, jobs.len());
    let deliveries = claim_all(&handles[0], given.worker_id()).await;
    assert_eq!(deliveries.len(), jobs.len());
}

/// 4 and 1: each entry is in one worker's hands.
pub async fn concurrent_claims_share_the_entries(fixture: &impl QueueFixture) {
    let given = Given::new();
    let handles = [fixture.queue(), fixture.second_handle().await];
    let jobs: Vec<_> = (0..200).map(|_| job(&given)).collect();
    push(&handles[0], &jobs).await;
    let mut claims = JoinSet::new();
    for index in 0..10 {
        let (queue, worker) = (Arc::clone(&handles[index % 2]), given.worker_id());
        claims.spawn(async move { claim_all(&queue, worker).await });
    }

    let claimed: Vec<_> = claims.join_all().await.into_iter().flatten().collect();

    let distinct: HashSet<_> = ids(&claimed).into_iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (200, 200));
}

/// 2: in turn.
pub async fn clients_are_served_in_turn(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let (flood, single) = (given.client("flood"), given.client("single"));
    let many: Vec<_> = (0..100).map(|_| job_of(&given, &flood)).collect();
    let few: Vec<_> = (0..5).map(|_| job_of(&given, &single)).collect();
    push(&queue, &many).await;
    push(&queue, &few).await;
    let worker = given.worker_id();

    let mut served = Vec::new();
    while served.len() < 12 {
        served.extend(claim(&queue, worker, 3).await.deliveries);
    }

    let of_single = served[..12].iter().filter(|d| d.job.client == single);
    assert_eq!(of_single.count(), few.len());
}

/// 2: oldest first.
pub async fn a_client_is_served_oldest_first(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let jobs: Vec<_> = (0..50).map(|_| job(&given)).collect();
    for batch in jobs.chunks(7) {
        push(&queue, batch).await;
    }

    let served = claim_all(&queue, given.worker_id()).await;

    let pushed: Vec<_> = jobs.iter().map(|job| job.order_id).collect();
    assert_eq!(ids(&served), pushed);
}

/// 3: resumes first.
pub async fn a_resume_comes_first(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let (start, resume) = (job(&given), resume(&given));
    push(&queue, std::slice::from_ref(&start)).await;
    push(&queue, std::slice::from_ref(&resume)).await;

    let first = claim(&queue, given.worker_id(), 1).await;

    assert_eq!(ids(&first.deliveries), [resume.order_id]);
    assert_eq!(first.deliveries[0].job, resume);
}

/// 3: without a token.
pub async fn a_worker_without_a_token_gets_resumes_only(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let resume = resume(&given);
    push(&queue, &[job(&given), resume.clone(), job(&given)]).await;
    let worker = given.worker_id();

    let claimed = queue.claim(worker, 10, Wanted::Resumes).await;

    let claimed = claimed.expect("claim answers").deliveries;
    assert_eq!(ids(&claimed), [resume.order_id]);
    assert_eq!(claim_all(&queue, worker).await.len(), 2);
}

/// 3: the shared limiter.
pub async fn the_shared_limiter_holds_executions_back(fixture: &impl QueueFixture) {
    let given = Given::new();
    let Some(queue) = fixture.limited(3).await else {
        return;
    };
    let jobs: Vec<_> = (0..10).map(|_| job(&given)).collect();
    push(&queue, &jobs).await;

    let started = claim_all(&queue, given.worker_id()).await;
    let more = claim(&queue, given.worker_id(), 10).await;

    assert_eq!(started.len(), 3);
    assert_eq!(ids(&more.deliveries), []);
    assert!(more.limited_for.is_some_and(|wait| wait > Duration::ZERO));
    assert_eq!(queue.depth().await.expect("depth answers").ready, 7);
}

/// 3: not for resumes.
pub async fn the_shared_limiter_lets_resumes_pass(fixture: &impl QueueFixture) {
    let given = Given::new();
    let Some(queue) = fixture.limited(1).await else {
        return;
    };
    push(&queue, &[job(&given), job(&given)]).await;
    assert_eq!(claim_all(&queue, given.worker_id()).await.len(), 1);
    let resumes: Vec<_> = (0..5).map(|_| resume(&given)).collect();
    push(&queue, &resumes).await;

    let resumed = claim_all(&queue, given.worker_id()).await;

    assert_eq!(resumed.len(), resumes.len());
}

/// 3: and pauses for as long as starts were late, once.
pub async fn starts_that_were_late_together_cost_their_time_once(fixture: &impl QueueFixture) {
    let given = Given::new();
    // One a minute, three at once.
    let Some(queue) = fixture.limited(3).await else {
        return;
    };
    let jobs: Vec<_> = (0..5).map(|_| job(&given)).collect();
    push(&queue, &jobs).await;
    let first = claim(&queue, given.worker_id(), 1).await.deliveries;
    assert_eq!(first.len(), 1);

    for late_by in [50, 60, 55, 60] {
        let told = queue.began_late(Duration::from_secs(late_by)).await;
        told.expect("the queue answers");
    }

    assert_eq!(claim_all(&queue, given.worker_id()).await.len(), 1);
}

/// 4: left.
pub async fn what_a_leaving_worker_held_comes_back(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let jobs = [job(&given), resume(&given), job(&given)];
    push(&queue, &jobs).await;
    let leaving = given.worker_id();
    let held = claim_all(&queue, leaving).await;
    assert_eq!(held.len(), 3);
    drop(held);

    queue.leave(leaving).await.expect("leave answers");

    let again = claim_all(&queue, given.worker_id()).await;
    let again: HashSet<_> = ids(&again).into_iter().collect();
    assert_eq!(again, jobs.iter().map(|job| job.order_id).collect());
}

/// 4: silent.
pub async fn what_a_silent_worker_held_comes_back(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let jobs = [job(&given), job(&given)];
    push(&queue, &jobs).await;
    let silent = given.worker_id();
    queue.heartbeat(silent).await.expect("heartbeat answers");
    assert_eq!(claim_all(&queue, silent).await.len(), 2);
    assert_eq!(queue.reap().await.expect("reap answers"), 0);

    fixture.advance(fixture.lease() + A_LITTLE).await;

    let reaped = queue.reap().await.expect("reap answers");
    assert_eq!(reaped, 2);
    let again = claim_all(&queue, given.worker_id()).await;
    assert_eq!(ids(&again), jobs.map(|job| job.order_id));
}

/// 4: not silent.
pub async fn a_beating_worker_keeps_what_it_holds(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    push(&queue, &[job(&given)]).await;
    let worker = given.worker_id();
    queue.heartbeat(worker).await.expect("heartbeat answers");
    let held = claim_all(&queue, worker).await;
    for _ in 0..6 {
        fixture.advance(fixture.lease() / 4).await;
        queue.heartbeat(worker).await.expect("heartbeat answers");
        assert_eq!(queue.reap().await.expect("reap answers"), 0);
    }
    assert_eq!(ids(&claim_all(&queue, given.worker_id()).await), []);
    assert_eq!(held.len(), 1);
}

/// 5: delayed.
pub async fn a_delayed_entry_waits_for_its_time(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let delay = Duration::from_secs(3);
    let (sooner, later) = (job(&given), job(&given));
    for (job, delay) in [(&later, delay * 1_200), (&sooner, delay)] {
        queue
            .push_delayed(job.clone(), delay)
            .await
            .expect("push_delayed answers");
    }
    let worker = given.worker_id();
    assert_eq!(ids(&claim_all(&queue, worker).await), []);

    fixture.advance(delay + A_LITTLE).await;

    assert_eq!(ids(&claim_all(&queue, worker).await), [sooner.order_id]);
    let depth = queue.depth().await.expect("depth answers");
    assert_eq!((depth.delayed, depth.in_flight), (1, 1));
}

/// 5: retried.
pub async fn a_retried_entry_waits_for_its_time(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = job(&given);
    push(&queue, std::slice::from_ref(&job)).await;
    let worker = given.worker_id();
    let delay = Duration::from_secs(3);
    for delivery in claim_all(&queue, worker).await {
        queue.retry(delivery, delay).await.expect("retry answers");
    }
    assert_eq!(ids(&claim_all(&queue, worker).await), []);

    fixture.advance(delay + A_LITTLE).await;

    let again = claim_all(&queue, worker).await;
    assert_eq!(ids(&again), [job.order_id]);
}

/// 6: never blocks.
pub async fn a_claim_of_an_empty_queue_returns_at_once(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();

    let claimed = promptly("an empty claim", claim(&queue, given.worker_id(), 10)).await;

    assert_eq!(ids(&claimed.deliveries), []);
}

/// 6: but for waiting, with a limit.
pub async fn waiting_has_a_limit(fixture: &impl QueueFixture) {
    let queue = fixture.queue();
    let waiting = async {
        queue.wait(Duration::from_millis(100)).await;
    };
    let passing = async {
        loop {
            fixture.advance(A_LITTLE).await;
            tokio::task::yield_now().await;
        }
    };

    promptly("the limit of a wait", async {
        tokio::select! { () = waiting => {}, () = passing => {} }
    })
    .await;
}

/// 6: woken.
pub async fn a_push_wakes_whoever_waits(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let waiter = Arc::clone(&queue);
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { waiter.wait(Duration::from_secs(3_600)).await });
    tokio::task::yield_now().await;

    push(&fixture.second_handle().await, &[job(&given)]).await;

    promptly("the wake-up of a push", waiting.join_all()).await;
}

/// 6: a wake-up between looking and waiting is not lost.
pub async fn a_wait_after_a_push_returns_at_once(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    assert_eq!(ids(&claim_all(&queue, given.worker_id()).await), []);
    push(&queue, &[job(&given)]).await;

    let wait = queue.wait(Duration::from_secs(3_600));

    promptly("a wait over a full queue", wait).await;
}

/// 7: garbage.
pub async fn an_unreadable_entry_stops_nothing(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let garbage = "{\"not\": an id \u{1F4A5}";
    if fixture.inject_unreadable(garbage).await == Unreadable::Impossible {
        assert_eq!(
            queue.dead_entries(10).await.expect("dead_entries answer"),
            Vec::<String>::new()
        );
        return;
    }
    let job = job(&given);
    push(&queue, std::slice::from_ref(&job)).await;
    let worker = given.worker_id();

    let served = eventually("the entry behind the unreadable one", async || {
        let served = claim(&queue, worker, 10).await.deliveries;
        (!served.is_empty()).then_some(served)
    })
    .await;

    assert_eq!(ids(&served), [job.order_id]);
    assert_eq!(
        queue.dead_entries(10).await.expect("dead_entries answer"),
        [garbage]
    );
    assert_eq!(queue.depth().await.expect("depth answers").dead_entries, 1);
}

/// The gauges.
pub async fn depth_counts_every_entry_once(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let jobs: Vec<_> = (0..5).map(|_| job(&given)).collect();
    push(&queue, &jobs).await;
    let far = Duration::from_secs(3_600);
    queue
        .push_delayed(job(&given), far)
        .await
        .expect("push_delayed answers");

    let mut held = claim(&queue, given.worker_id(), 2).await.deliveries;
    let retried = held.remove(0);
    queue.retry(retried, far).await.expect("retry answers");

    let expected = Depth {
        ready: 3,
        delayed: 2,
        in_flight: 1,
        ..Depth::default()
    };
    assert_eq!(queue.depth().await.expect("depth answers"), expected);
}
