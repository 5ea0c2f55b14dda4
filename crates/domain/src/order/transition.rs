//! Which event may follow in which state: the only table of an order's life.

use super::{State, Status};
use crate::event::EventData;
use crate::ids::Seq;

/// An event proposed for a state in which it is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTransition {
    #[error("an order that is {from} cannot become {to}")]
    Status { from: Status, to: Status },
    #[error("event {got} where {expected} is the next")]
    OutOfOrder { expected: Seq, got: Seq },
}

/// Says whether `event` may follow `state`.
#[rustfmt::skip]
pub(super) fn check(state: &State, event: &EventData) -> Result<(), IllegalTransition> {
    use EventData as E;
    use State as S;

    match (state, event) {
        (S::Pending { .. },   E::RoutingStarted)        => Ok(()),
        (S::Pending { .. },   E::Triggered { .. })      => Ok(()),
        // Only for an order that killed every worker that took it.
        (S::Pending { .. },   E::Failed { .. })         => Ok(()),
        (S::Pending { .. },   E::Cancelled { .. })      => Ok(()),
        (S::Pending { .. },   E::Expired { .. })        => Ok(()),

        (S::Routing,          E::Routed { .. })         => Ok(()),
        (S::Routing,          E::RetryScheduled { .. }) => Ok(()),
        (S::Routing,          E::WaitingAgain { .. })   => Ok(()),
        (S::Routing,          E::Failed { .. })         => Ok(()),
        (S::Routing,          E::Cancelled { .. })      => Ok(()),
        (S::Routing,          E::Expired { .. })        => Ok(()),

        (S::Building { .. },  E::Submitted { .. })      => Ok(()),
        (S::Building { .. },  E::RetryScheduled { .. }) => Ok(()),
        (S::Building { .. },  E::WaitingAgain { .. })   => Ok(()),
        (S::Building { .. },  E::Failed { .. })         => Ok(()),
        (S::Building { .. },  E::Cancelled { .. })      => Ok(()),
        (S::Building { .. },  E::Expired { .. })        => Ok(()),

        // Stored bytes may have been sent: from here on only the chain decides. A worker records an
        // event of the lines below `Confirmed` only once the transaction is proved dead.
        (S::Submitted { .. }, E::Confirmed { .. })      => Ok(()),
        (S::Submitted { .. }, E::RetryScheduled { .. }) => Ok(()),
        (S::Submitted { .. }, E::WaitingAgain { .. })   => Ok(()),
        (S::Submitted { .. }, E::Failed { .. })         => Ok(()),

        (from, to) => Err(IllegalTransition::Status { from: from.status(), to: to.status() }),
    }
}

/// The state an order is in after `event`.
pub(super) fn state_after(event: EventData) -> State {
    match event {
        EventData::Accepted => State::Pending { last_failure: None },
        EventData::RetryScheduled { failure, .. } | EventData::WaitingAgain { failure, .. } => {
            State::Pending {
                last_failure: Some(failure),
            }
        }
        EventData::RoutingStarted | EventData::Triggered { .. } => State::Routing,
        EventData::Routed { decision } => State::Building { decision },
        EventData::Submitted { choice, signature } => State::Submitted { choice, signature },
        EventData::Confirmed { fill } => State::Confirmed { fill },
        EventData::Failed { failure } => State::Failed { failure },
        EventData::Cancelled { reason } => State::Cancelled { reason },
        EventData::Expired { reason } => State::Expired { reason },
    }
}
