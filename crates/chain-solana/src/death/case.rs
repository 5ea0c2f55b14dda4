//! The votes on one transaction, and what follows from them.

use std::time::Duration;

use super::{NoVote, Vote, Witness};
use crate::rpc::{Slot, Status};

/// A witness that is alone votes twice, so far apart.
const SLOTS_APART: u64 = 5;
/// How long others that are configured have for a word before one witness decides alone.
const OTHERS_HAVE: Duration = Duration::from_secs(10 * 60);

/// What follows from all votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is proved: the transaction did not land and never can.
    Dead,
    /// An endpoint knows it. The status says more, where there is one.
    Known(Option<Status>),
    /// Neither is sure.
    Unknown(Doubt),
}

/// Why nothing is sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// No endpoint that counts has a vote.
    #[error("no endpoint could vote on it")]
    NoVote,
    /// No endpoint that counts has come past its end.
    #[error("it may land yet")]
    MayLand,
    /// One votes for its death, and another has not come as far.
    #[error("one endpoint votes for its death, and another has not come so far yet")]
    OthersBehind,
    /// One votes for its death, and others say nothing. They have some time to do so.
    #[error("one endpoint votes for its death, and others do not answer")]
    OthersSilent,
    /// One votes for its death, and must do so again some slots later.
    #[error("one endpoint alone votes for its death, and does so again in some slots")]
    OneVote,
    /// One votes for its death, and another knows it.
    #[error("endpoints disagree: one knows the transaction, another denies it")]
    Disagreement,
}

/// The votes on one transaction. Witnesses are told apart by their places, which never change.
#[derive(Debug, Clone, Default)]
pub struct Case {
    said: Vec<Said>,
}

/// What one witness said until now.
#[derive(Debug, Clone, Default)]
struct Said {
    denied: Option<Denied>,
    known: Option<Known>,
    last: Option<NoVote>,
}

#[derive(Debug, Clone, Copy)]
struct Denied {
    first: Slot,
    first_at: Duration,
    last: Slot,
}

#[derive(Debug, Clone)]
struct Known {
    status: Option<Status>,
    at: Duration,
}

impl Case {
    /// Takes a vote. A later word counts in place of an earlier one; no word leaves the earlier one.
    pub fn hear(&mut self, place: usize, witness: &Witness, vote: Vote, now: Duration) {
        let earlier = self.denied(place, witness);
        if self.said.len() <= place {
            self.said.resize_with(place + 1, Said::default);
        }
        let said = &mut self.said[place];
        said.last = None;
        match vote {
            Vote::Dead(slot) => {
                said.known = None;
                said.denied = Some(Denied {
                    first: earlier.map_or(slot, |it| it.first),
                    first_at: earlier.map_or(now, |it| it.first_at),
                    last: slot,
                });
            }
            Vote::Known(status) => {
                said.denied = None;
                said.known = Some(Known { status, at: now });
            }
            Vote::Nothing(why) => said.last = Some(why),
        }
    }

    /// Whether a witness' word is needed, or needed once more.
    #[must_use]
    pub fn needs(&self, place: usize, witnesses: &[Witness]) -> bool {
        let denying = self.denying(witnesses).count();
        match self.denied(place, &witnesses[place]) {
            Some(denied) => denying == 1 && !denied.is_said_twice(),
            None => denying < 2 || self.said.get(place).is_some_and(|it| it.known.is_some()),
        }
    }

    /// What follows from what was said, by witnesses as they stand now.
    #[must_use]
    pub fn verdict(&self, witnesses: &[Witness], now: Duration) -> Verdict {
        let places = || witnesses.iter().enumerate();
        let knows = places()
            .filter(|(_, witness)| !witness.is_disqualified(now))
            .find_map(|(place, witness)| self.known(place, witness, now));
        let mut denying = self
            .denying(witnesses)
            .filter(|(place, _)| witnesses[*place].is_qualified(now));
        let (first, second) = (denying.next(), denying.next());
        match (knows, first, second) {
            (Some(known), None, _) => Verdict::Known(known.status.clone()),
            (Some(_), Some(_), _) => Verdict::Unknown(Doubt::Disagreement),
            (None, Some(_), Some(_)) => Verdict::Dead,
            (None, Some((place, denied)), None) => self.alone(place, denied, witnesses, now),
            (None, None, _) => Verdict::Unknown(self.nobody(witnesses, now)),
        }
    }

    /// One witness denies it, and no other does.
    fn alone(&self, place: usize, denied: Denied, witnesses: &[Witness], now: Duration) -> Verdict {
        let others = || {
            let others = witnesses.iter().enumerate();
            others.filter(move |(other, it)| *other != place && !it.is_disqualified(now))
        };
        let is_behind = |(other, witness): (usize, &Witness)| {
            witness.is_qualified(now) && self.is_behind(other)
        };
        if others().any(is_behind) {
            return Verdict::Unknown(Doubt::OthersBehind);
        }
        let waited = now.saturating_sub(denied.first_at);
        if others().next().is_some() && waited < OTHERS_HAVE {
            return Verdict::Unknown(Doubt::OthersSilent);
        }
        match denied.is_said_twice() {
            true => Verdict::Dead,
            false => Verdict::Unknown(Doubt::OneVote),
        }
    }

    fn nobody(&self, witnesses: &[Witness], now: Duration) -> Doubt {
        let mut heard = witnesses
            .iter()
            .enumerate()
            .filter(|(_, witness)| witness.is_qualified(now));
        match heard.any(|(place, _)| self.is_behind(place)) {
            true => Doubt::MayLand,
            false => Doubt::NoVote,
        }
    }

    /// Whether a witness answers and has not come as far as the transaction's end.
    fn is_behind(&self, place: usize) -> bool {
        let last = self.said.get(place).and_then(|said| said.last.as_ref());
        matches!(last, Some(NoVote::MayLand | NoVote::Behind))
    }

    fn denying(&self, witnesses: &[Witness]) -> impl Iterator<Item = (usize, Denied)> {
        let denied = |(place, witness)| Some((place, self.denied(place, witness)?));
        witnesses.iter().enumerate().filter_map(denied)
    }

    fn denied(&self, place: usize, witness: &Witness) -> Option<Denied> {
        let denied = self.said.get(place)?.denied?;
        let lied_at = witness.lied_at();
        lied_at
            .is_none_or(|lied_at| lied_at < denied.first_at)
            .then_some(denied)
    }

    /// What a witness knew it may have forgotten, if it is not there any more to say so.
    fn known(&self, place: usize, witness: &Witness, now: Duration) -> Option<&Known> {
        let known = self.said.get(place)?.known.as_ref()?;
        let is_fresh = now.saturating_sub(known.at) < OTHERS_HAVE;
        let is_true = witness.lied_at().is_none_or(|lied_at| lied_at < known.at);
        (is_true && (is_fresh || witness.is_qualified(now))).then_some(known)
    }
}

impl Denied {
    fn is_said_twice(&self) -> bool {
        self.last.get() >= self.first.get().saturating_add(SLOTS_APART)
    }
}
