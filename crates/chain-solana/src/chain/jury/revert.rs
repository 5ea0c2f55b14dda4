//! Whether a transaction was rolled back for good: another one may be signed then, so one endpoint's word is not enough
//! where there are others, and what it says must fit together where there are none. The rules are those of a death.

use futures_util::future::join_all;

use super::{Jury, Question, Seat, Whom};
use crate::death::{Doubt, NoVote, Verdict, Vote};
use crate::endpoints::method::Method;
use crate::rpc::{Commitment, ENTRIES_MAX, Entry, EntryPage, Error, View, words};

impl Jury {
    /// Asks all endpoints about a transaction that one of them tells to be rolled back in a final block.
    ///
    /// Cancel safety: may be dropped; the next look asks again.
    pub(in crate::chain) async fn is_rolled_back(&self, question: Question) -> bool {
        if self.is_the_cluster {
            return true;
        }
        let verdict = match self.ask_all_of_revert(question, Whom::Answering).await {
            Verdict::Unknown(Doubt::OthersSilent) => {
                self.ask_all_of_revert(question, Whom::AwayToo).await
            }
            verdict => verdict,
        };
        verdict == Verdict::Dead
    }

    async fn ask_all_of_revert(&self, question: Question, whom: Whom) -> Verdict {
        let asked = self.seats.iter().map(|seat| seat.revert(question, whom));
        let votes = join_all(asked).await;
        let (witnesses, now) = (self.witnesses(), self.clock.monotonic());
        let signature = question.subject.signature;
        let mut cases = self.cases();
        let one = cases.entry(signature);
        for (place, vote) in votes.into_iter().enumerate() {
            one.rolled_back.hear(place, &witnesses[place], vote, now);
        }
        let verdict = one.rolled_back.verdict(&witnesses, now);
        if verdict == Verdict::Unknown(Doubt::Disagreement) {
            let what = "one says that it was rolled back and another that it took effect";
            self.dispute(one, signature, what);
        }
        verdict
    }
}

impl Seat {
    /// Its vote: `Dead` means here that it was rolled back for good, and `Known` that it was not.
    async fn revert(&self, question: Question, whom: Whom) -> Vote {
        let silent = |why: String| Vote::Nothing(NoVote::Unanswered(why));
        if !self.is_asked(whom) {
            return silent(super::NOT_ASKED.to_owned());
        }
        let asking = self.examine_revert(question).await;
        asking.unwrap_or_else(|error| silent(words(&error)))
    }

    async fn examine_revert(&self, question: Question) -> Result<Vote, Error> {
        let (member, signature) = (&self.member, question.subject.signature);
        let bank = self.bank().await?;
        let status = self.status(signature).await?;
        let behind = Ok(Vote::Nothing(NoVote::Behind));
        match status.value {
            _ if status.slot < bank.slot => return behind,
            None => return behind,
            Some(known) if known.outcome.is_ok() => return Ok(Vote::Known(Some(known))),
            Some(known) if known.commitment < Commitment::Finalized => return behind,
            Some(_) => {}
        }
        let view = View::FINALIZED.since(bank.slot);
        // Whoever likes may name its address by now.
        let asking = member.ask_in_time(Method::History, |rpc| {
            rpc.signatures_for_address(question.own, EntryPage::newest(ENTRIES_MAX), view)
        });
        let is_it = |entry: &Entry| entry.signature == signature && entry.outcome.is_err();
        Ok(match asking.await?.iter().any(is_it) {
            true => Vote::Dead(bank.slot),
            false => Vote::Nothing(NoVote::Unanswered(
                "its history does not tell of what its status tells".to_owned(),
            )),
        })
    }
}
