//! Blockhashes that may be built on: with a last valid height that no single endpoint can make too low.
//!
//! A height that is too low would let a transaction be called dead while it can still land. So the height that came with
//! the hash counts only together with those that endpoints showed after the hash was read, when it was at most as old.

use std::sync::Arc;
use std::time::Duration;

use domain::transaction::Height;
use futures_util::future::join_all;
use tokio::time::timeout;

use super::method::Method;
use super::{Endpoints, Member};
use crate::death::{BLOCKHASH_BLOCKS, BLOCKHASH_OLDER_MAX};
use crate::rpc::{At, Blockhash, Error, View};

/// How long endpoints have to show their height.
const PATIENCE: Duration = Duration::from_secs(1);
/// A last valid height above what is shown by so much is not believed.
const ABOVE_MAX: u64 = 300;

impl Endpoints {
    pub(super) async fn checked_blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        let mut asked = 0;
        let mut failed = None;
        while let Some(place) = self.next(Method::LatestBlockhash, asked) {
            asked |= 1 << place;
            let member = &self.members[place];
            if member.is_disqualified() {
                continue;
            }
            match self.blockhash_of(member, view).await {
                Ok(answer) => return Ok(answer),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.unwrap_or_else(|| {
            Error::unavailable("no endpoint can be trusted with a blockhash now: the log says why")
        }))
    }

    async fn blockhash_of(&self, member: &Arc<Member>, view: View) -> Result<At<Blockhash>, Error> {
        let mut answer = member.blockhash(view).await?;
        let shown = self.highest_shown(view).await.ok_or_else(|| {
            Error::unavailable("no endpoint shows a height to compare a blockhash with")
        })?;
        answer.value.last_valid_height = judged(answer.value.last_valid_height, shown)?;
        Ok(answer)
    }

    /// The highest height that endpoints show now whose words fit together.
    async fn highest_shown(&self, view: View) -> Option<Height> {
        let can_tell = |member: &&Arc<Member>| {
            // Whoever does not answer anyway is not waited for.
            member.is_ready(Method::EpochInfo) && !member.is_away()
        };
        let asked = self.members.iter().filter(can_tell);
        let shown = join_all(asked.map(|member| height_of(member, view))).await;
        shown.into_iter().flatten().max()
    }
}

async fn height_of(member: &Member, view: View) -> Option<Height> {
    let bank = timeout(PATIENCE, member.bank(view)).await.ok()?.ok()?;
    let is_checked = member.witness().has_compared_heights();
    (is_checked && !member.is_disqualified()).then_some(bank.height)
}

/// The last valid height to go by, where the one that came with the hash is likely at all.
fn judged(came: Height, shown: Height) -> Result<Height, Error> {
    let by_shown = shown.get().saturating_add(BLOCKHASH_BLOCKS);
    let is_likely = came.get() <= by_shown.saturating_add(ABOVE_MAX)
        && came.get().saturating_add(BLOCKHASH_OLDER_MAX) >= by_shown;
    match is_likely {
        true => Ok(Height::new(came.get().max(by_shown))),
        false => Err(Error::Malformed {
            method: "getLatestBlockhash",
            reason: format!("its last valid height is {came}, and the cluster stands at {shown}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_of_both_heights_counts_and_unlikely_ones_do_not() {
        let judged = |came, shown| judged(Height::new(came), Height::new(shown)).ok();
        let height = |height| Some(Height::new(height));

        assert_eq!(judged(5_150, 5_000), height(5_150));
        assert_eq!(judged(5_150, 4_990), height(5_150), "the witness lags");
        assert_eq!(judged(5_150, 5_003), height(5_153), "the hash is older");
        assert_eq!(judged(5_150, 5_064), height(5_214));
        assert_eq!(judged(5_150, 5_065), None, "it has lost half its life");
        assert_eq!(judged(5_450, 5_000), height(5_450));
        assert_eq!(judged(5_451, 5_000), None);
    }
}
