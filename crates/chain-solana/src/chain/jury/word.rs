//! What endpoints say of a transaction that somebody calls dead: less than a proof, and enough to keep an operator from
//! a mistake.

use futures_util::future::join_all;
use ports::landing::Weight;

use super::{Jury, Seat};
use crate::death::Subject;
use crate::rpc::Error;

impl Jury {
    /// Asks all endpoints. What one of them knows is not dead, nor what may land yet by one whose words on heights fit
    /// together. An error where none of them can say.
    pub(in crate::chain) async fn weigh(&self, subject: Subject) -> Result<Weight, Error> {
        let asked = self.seats.iter().map(|seat| seat.weigh(subject));
        let words = join_all(asked).await;
        let is_said = |weight| words.iter().any(|word| word.as_ref().ok() == Some(&weight));
        for weight in [Weight::Known, Weight::MayLand, Weight::Unknown] {
            if is_said(weight) {
                return Ok(weight);
            }
        }
        let failed = words.into_iter().find_map(Result::err);
        Err(failed.unwrap_or_else(|| Error::unavailable("no endpoint")))
    }
}

impl Seat {
    async fn weigh(&self, subject: Subject) -> Result<Weight, Error> {
        // Read first: what lands until then is found by the next question.
        let bank = match self.can_be_asked() {
            true => self.bank().await,
            false => Err(Error::unavailable(
                "what it tells of heights does not count",
            )),
        };
        let status = self.status(subject.signature).await?;
        if status.value.is_some() {
            return Ok(Weight::Known);
        }
        let bank = bank?;
        if status.slot < bank.slot {
            return Err(Error::unavailable("the node answered from an older block"));
        }
        Ok(match bank.height <= subject.last_valid {
            true => Weight::MayLand,
            false => Weight::Unknown,
        })
    }
}
