//! PostgreSQL's answers, lost on their way: commits take effect and nobody gets the answer.

use std::time::Duration;

use ports::Random;

use super::Fault;
use servers::{LosingProxy, Then, Whose};

/// The longest time: longer than the engine waits for a commit, and than three leases.
const LONGEST: Duration = Duration::from_secs(7);
/// Of answers that are lost now and then, no fewer than every sixth.
const RAREST: u64 = 6;

/// Which answers are lost, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswersLost {
    pub whose: Whose,
    pub then: Then,
}

impl AnswersLost {
    pub(super) fn any(random: &Random) -> Self {
        let (whose, then) = match random.below(4) {
            0 => (Whose::NextAnswered, Then::Cut),
            1 => (Whose::NextAnswered, Then::Stall),
            2 => {
                let nth = usize::try_from(2 + random.below(RAREST - 1));
                (Whose::EveryNth(nth.unwrap_or(2)), Then::Cut)
            }
            _ => (Whose::All, Then::Stall),
        };
        Self { whose, then }
    }
}

pub(super) async fn lose(proxy: &LosingProxy, lost: AnswersLost, random: &Random) -> Fault {
    let duration = random.duration_below(LONGEST);
    let struck = proxy.lose_answers(lost.whose, lost.then, duration).await;
    let what = match lost.then {
        Then::Cut => "answers lost, callers cut off",
        Then::Stall => "answers lost, callers held, then cut off",
    };
    Fault::new(&format!("postgres ({struck} callers)"), what)
}
