//! What the cluster's endpoint does and answers, where the engine trades live: the faults of any provider, and of the
//! cluster behind it, set while it runs.

use std::time::Duration;

use anyhow::Result;
use ports::Random;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::Fault;
use crate::chain::let_go_wrong;
use crate::local::Member;

/// The longest time.
const LONGEST: Duration = Duration::from_secs(6);

/// The faults of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointFault {
    SendsDropped,
    RepliesLost,
    LandsLate,
    Refuses,
    Fails,
    Hangs,
    Lags,
    HeightIsSlot,
    KnowsNoTransactions,
    BlocksVanish,
    Away,
}

impl EndpointFault {
    const ALL: [Self; 11] = [
        Self::SendsDropped,
        Self::RepliesLost,
        Self::LandsLate,
        Self::Refuses,
        Self::Fails,
        Self::Hangs,
        Self::Lags,
        Self::HeightIsSlot,
        Self::KnowsNoTransactions,
        Self::BlocksVanish,
        Self::Away,
    ];

    pub(super) fn any(random: &Random) -> Self {
        let drawn = usize::try_from(random.below(11)).unwrap_or(0);
        Self::ALL.get(drawn).copied().unwrap_or(Self::Away)
    }

    /// As the simulated cluster takes it, and in words.
    fn told(self) -> (Value, &'static str) {
        match self {
            Self::SendsDropped => (json!({"sendDropped": 0.9}), "drops what it is sent"),
            Self::RepliesLost => (json!({"replyLost": 0.7}), "loses its replies to sends"),
            Self::LandsLate => {
                let late = json!({"landLate": 0.7, "landBeforeExpiry": 0.2});
                (late, "lets transactions land late")
            }
            Self::Refuses => (json!({"tooManyRequests": 0.5}), "refuses with 429"),
            Self::Fails => {
                let fails = json!({"unavailable": 0.5, "nodeBehind": 0.2});
                (fails, "answers 503 or that it is behind")
            }
            Self::Hangs => (json!({"timeOut": 0.3}), "does not answer in time"),
            Self::Lags => (json!({"readLagSlots": 40}), "shows what was"),
            Self::HeightIsSlot => (
                json!({"heightIsSlot": true}),
                "tells the slot as the height",
            ),
            Self::KnowsNoTransactions => {
                let null = json!({"transactionNullMs": 3_000});
                (null, "does not know what it has confirmed")
            }
            Self::BlocksVanish => (json!({"blockVanishes": 0.3}), "loses blocks"),
            Self::Away => (json!({"outage": true}), "away"),
        }
    }
}

/// Lets this go wrong for a while, and then nothing.
pub(super) async fn strike(chain: &Member, fault: EndpointFault, random: &Random) -> Result<Fault> {
    let (faults, what) = fault.told();
    let_go_wrong(&chain.url, &faults).await?;
    sleep(random.duration_below(LONGEST)).await;
    let_go_wrong(&chain.url, &json!({})).await?;
    Ok(Fault::new("endpoint", what))
}
