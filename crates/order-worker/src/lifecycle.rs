//! How an order lives: a loop over its stored state, with one arm per state, one stage per arm, and
//! one recorded event per turn. A new order and one resumed after a crash take the same path; all
//! branching on an order's state is here.

use std::time::Duration;

use domain::event::{Failure, FailureCode};
use domain::landing::LandingReport;
use domain::quote::Choice;
use domain::transaction::SignedTransaction;
use domain::waiting::Firing;
use domain::{EventData, Order, State};
use ports::order_store::{Lease, POISON_DEATHS};
use tracing::error;

use crate::context::Context;
use crate::crash_point::{self, CrashPoint};
use crate::halting::{self, HALTED_REST};
use crate::metrics::took;
use crate::missing;
use crate::panics::{Panicked, contain};
use crate::permission::Permission;
use crate::recording::{self, Refused};
use crate::session::Solitude;
use crate::stages::build::{Built, NotBuilt};
use crate::stages::settle::{Origin, Sending, Settled};
use crate::stages::word::{self, Weighed};
use crate::stages::{StageError, build, failure, landing, limits, route, settle};

/// How long an order waits after a defect of the engine, so that a person can look before the next
/// try.
const DEFECT_REST: Duration = Duration::from_secs(30);

/// How long an order waits whose transaction an operator has said to be dead, while that is not sure yet.
const WORD_REST: Duration = Duration::from_secs(2);

/// What is left to do when the worker has finished with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing, for anybody.
    Over,
    /// Its next execution begins after this delay.
    Retry { delay: Duration },
    /// It continues where it is, after this delay.
    Resume { delay: Duration },
    /// Another worker has it.
    LeaseLost,
}

/// What a turn decided to do next.
enum Next {
    Nothing,
    Record(EventData),
    Submit(Choice, SignedTransaction),
    Release(Ending),
    /// Others get the slot: the transaction is not settled, and fares like this.
    Rest(Duration, Option<LandingReport>),
}

/// Executes a claimed order until it has ended, waits for something, or belongs to another worker.
pub(crate) async fn live(
    ctx: &Context,
    mut lease: Lease,
    permission: &mut Permission,
    mut solitude: Solitude,
) -> Ending {
    crash_point::reached(CrashPoint::Claimed);
    let mut origin = Origin::Resumed;
    if lease.order.status().is_withdrawable()
        && let Err(refused) = recording::expire(ctx, &lease.order).await
    {
        return refused_ending(ctx, &lease, refused).await;
    }
    let mut looks_since = None;
    if missing::looks_again(&lease.order) {
        let now = ctx.clock.monotonic();
        if !ctx.patient.may_look(now) {
            let delay = missing::later(ctx);
            recording::release(ctx, &lease, delay).await;
            return Ending::Resume { delay };
        }
        looks_since = Some(now);
    }
    loop {
        let next = turn(ctx, &lease, permission, origin).await;
        if let Some(since) = looks_since.take() {
            let took = ctx.clock.monotonic().saturating_sub(since);
            ctx.patient.has_looked(took);
        }
        let recorded = match next {
            Next::Nothing => return Ending::Over,
            Next::Record(data) => record(ctx, &mut lease, data).await,
            Next::Submit(choice, transaction) => {
                origin = Origin::JustStored;
                submit(ctx, &mut lease, choice, transaction).await
            }
            Next::Release(ending) => {
                recording::release(ctx, &lease, ending.delay()).await;
                return ending;
            }
            Next::Rest(delay, landing) => {
                recording::release_with(ctx, &lease, delay, landing).await;
                return Ending::Resume { delay };
            }
        };
        match recorded {
            Ok(Some(ending)) => return ending,
            Ok(None) => {}
            Err(refused) => return refused_ending(ctx, &lease, refused).await,
        }
        // The order has an event now: if this worker dies from here on, the order alone is not to
        // blame.
        solitude.end();
        passed(ctx, &lease.order, permission).await;
    }
}

/// Does what the order's state asks for, and says what is to be stored of it.
async fn turn(ctx: &Context, lease: &Lease, permission: &mut Permission, origin: Origin) -> Next {
    match &lease.order.state {
        // A retry ends the lease, and so does an end.
        State::Confirmed { .. }
        | State::Failed { .. }
        | State::Cancelled { .. }
        | State::Expired { .. } => Next::Nothing,

        State::Submitted { choice, .. } => submitted(ctx, lease, choice, origin).await,
        _ if is_poison(lease) => poisoned(ctx, lease),
        // Nothing was stored that could be sent: somebody else may as well go on.
        _ if ctx.shutdown.is_stopping() => Next::Release(hand_back(&lease.order)),

        State::Pending { .. } => match permission.obtain() {
            Ok(()) => Next::Record(start(lease)),
            Err(delay) => Next::Release(Ending::Retry { delay }),
        },
        // Without a signature there is nothing to do for it.
        State::Routing | State::Building { .. } if !ctx.chain.valve.is_open() => held_back(),
        State::Routing => routing(ctx, lease).await,
        State::Building { decision } => building(ctx, lease, &decision.choice).await,
    }
}

/// The event that begins an execution.
fn start(lease: &Lease) -> EventData {
    match lease.firing.as_deref() {
        Some(Firing { seen, .. }) => EventData::Triggered { seen: seen.clone() },
        None => EventData::RoutingStarted,
    }
}

/// Bookkeeping after a won record: a start has used its token.
async fn passed(ctx: &Context, order: &Order, permission: &mut Permission) {
    match &order.state {
        State::Routing => permission.spend(ctx).await,
        State::Building { .. } => crash_point::reached(CrashPoint::Routed),
        State::Submitted { .. } => crash_point::reached(CrashPoint::Stored),
        _ => {}
    }
}

async fn routing(ctx: &Context, lease: &Lease) -> Next {
    let order = &lease.order;
    let began = ctx.clock.monotonic();
    let stage = contain(route::route(ctx, order, None));
    let Some(routed) = unless_stopping(ctx, stage).await else {
        return Next::Release(hand_back(order));
    };
    took(&ctx.metrics.route, began, ctx.clock.monotonic());
    match routed.unwrap_or_else(|panicked| Err(defect(ctx, order, &panicked))) {
        Ok(decision) => Next::Record(EventData::Routed { decision }),
        Err(error) => match missing::patience(ctx, order, error.failure()) {
            Some(delay) => Next::Release(Ending::Resume { delay }),
            None => Next::Record(after_failure(ctx, lease, error)),
        },
    }
}

async fn building(ctx: &Context, lease: &Lease, choice: &Choice) -> Next {
    let order = &lease.order;
    let began = ctx.clock.monotonic();
    let stage = contain(build::build(ctx, order, choice));
    let Some(built) = unless_stopping(ctx, stage).await else {
        return Next::Release(hand_back(order));
    };
    took(&ctx.metrics.build, began, ctx.clock.monotonic());
    match built.unwrap_or_else(|panicked| Err(defect(ctx, order, &panicked).into())) {
        Ok(Built {
            choice,
            transaction,
        }) => Next::Submit(choice, transaction),
        // Halted meanwhile, which is no failure of the order.
        Err(_) if !ctx.chain.valve.is_open() => held_back(),
        Err(NotBuilt::Failed(error)) => Next::Record(after_failure(ctx, lease, error)),
        // It stays where it is, and its slot is free for others.
        Err(NotBuilt::Later(delay)) => Next::Release(Ending::Resume { delay }),
    }
}

async fn submitted(ctx: &Context, lease: &Lease, choice: &Choice, origin: Origin) -> Next {
    let order = &lease.order;
    let rest = Next::Release(Ending::Resume { delay: DEFECT_REST });
    let Some(transaction) = &lease.live_transaction else {
        let id = order.id;
        error!(order.id = %id, "order {id} is submitted, but the store has no transaction of it");
        return rest;
    };
    if let Some(said) = &lease.word {
        ctx.chain.landing.forget(transaction);
        match word::weigh(ctx, order.id, transaction, said).await {
            Weighed::Dead(failure) => {
                ctx.metrics.declared_dead.increment(1);
                return Next::Record(after_failure(ctx, lease, StageError::Transient(failure)));
            }
            Weighed::Unsure => return Next::Release(Ending::Resume { delay: WORD_REST }),
            Weighed::Known => {}
        }
    }
    let began = ctx.clock.monotonic();
    let sending = Sending {
        order: order.id,
        transaction,
        choice,
    };
    let settled = contain(settle::settle(ctx, sending, origin)).await;
    took(&ctx.metrics.settle, began, ctx.clock.monotonic());
    match settled {
        Ok(Settled::Landed {
            amount_in,
            amount_out,
            legs,
            receipt,
        }) => {
            crash_point::reached(CrashPoint::ConfirmedNotStored);
            ctx.metrics.paid(&receipt);
            let signature = transaction.signature.clone();
            let fill = choice.filled(signature, (amount_in, amount_out), receipt);
            let fill = fill.exchanged(&legs);
            Next::Record(EventData::Confirmed { fill })
        }
        Ok(Settled::Dead(failure)) => {
            let failure = landing::explain(ctx, transaction, failure).await;
            Next::Record(after_failure(ctx, lease, StageError::Transient(failure)))
        }
        Ok(Settled::Reverted { failure, kind }) => {
            // It may have met another pool than the one that was known.
            for leg in choice.route.legs() {
                ctx.router.doubt(leg.asset_in, leg.asset_out);
            }
            // That a price has gone is what a limit is for, and no sign that something is wrong.
            if !missing::is_missed_limit(order, &failure) {
                halting::count_revert(ctx, order, &kind, &failure).await;
            }
            Next::Record(after_failure(ctx, lease, StageError::Transient(failure)))
        }
        Ok(Settled::Undecided {
            ask_again_in,
            rolled_back,
        }) => {
            let report = landing::slow(ctx, order, transaction, origin).await;
            let landing = report.map(|report| LandingReport {
                rolled_back,
                ..report
            });
            Next::Rest(ask_again_in, landing)
        }
        Err(panicked) => {
            // The transaction may have been sent: whatever happens to this worker, only the chain
            // can end the order.
            let _ = defect(ctx, order, &panicked);
            rest
        }
    }
}

/// Records an event; returns how the order leaves this worker, if it does.
async fn record(
    ctx: &Context,
    lease: &mut Lease,
    data: EventData,
) -> Result<Option<Ending>, Refused> {
    let ending = match &data {
        EventData::RetryScheduled { delay_ms, .. } => Some(Ending::Retry {
            delay: Duration::from_millis(*delay_ms),
        }),
        // It has no due time.
        EventData::WaitingAgain { .. } => Some(Ending::Over),
        _ => None,
    };
    recording::record(ctx, lease, data).await?;
    Ok(ending)
}

/// Stores the signed bytes with `submitted`, unless the order's time has run out meanwhile, or the wallet may not spend
/// so much. The bytes are thrown away then.
async fn submit(
    ctx: &Context,
    lease: &mut Lease,
    choice: Choice,
    transaction: SignedTransaction,
) -> Result<Option<Ending>, Refused> {
    let signature = transaction.signature.clone();
    let data = EventData::Submitted { choice, signature };
    match recording::record_submission(ctx, lease, data, transaction).await {
        Ok(()) => Ok(None),
        // If the clock was set back in between, the next turn builds the transaction anew.
        Err(Refused::Expired) => recording::expire(ctx, &lease.order).await.map(|()| None),
        Err(Refused::NoRoom(no_room)) => {
            let error = limits::no_room(ctx, &lease.order, &no_room);
            let data = after_failure(ctx, lease, error);
            record(ctx, lease, data).await
        }
        Err(refused) => Err(refused),
    }
}

/// Another execution, another wait, or the end: the only place that decides it.
fn after_failure(ctx: &Context, lease: &Lease, error: StageError) -> EventData {
    let (settings, order) = (&ctx.settings, &lease.order);
    if let Some(data) = missing::of_limit(ctx, lease, error.failure()) {
        return data;
    }
    let executions = missing::counted(lease);
    match error {
        StageError::Transient(failure) if executions < settings.max_executions => {
            let delay = match missing::is_retried_at_once(order) {
                true => Duration::ZERO,
                false => settings.retry.delay_after(executions, &ctx.random),
            };
            let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            EventData::RetryScheduled { failure, delay_ms }
        }
        StageError::Transient(failure) => EventData::Failed {
            failure: exhausted(ctx, executions, &failure),
        },
        StageError::Permanent(failure) => EventData::Failed { failure },
    }
}

/// The last failure of an order that has used all its executions.
fn exhausted(ctx: &Context, executions: u32, last: &Failure) -> Failure {
    let most = ctx.settings.max_executions.max(executions);
    let reason = format!("{} ({executions} of {most} attempts)", last.reason);
    let code = match last.code {
        FailureCode::Internal => {
            ctx.metrics.poison.increment(1);
            FailureCode::Poison
        }
        code => code,
    };
    Failure {
        code,
        reason,
        landing: last.landing.clone(),
        paid_lamports: last.paid_lamports,
    }
}

fn is_poison(lease: &Lease) -> bool {
    lease.deaths >= POISON_DEATHS && lease.live_transaction.is_none()
}

fn poisoned(ctx: &Context, lease: &Lease) -> Next {
    let (id, deaths) = (lease.order.id, lease.deaths);
    ctx.metrics.poison.increment(1);
    error!(order.id = %id, deaths, "{deaths} workers died with order {id}, the last one with nothing else: it ends as poison");
    let reason = "the order stopped every worker that took it";
    Next::Record(EventData::Failed {
        failure: failure(FailureCode::Poison, reason),
    })
}

fn defect(ctx: &Context, order: &Order, panicked: &Panicked) -> StageError {
    let (id, Panicked(error)) = (order.id, panicked);
    ctx.metrics.panics.increment(1);
    error!(order.id = %id, order.status = order.status().name(), error, "order {id} met a defect: {error}");
    StageError::transient(
        FailureCode::Internal,
        "the engine met a defect while executing the order",
    )
}

/// Runs a stage that may be cut short; `None` if somebody asked to stop first.
async fn unless_stopping<T>(ctx: &Context, stage: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = ctx.shutdown.soft() => None,
        done = stage => Some(done),
    }
}

/// An order waits outside its slot while nothing is signed.
const fn held_back() -> Next {
    Next::Release(Ending::Resume { delay: HALTED_REST })
}

/// How the queue continues an order given back in the middle of its life.
fn hand_back(order: &Order) -> Ending {
    let delay = Duration::ZERO;
    match order.state {
        State::Pending { .. } => Ending::Retry { delay },
        _ => Ending::Resume { delay },
    }
}

async fn refused_ending(ctx: &Context, lease: &Lease, refused: Refused) -> Ending {
    match refused {
        Refused::Withdrawn | Refused::Expired => Ending::Over,
        Refused::LeaseLost => Ending::LeaseLost,
        Refused::Broken | Refused::NoRoom(_) => {
            recording::release(ctx, lease, DEFECT_REST).await;
            Ending::Over
        }
    }
}

impl Ending {
    /// How long the order waits.
    pub(crate) const fn delay(self) -> Duration {
        match self {
            Self::Retry { delay } | Self::Resume { delay } => delay,
            Self::Over | Self::LeaseLost => Duration::ZERO,
        }
    }
}
