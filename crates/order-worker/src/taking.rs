//! Finds work for free slots: from the queue, or from the store itself while the queue is down.
//!
//! With a limit, the worker takes a permit only when it knows that there is work, and before it
//! takes the entry, so an order that waits for the limit keeps neither slot nor lease. Without a
//! permit, and while operators pause the engine, it takes only resumes.

use std::sync::Arc;
use std::time::Duration;

use metrics::histogram;
use ports::job_queue::{Job, Popped, Wanted};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tracing::{error, info, warn};

use crate::assignment::{carry_out, drop_twin, put_back};
use crate::context::Context;
use crate::limiter::{Limiter, Permit};
use crate::permission::{HELD_BACK_REST, Permission};
use crate::session::Session;
use crate::settings::LimitScope;

/// The longest sleep, in case a wake-up was lost.
const POLL: Duration = Duration::from_secs(1);
/// While starts are held back, how often to look for resumes.
const RESUMES_POLL: Duration = Duration::from_millis(200);
/// While the queue is down, how often to ask queue and store.
const AWAY_PACE: Duration = Duration::from_millis(250);
/// While operators pause the engine, how often to ask whether they still do: the next heartbeat
/// would be late.
const PAUSE_POLL: Duration = Duration::from_millis(250);
/// A resume that turns out to be a start waits like any start that operators hold back.
const PAUSED: Permission = Permission::ResumeOnly {
    look_again_in: HELD_BACK_REST,
};
/// A resume that turns out to be a start goes back at once, so that the queue's limiter counts it.
const UNCOUNTED: Permission = Permission::ResumeOnly {
    look_again_in: Duration::ZERO,
};
/// Pause between two looks that found nothing, so that useless wake-ups cannot make a tight loop.
const EMPTY_GAP: Duration = Duration::from_millis(5);

/// What a look has found.
enum Found {
    Work(Vec<(Job, Permission)>),
    /// Nothing; a wake-up will follow.
    Nothing,
    /// Nothing that the worker may take before this time has passed.
    Later(Duration),
}

/// Takes work during one session.
pub(crate) struct Taker<'a> {
    ctx: &'a Arc<Context>,
    session: &'a Arc<Session>,
    /// Whether the last look showed that starts are waiting.
    is_backlogged: bool,
    /// Whether the last look left nothing in the queue.
    is_drained: bool,
    is_queue_away: bool,
    /// When the store was last asked whether the pause continues.
    asked_of_pause_at: Option<Duration>,
    /// Since when the limit over the queue has kept starts from this worker.
    limited_since: Option<Duration>,
}

impl<'a> Taker<'a> {
    pub(crate) const fn new(ctx: &'a Arc<Context>, session: &'a Arc<Session>) -> Self {
        Self {
            ctx,
            session,
            is_backlogged: false,
            is_drained: false,
            is_queue_away: false,
            asked_of_pause_at: None,
            limited_since: None,
        }
    }

    /// Keeps the slots filled until somebody asks to stop. Dropping the future loses nothing for
    /// good: the sweeper brings again what was taken and not begun.
    pub(crate) async fn fill_slots(&mut self, runs: &mut JoinSet<()>) {
        while !self.ctx.shutdown.is_stopping() {
            reap(runs);
            let (permit, free) = self.session.free_slot().await;
            match self.look(free).await {
                Found::Work(work) => {
                    self.begin_all(work, permit, runs);
                    if self.is_drained {
                        self.ctx.queue.wait(POLL).await;
                    }
                }
                Found::Later(wait) => {
                    drop(permit);
                    self.ctx.clock.sleep(wait).await;
                }
                Found::Nothing => {
                    drop(permit);
                    self.ctx.queue.wait(POLL).await;
                    self.ctx.clock.sleep(EMPTY_GAP).await;
                }
            }
        }
    }

    fn begin_all(
        &self,
        work: Vec<(Job, Permission)>,
        permit: OwnedSemaphorePermit,
        runs: &mut JoinSet<()>,
    ) {
        let mut first = Some(permit);
        for (job, permission) in work {
            let (ctx, session) = (Arc::clone(self.ctx), Arc::clone(self.session));
            let Some(permit) = first.take().or_else(|| self.session.another_slot()) else {
                runs.spawn(put_back(ctx, job, permission));
                continue;
            };
            match self.session.hold(job.order_id, permit) {
                Some(slot) => runs.spawn(carry_out(ctx, session, slot, job, permission)),
                None => runs.spawn(drop_twin(ctx, permission)),
            };
        }
    }

    async fn look(&mut self, free: usize) -> Found {
        self.is_drained = false;
        self.follow_pause().await;
        let looked = if self.session.is_paused() {
            self.limited_since = None;
            self.look_paused(free).await
        } else if let Some(limiter) = &self.ctx.limiter {
            self.look_limited(free, &Arc::clone(limiter)).await
        } else {
            self.look_freely(free).await
        };
        match looked {
            Ok(found) => {
                if self.is_queue_away {
                    self.is_queue_away = false;
                    info!("the queue is back");
                }
                found
            }
            Err(error) => {
                self.queue_is_away(&error);
                self.limited_since = None;
                self.look_in_store(free).await
            }
        }
    }

    async fn look_freely(&mut self, free: usize) -> ports::Result<Found> {
        let asked_at = self.ctx.clock.monotonic();
        let popped = self.pop(free, Wanted::Any).await?;
        let limited_for = popped.limited_for;
        let is_limited = self.ctx.settings.rate.is_some();
        if is_limited {
            self.tell_wait(&popped, asked_at);
        }
        let found = from_queue(popped, |job| match (is_limited, job.starts_execution) {
            (false, _) => Permission::Free,
            (true, true) => Permission::CountedByQueue {
                asked_at,
                is_spent: false,
            },
            (true, false) => UNCOUNTED,
        });
        Ok(match (found, limited_for) {
            // The queue's own limiter holds starts back: look for resumes meanwhile.
            (Found::Nothing, Some(wait)) => Found::Later(wait.clamp(EMPTY_GAP, RESUMES_POLL)),
            (found, _) => found,
        })
    }

    /// Records how long starts have waited for the limit over the queue, as a worker's own limiter
    /// does.
    fn tell_wait(&mut self, popped: &Popped, asked_at: Duration) {
        let starts = popped
            .jobs
            .iter()
            .filter(|job| job.starts_execution)
            .count();
        if starts == 0 && popped.limited_for.is_some() {
            self.limited_since.get_or_insert(asked_at);
            return;
        }
        let since = self.limited_since.take().unwrap_or(asked_at);
        for _ in 0..starts {
            histogram!("limiter_wait_seconds").record(asked_at.saturating_sub(since));
        }
        if popped.limited_for.is_some() {
            self.limited_since = Some(asked_at);
        }
    }

    /// Asks from time to time whether a pause continues.
    async fn follow_pause(&mut self) {
        if !self.session.is_paused() {
            return;
        }
        let now = self.ctx.clock.monotonic();
        let asked_at = self.asked_of_pause_at;
        if asked_at.is_some_and(|asked_at| now.saturating_sub(asked_at) < PAUSE_POLL) {
            return;
        }
        self.asked_of_pause_at = Some(now);
        // If the store does not answer, the last answer stays valid.
        if let Ok(paused) = self.ctx.store.is_paused().await {
            self.session.hear_pause(paused);
        }
    }

    async fn look_paused(&mut self, free: usize) -> ports::Result<Found> {
        let popped = self.pop(free, Wanted::Resumes).await?;
        Ok(match from_queue(popped, |_| PAUSED) {
            Found::Nothing => Found::Later(RESUMES_POLL),
            found => found,
        })
    }

    async fn look_limited(&mut self, free: usize, limiter: &Arc<Limiter>) -> ports::Result<Found> {
        let counted = |permit| Permission::Counted {
            limiter: Arc::clone(limiter),
            permit,
        };
        if !self.is_backlogged {
            let resumes = self.pop(free, Wanted::Resumes).await?;
            if !resumes.jobs.is_empty() {
                return Ok(from_queue(resumes, |_| counted(None)));
            }
            if self.ctx.queue.depth().await?.ready == 0 {
                return Ok(Found::Nothing);
            }
        }
        match limiter.take() {
            Ok(permit) => {
                let popped = self.pop(1, Wanted::Any).await?;
                self.is_backlogged = !popped.jobs.is_empty();
                let mut permit = Some(permit);
                Ok(from_queue(popped, |_| counted(permit.take())))
            }
            Err(wait) => {
                self.is_backlogged = true;
                let resumes = self.pop(free, Wanted::Resumes).await?;
                Ok(match from_queue(resumes, |_| counted(None)) {
                    Found::Nothing => Found::Later(wait.clamp(EMPTY_GAP, RESUMES_POLL)),
                    found => found,
                })
            }
        }
    }

    async fn pop(&mut self, max: usize, wanted: Wanted) -> ports::Result<Popped> {
        let popped = self.ctx.queue.pop(max, wanted).await?;
        let taken = u64::try_from(popped.jobs.len()).unwrap_or(u64::MAX);
        self.ctx.metrics.queue_claims.increment(taken);
        self.is_drained = popped.is_drained && wanted == Wanted::Any;
        Ok(popped)
    }

    /// One order per client and round, at a slow pace, because the store has other work.
    async fn look_in_store(&self, free: usize) -> Found {
        self.ctx.clock.sleep(AWAY_PACE).await;
        let Ok(due) = self.ctx.store.due_fairly(1, free).await else {
            return Found::Later(AWAY_PACE);
        };
        let limiter = match self.ctx.settings.scope {
            LimitScope::Worker => self.ctx.limiter.clone(),
            LimitScope::Queue => self.session.shared_limiter(self.ctx),
        };
        let mut work = Vec::new();
        for job in due.into_iter().map(Job::from) {
            if let Some(permission) = self.permission_for(&job, limiter.as_ref()) {
                work.push((job, permission));
            }
        }
        if work.is_empty() {
            Found::Later(AWAY_PACE)
        } else {
            Found::Work(work)
        }
    }

    fn permission_for(&self, job: &Job, limiter: Option<&Arc<Limiter>>) -> Option<Permission> {
        if self.session.is_paused() {
            return (!job.starts_execution).then_some(PAUSED);
        }
        let Some(limiter) = limiter else {
            return Some(Permission::Free);
        };
        let permit: Option<Permit> = if job.starts_execution {
            Some(limiter.take().ok()?)
        } else {
            None
        };
        Some(Permission::Counted {
            limiter: Arc::clone(limiter),
            permit,
        })
    }

    fn queue_is_away(&mut self, error: &ports::Error) {
        self.ctx.metrics.queue_failures.increment(1);
        self.is_backlogged = false;
        if !self.is_queue_away {
            self.is_queue_away = true;
            warn!(%error, "the queue is down, taking orders from the store: {error}");
        }
    }
}

fn from_queue(popped: Popped, mut permission: impl FnMut(&Job) -> Permission) -> Found {
    if popped.jobs.is_empty() {
        return Found::Nothing;
    }
    let jobs = popped.jobs.into_iter();
    let work = jobs.map(|job| {
        let permission = permission(&job);
        (job, permission)
    });
    Found::Work(work.collect())
}

/// Removes finished tasks. Panics of orders are contained within their tasks, so a panic seen here
/// is the driver's own.
pub(crate) fn reap(runs: &mut JoinSet<()>) {
    while let Some(run) = runs.try_join_next() {
        if let Err(error) = run
            && error.is_panic()
        {
            error!(%error, "the task of an order panicked: {error}");
        }
    }
}
