//! The way to the store. Every write is looked at by the witness as soon as it has happened, whether or not
//! anybody hears of it.

use std::sync::Arc;

use ports::Result;
use ports::order_store::{Company, Withdrawal};
use testkit::faulty_store::{Outcome, Weather, Write};

use super::Line;
use crate::process::Process;
use crate::witness::{Act, Witness};

#[derive(Debug)]
pub(crate) struct WayToStore {
    pub(crate) witness: Arc<Witness>,
    pub(crate) line: Line,
}

impl Weather for WayToStore {
    async fn ask<T: Send>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.line.ask(call).await
    }

    async fn tell<T: Outcome>(
        &self,
        write: Write,
        call: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (witness, process) = (Arc::clone(&self.witness), Arc::clone(&self.line.process));
        let seen = {
            let write = write.clone();
            async move {
                let answer = call.await;
                see(&witness, &process, &write, answer.as_ref().ok()).await;
                answer
            }
        };
        if write == Write::Presence {
            let process = &self.line.process;
            return process.be_heard(self.line.tell(seen)).await;
        }
        let answer = self.line.tell(seen).await;
        if answer.as_ref().is_ok_and(Outcome::has_won) {
            match write {
                Write::Claim(order, worker, Company::Others) => {
                    self.witness.took_in_company(order, worker);
                }
                Write::Claim(order, worker, Company::Alone) => {
                    self.witness.took_alone(order, worker);
                }
                _ => {}
            }
        }
        answer
    }
}

/// Shows the witness what has become of a write.
async fn see(
    witness: &Witness,
    process: &Arc<Process>,
    write: &Write,
    answer: Option<&impl Outcome>,
) {
    let has_won = answer.is_some_and(Outcome::has_won);
    match *write {
        Write::Accept(id) => {
            if has_won {
                witness.owes(process, id, Act::Accept);
            }
            witness.look("accept", id).await;
        }
        Write::Claim(id, ..) => {
            if let Some(lease) = answer.and_then(Outcome::lease) {
                witness.granted(lease, process);
                witness.look("grant", id).await;
            }
        }
        Write::Record(id) => witness.look("record", id).await,
        Write::RecordSubmission(id) => witness.look("submission", id).await,
        Write::Release(id) => {
            witness.given_back(id);
            witness.look("release", id).await;
        }
        Write::MakeDue(ref ids) => {
            for id in ids {
                witness.look("make due", *id).await;
            }
        }
        Write::Withdraw(id, withdrawal) => {
            if has_won && withdrawal == Withdrawal::Cancelled {
                witness.owes(process, id, Act::Cancel);
            }
            witness.look("withdrawal", id).await;
        }
        Write::Expire(ref ids) => {
            for id in ids {
                witness.look("expiry", *id).await;
            }
        }
        Write::Presence | Write::Other => {}
    }
}
