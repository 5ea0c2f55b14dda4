//! The promises of [`ports::job_queue`], by their numbers.

mod limiting;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{ClientId, OrderId};
use ports::JobQueue;
use ports::job_queue::{Depth, Job, Popped, Wanted};
use tokio::task::JoinSet;

pub use limiting::*;

use super::{Given, QueueFixture, Unreadable, eventually, promptly};

const A_LITTLE: Duration = Duration::from_millis(50);

fn job_of(given: &Given, client: &ClientId) -> Job {
    Job {
        order_id: given.order_id(),
        client: client.clone(),
        starts_execution: true,
        has_fired: false,
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

async fn pop(queue: &Arc<dyn JobQueue>, max: usize) -> Popped {
    let popped = queue.pop(max, Wanted::Any).await;
    popped.expect("pop answers")
}

/// Pops until nothing comes, because an adapter may hand out fewer entries than asked for.
async fn pop_all(queue: &Arc<dyn JobQueue>) -> Vec<Job> {
    let mut jobs = Vec::new();
    loop {
        let popped = pop(queue, 100).await;
        if popped.jobs.is_empty() {
            return jobs;
        }
        jobs.extend(popped.jobs);
    }
}

fn ids(jobs: &[Job]) -> Vec<OrderId> {
    jobs.iter().map(|job| job.order_id).collect()
}

/// 1: queued.
pub async fn a_queued_entry_is_not_pushed_again(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = job(&given);

    assert_eq!(push(&queue, &[job.clone(), job.clone()]).await, 1);
    let other = fixture.second_handle().await;
    assert_eq!(push(&other, std::slice::from_ref(&job)).await, 0);

    let popped = pop_all(&queue).await;
    assert_eq!(popped, [job]);
}

/// 1 and 4: handed out, so that it is neither queued nor delayed.
pub async fn an_entry_that_was_handed_out_may_be_pushed_again(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = job(&given);
    for _ in 0..3 {
        assert_eq!(push(&queue, std::slice::from_ref(&job)).await, 1);
        assert_eq!(pop_all(&queue).await, std::slice::from_ref(&job));
    }
    let depth = queue.depth().await.expect("depth answers");
    assert_eq!(depth, Depth::default());
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
    let early = pop_all(&queue).await;
    assert_eq!(ids(&early), []);
}

/// 1: a resume that waits for a time comes at once when it is pushed.
pub async fn a_delayed_resume_that_is_pushed_need_not_wait(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let job = resume(&given);
    let hour = Duration::from_secs(3_600);
    let delay = || queue.push_delayed(job.clone(), hour);
    delay().await.expect("push_delayed answers");

    let pushed = push(&queue, std::slice::from_ref(&job)).await;
    let again = push(&queue, std::slice::from_ref(&job)).await;
    delay().await.expect("push_delayed answers");

    assert_eq!((pushed, again), (1, 0));
    assert_eq!(pop_all(&queue).await, [job]);
    let depth = queue.depth().await.expect("depth answers");
    assert_eq!((depth.ready, depth.delayed), (0, 0));
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
    let popped = pop_all(&handles[0]).await;
    assert_eq!(popped.len(), jobs.len());
}

/// 4: each entry is handed out once.
pub async fn concurrent_pops_share_the_entries(fixture: &impl QueueFixture) {
    let given = Given::new();
    let handles = [fixture.queue(), fixture.second_handle().await];
    let jobs: Vec<_> = (0..200).map(|_| job(&given)).collect();
    push(&handles[0], &jobs).await;
    let mut pops = JoinSet::new();
    for index in 0..10 {
        let queue = Arc::clone(&handles[index % 2]);
        pops.spawn(async move { pop_all(&queue).await });
    }

    let popped: Vec<_> = pops.join_all().await.into_iter().flatten().collect();

    let distinct: HashSet<_> = ids(&popped).into_iter().collect();
    assert_eq!((popped.len(), distinct.len()), (200, 200));
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

    let mut served = Vec::new();
    while served.len() < 12 {
        served.extend(pop(&queue, 3).await.jobs);
    }

    let of_single = served[..12].iter().filter(|d| d.client == single);
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

    let served = pop_all(&queue).await;

    let pushed: Vec<_> = jobs.iter().map(|job| job.order_id).collect();
    assert_eq!(ids(&served), pushed);
}

/// 2: what has fired.
pub async fn what_has_fired_goes_before_its_clients_others(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let client = given.client("with-a-backlog");
    let fired = |given: &Given| Job {
        has_fired: true,
        ..job_of(given, &client)
    };
    let mut jobs: Vec<_> = (0..4).map(|_| job_of(&given, &client)).collect();
    let lost = fired(&given);
    jobs.extend((0..4).map(|_| job_of(&given, &client)));
    let late = fired(&given);
    push(&queue, &jobs).await;
    push(&queue, std::slice::from_ref(&late)).await;
    push(&queue, std::slice::from_ref(&lost)).await;

    let served = pop_all(&queue).await;

    let expected: Vec<_> = [lost, late].into_iter().chain(jobs).collect();
    assert_eq!(served, expected);
}

/// 2: an order that was lost on the way does not go behind its client's backlog.
pub async fn what_is_brought_again_goes_before_younger_ones(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let client = given.client("with-a-backlog");
    let jobs: Vec<_> = (0..12).map(|_| job_of(&given, &client)).collect();
    push(&queue, &jobs).await;
    let lost: Vec<_> = pop(&queue, 4).await.jobs;
    assert_eq!(ids(&lost), ids(&jobs[..4]));

    let other = fixture.second_handle().await;
    // By two sweepers, while the first ones are still queued.
    push(&other, &lost[..2]).await;
    push(&queue, &lost[2..3]).await;
    // One had to wait for its time.
    let delayed = queue.push_delayed(lost[3].clone(), A_LITTLE).await;
    delayed.expect("push_delayed answers");
    fixture.advance(2 * A_LITTLE).await;

    let mut served = ids(&pop(&queue, 1).await.jobs);
    served.extend(ids(&pop_all(&queue).await));
    assert_eq!(served, ids(&jobs));
}

/// 3: resumes first.
pub async fn a_resume_comes_first(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let (start, resume) = (job(&given), resume(&given));
    push(&queue, std::slice::from_ref(&start)).await;
    push(&queue, std::slice::from_ref(&resume)).await;

    let first = pop(&queue, 1).await;

    assert_eq!(ids(&first.jobs), [resume.order_id]);
    assert_eq!(first.jobs[0], resume);
}

/// 3: without a permit.
pub async fn a_worker_without_a_token_gets_resumes_only(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let resume = resume(&given);
    push(&queue, &[job(&given), resume.clone(), job(&given)]).await;

    let popped = queue.pop(10, Wanted::Resumes).await;

    let popped = popped.expect("pop answers").jobs;
    assert_eq!(ids(&popped), [resume.order_id]);
    assert_eq!(pop_all(&queue).await.len(), 2);
}

/// 1: an execution that can continue must not wait behind its own start.
pub async fn a_resume_takes_the_place_of_its_start(fixture: &impl QueueFixture) {
    let given = Given::new();
    let queue = fixture.queue();
    let far = Duration::from_secs(3_600);
    for is_delayed in [false, true] {
        let start = job(&given);
        let resume = Job {
            starts_execution: false,
            ..start.clone()
        };
        if is_delayed {
            let delayed = queue.push_delayed(start.clone(), far).await;
            delayed.expect("push_delayed answers");
        } else {
            push(&queue, std::slice::from_ref(&start)).await;
        }

        assert_eq!(push(&queue, std::slice::from_ref(&resume)).await, 1);
        assert_eq!(push(&queue, &[start, resume.clone()]).await, 0);

        let popped = queue.pop(10, Wanted::Resumes).await;
        assert_eq!(popped.expect("pop answers").jobs, [resume]);
    }
    let dead = queue.dead_entries(10).await.expect("dead_entries answer");
    assert_eq!(dead, Vec::<String>::new());
}

/// 4: gone, whichever worker took it and however long ago.
pub async fn what_is_handed_out_comes_back_by_itself_never(fixture: &impl QueueFixture) {
    let given = Given::new();
    let (queue, other) = (fixture.queue(), fixture.second_handle().await);
    let jobs = [job(&given), resume(&given)];
    push(&queue, &jobs).await;
    assert_eq!(pop_all(&queue).await.len(), 2);

    fixture.advance(Duration::from_secs(2)).await;

    assert_eq!(pop_all(&queue).await, []);
    assert_eq!(pop_all(&other).await, []);
}

/// 4: the worker that has it is about to claim it.
pub async fn a_refill_may_leave_out_what_was_handed_out_just_now(fixture: &impl QueueFixture) {
    let given = Given::new();
    let (queue, other) = (fixture.queue(), fixture.second_handle().await);
    let (taken, lost) = (job(&given), job(&given));
    push(&queue, std::slice::from_ref(&taken)).await;
    assert_eq!(pop_all(&queue).await, std::slice::from_ref(&taken));
    let period = Duration::from_secs(2);
    let refill = async || {
        let due = vec![taken.clone(), lost.clone()];
        let refilled = other.refill(due, period).await;
        refilled.expect("refill answers");
        pop_all(&queue).await
    };

    assert_eq!(refill().await, std::slice::from_ref(&lost));

    fixture.advance(period + A_LITTLE).await;
    assert_eq!(refill().await, [taken.clone(), lost.clone()]);
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
    assert_eq!(ids(&pop_all(&queue).await), []);

    fixture.advance(delay + A_LITTLE).await;

    assert_eq!(ids(&pop_all(&queue).await), [sooner.order_id]);
    let depth = queue.depth().await.expect("depth answers");
    assert_eq!((depth.ready, depth.delayed), (0, 1));
}

/// 6: never blocks.
pub async fn a_pop_of_an_empty_queue_returns_at_once(fixture: &impl QueueFixture) {
    let queue = fixture.queue();

    let popped = promptly("an empty pop", pop(&queue, 10)).await;

    assert_eq!(ids(&popped.jobs), []);
}

/// 6: except the wait, which has a limit.
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
    assert_eq!(ids(&pop_all(&queue).await), []);
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

    let served = eventually("the entry behind the unreadable one", async || {
        let served = pop(&queue, 10).await.jobs;
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

    let taken = pop(&queue, 2).await.jobs;
    assert_eq!(taken.len(), 2);

    let expected = Depth {
        ready: 3,
        delayed: 1,
        ..Depth::default()
    };
    assert_eq!(queue.depth().await.expect("depth answers"), expected);
}
