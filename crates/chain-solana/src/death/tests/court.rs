//! Asks endpoints of the model as the engine asks its own, one question at a time, in any order.

use std::time::Duration;

use proptest::prelude::*;

use super::endpoint;
use super::model::{Cluster, Endpoint, Kind, Now, START};
use crate::death::{Case, Hearing, NoVote, Verdict, Vote, Witness};
use crate::rpc::EpochInfo;

const SLOT_TIME: Duration = Duration::from_millis(400);

#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    /// So many slots pass.
    Advance(u64),
    /// An endpoint answers its next question, so many slots late.
    Answer(usize, u64),
    /// Its answer is lost.
    Lose(usize),
}

pub(super) fn ops(most: usize) -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        2 => (1..30_u64).prop_map(Op::Advance),
        1 => (100..700_u64).prop_map(Op::Advance),
        30 => (0..5_usize, 0..3_u64).prop_map(|(who, jitter)| Op::Answer(who, jitter)),
        3 => (0..5_usize, 20..60_u64).prop_map(|(who, jitter)| Op::Answer(who, jitter)),
        1 => (0..5_usize).prop_map(Op::Lose),
    ];
    prop::collection::vec(op, 20..most)
}

/// Which answer of an endpoint is awaited.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Bank,
    Blockhash(EpochInfo),
    History(Hearing),
    Status(Hearing),
    Blocks(Hearing),
}

pub(super) struct Court<'a> {
    cluster: &'a Cluster,
    pub(super) tip: u64,
    endpoints: Vec<Endpoint>,
    asked: Vec<Asked>,
    witnesses: Vec<Witness>,
    case: Case,
}

impl<'a> Court<'a> {
    pub(super) fn new(cluster: &'a Cluster, kinds: Vec<Kind>) -> Self {
        Self {
            cluster,
            tip: START,
            asked: vec![Asked::Bank; kinds.len()],
            witnesses: vec![Witness::default(); kinds.len()],
            endpoints: kinds.into_iter().map(endpoint).collect(),
            case: Case::default(),
        }
    }

    fn now(&self) -> Duration {
        SLOT_TIME * u32::try_from(self.tip - START).unwrap()
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.case.verdict(&self.witnesses, self.now())
    }

    pub(super) fn calls_it_dead(&self) -> bool {
        self.verdict() == Verdict::Dead
    }

    pub(super) fn apply(&mut self, op: Op) {
        match op {
            Op::Advance(slots) => self.tip += slots,
            Op::Answer(who, jitter) => self.answer(who % self.endpoints.len(), jitter),
            Op::Lose(who) => {
                let who = who % self.endpoints.len();
                self.ends(who, Vote::Nothing(NoVote::Unanswered("lost".to_owned())));
            }
        }
    }

    /// Each endpoint that is needed, to the end.
    pub(super) fn ask_everybody(&mut self) {
        for who in 0..self.endpoints.len() {
            self.answer(who, 0);
            while !matches!(self.asked[who], Asked::Bank) {
                self.answer(who, 0);
            }
        }
    }

    fn ends(&mut self, who: usize, vote: Vote) {
        let now = self.now();
        self.asked[who] = Asked::Bank;
        self.case.hear(who, &self.witnesses[who], vote, now);
    }

    fn answer(&mut self, who: usize, jitter: u64) {
        let endpoint = self.endpoints[who];
        if endpoint.is_silent() || self.witnesses[who].is_disqualified(self.now()) {
            let unanswered = NoVote::Unanswered("silent".to_owned());
            return self.ends(who, Vote::Nothing(unanswered));
        }
        let now = Now {
            cluster: self.cluster,
            tip: self.tip,
            jitter,
        };
        if let Err(vote) = self.next(who, endpoint, now) {
            self.ends(who, vote);
        }
    }

    /// The next answer. The error is a vote, which ends the hearing.
    fn next(&mut self, who: usize, endpoint: Endpoint, now: Now<'_>) -> Result<(), Vote> {
        let behind = || Vote::Nothing(NoVote::Behind);
        let lied = |lie| Vote::Nothing(NoVote::Lied(lie));
        let at = self.now();
        let witness = &mut self.witnesses[who];
        self.asked[who] = match self.asked[who] {
            Asked::Bank => {
                let bank = endpoint.epoch_info(now);
                witness.shows(&bank, at).map_err(lied)?;
                Asked::Blockhash(bank)
            }
            // Where an endpoint stands is asked again and again; the rest only as far as it is needed.
            Asked::Blockhash(bank) => {
                let answer = endpoint.blockhash(now, bank.slot).ok_or_else(behind)?;
                witness.gives(&answer, at).map_err(lied)?;
                let hearing = Hearing::begin(self.cluster.subject(), bank);
                match self.case.needs(who, &self.witnesses) {
                    true => Asked::History(hearing.map_err(Vote::Nothing)?),
                    false => Asked::Bank,
                }
            }
            Asked::History(hearing) => {
                let history = endpoint.history(now, hearing.since()).ok_or_else(behind)?;
                hearing.history(&history).map_or(Ok(()), Err)?;
                Asked::Status(hearing)
            }
            Asked::Status(hearing) => {
                hearing.status(&endpoint.status(now)).map_or(Ok(()), Err)?;
                Asked::Blocks(hearing)
            }
            Asked::Blocks(hearing) => {
                let asked = hearing
                    .blocks()
                    .expect("asked for where there is no vote yet");
                let held = endpoint.blocks(now, asked);
                return Err(hearing.held(asked, &held));
            }
        };
        Ok(())
    }
}
