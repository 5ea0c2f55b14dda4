//! What endpoints say of a transaction that somebody calls dead: less than a proof, and enough to keep an operator from
//! a mistake.

use futures_util::future::join_all;
use ports::landing::Weight;

use super::{Jury, Seat};
use crate::death::Subject;
use crate::rpc::Error;

impl Jury {
    /// Asks all endpoints whose words on heights fit together. What one of them knows, or takes for able to land, is not
    /// dead. An error where none of them answers.
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
        if !self.can_be_asked() {
            return Err(Error::unavailable("it is not asked now"));
        }
        // Read first: what lands until then is found by the next question.
        let bank = self.bank().await?;
        let status = self.status(subject.signature).await?;
        match status.value {
            Some(_) => Ok(Weight::Known),
            None if status.slot < bank.slot => {
                Err(Error::unavailable("the node answered from an older block"))
            }
            None if bank.height <= subject.last_valid => Ok(Weight::MayLand),
            None => Ok(Weight::Unknown),
        }
    }
}
