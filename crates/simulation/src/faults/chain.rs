//! The chain as a process reaches it. Sent bytes may be forgotten, land late, or land in the very
//! last valid block; the witness sees everything that is signed and sent.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::{Height, Signature, SignedTransaction};
use ports::Chain;
use ports::chain::{Error, Fate as Outcome, Swap};
use sim_chain::SimChain;

use super::{Fate, Line};
use crate::witness::Witness;

#[derive(Debug)]
pub(crate) struct FaultyChain {
    pub(crate) chain: Arc<SimChain>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) line: Line,
}

impl FaultyChain {
    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        match self.line.leave().await {
            Fate::Answered => {
                let answer = call.await;
                self.line.come_back().await;
                answer
            }
            Fate::RequestLost | Fate::AnswerLost | Fate::Late(_) => {
                self.line.come_back().await;
                Err(Error::Unavailable("the answer was lost".to_owned()))
            }
        }
    }

    /// Decides what the chain will do with the bytes that it gets next.
    fn plan(&self, transaction: &SignedTransaction) {
        let faults = self.chain.faults();
        if self.line.happens(|climate| climate.doubled) {
            faults.drop_next(1);
        } else if self.line.happens(|climate| climate.doubled) {
            let last = transaction.last_valid_height.get();
            let at = last.saturating_sub(self.line.process.fortune.below(2));
            faults.hold_next_until(1, Height::new(at));
        }
    }
}

#[async_trait]
impl Chain for FaultyChain {
    async fn build(&self, swap: &Swap) -> Result<SignedTransaction, Error> {
        let signing = async {
            let transaction = self.chain.build(swap).await?;
            self.witness.signed(swap, &transaction).await;
            Ok(transaction)
        };
        self.ask(signing).await
    }

    async fn send(&self, transaction: &SignedTransaction) -> Result<(), Error> {
        self.witness.sent(&transaction.signature);
        let lost = || Err(Error::Unavailable("no reply came".to_owned()));
        let fate = self.line.leave().await;
        if fate == Fate::RequestLost {
            return lost();
        }
        if let Fate::Late(delay) = fate {
            let (chain, transaction) = (Arc::clone(&self.chain), transaction.clone());
            self.line.deliver_late(delay, async move {
                let _ = chain.send(&transaction).await;
            });
            self.line.come_back().await;
            return lost();
        }
        self.plan(transaction);
        let answer = self.chain.send(transaction).await;
        self.line.come_back().await;
        match fate {
            Fate::AnswerLost => lost(),
            _ => answer,
        }
    }

    async fn finalized_height(&self) -> Result<Height, Error> {
        self.ask(self.chain.finalized_height()).await
    }

    async fn fate(&self, signature: &Signature) -> Result<Outcome, Error> {
        self.ask(self.chain.fate(signature)).await
    }

    async fn await_fate(&self, signature: &Signature, limit: Duration) -> Result<Outcome, Error> {
        self.ask(self.chain.await_fate(signature, limit)).await
    }

    fn usual_time(&self) -> Duration {
        self.chain.usual_time()
    }
}
