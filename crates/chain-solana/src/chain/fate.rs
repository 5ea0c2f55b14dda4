//! What became of a transaction, as one endpoint tells it.

use domain::BaseUnits;
use domain::transaction::{Height, Signature as Stored, SignedTransaction};
use ports::chain::{self, Error, Revert};
use ports::landing::{Cost, Fate, Finalized};
use solana_signature::Signature;

use super::SolanaChain;
use crate::build::own;
use crate::message::Decoded;
use crate::receipt::failure::{Reason, Reverted};
use crate::receipt::{self, Effect, Receipt, Swapped};
use crate::rpc::{Commitment, History, Slot, Status, View};

impl SolanaChain {
    /// Looks for a signature. Only what had come as far as `denied_from` may say that there is none.
    pub(super) async fn look(
        &self,
        signature: &Signature,
        history: History,
        denied_from: u64,
    ) -> Result<Fate, Error> {
        let known = self.statuses.of(*signature, history).await?;
        match known.value {
            Some(status) => self.judge(signature, &status).await,
            None if known.slot.get() < denied_from => Err(Error::Unavailable(
                "the node is behind what is final".to_owned(),
            )),
            None => Ok(Fate::Absent),
        }
    }

    async fn judge(&self, signature: &Signature, status: &Status) -> Result<Fate, Error> {
        let needed = self.settings.commitment.commitment();
        if status.commitment < needed {
            return Ok(Fate::Underway);
        }
        let found = self.rpc.transaction(signature, needed).await?;
        // Known and not told yet: nothing follows from that but to ask again.
        let Some(transaction) = found else {
            return Ok(Fate::Underway);
        };
        let programs = &self.settings.programs;
        let wallet = self.signer.address();
        let unreadable = |error: receipt::Error| Error::Unavailable(error.to_string());
        let swapped = Swapped::of(&transaction, wallet, programs).map_err(unreadable)?;
        let receipt = receipt::read(&transaction, &swapped, programs).map_err(unreadable)?;
        Ok(told(receipt, status.commitment == Commitment::Finalized))
    }

    /// Asks for the address that this transaction alone names: its history must be empty up to the view. A node
    /// that holds no history at all says so here, and not in its statuses.
    pub(super) async fn deny(
        &self,
        transaction: &SignedTransaction,
        view: Finalized,
    ) -> Result<Fate, Error> {
        let decoded = Decoded::read(&transaction.bytes, &[]);
        let own = decoded
            .ok()
            .and_then(|it| own::of(&it, self.signer.address()));
        let Some(own) = own else {
            return Err(Error::Refused("the transaction is none of ours".to_owned()));
        };
        let view = View::FINALIZED.since(Slot::new(view.slot));
        let history = self.rpc.signatures_for_address(own, 1, view).await?;
        match history.is_empty() {
            true => Ok(Fate::Absent),
            false => Ok(Fate::Underway),
        }
    }
}

fn told(receipt: Receipt, is_final: bool) -> Fate {
    let cost = Cost {
        fee: receipt.fee.get(),
        priority_fee: receipt.priority_fee.get(),
        rent_paid: receipt.rent_paid.get(),
        rent_returned: receipt.rent_returned.get(),
    };
    let slot = receipt.slot.get();
    match receipt.effect {
        Effect::Filled {
            amount_in,
            amount_out,
        } => Fate::Landed {
            amount_in: BaseUnits::new(amount_in),
            amount_out: BaseUnits::new(amount_out),
            cost,
            slot,
        },
        Effect::Reverted(reverted) => Fate::Reverted {
            reason: reason(&reverted),
            cost,
            slot,
            is_final,
        },
    }
}

fn reason(reverted: &Reverted) -> Revert {
    match reverted.reason {
        Reason::Slippage => Revert::SlippageExceeded,
        Reason::Liquidity => Revert::InsufficientLiquidity,
        _ => Revert::Other(reverted.to_string()),
    }
}

/// The same to today's port. It takes a reverted transaction for dead at once, and "unknown" for "not there", so what
/// is not sure yet is no usable answer. The height that it wants is no part of Solana's answers, and nobody reads it:
/// it is the slot.
pub(super) fn to_port(fate: Fate) -> Result<chain::Fate, Error> {
    let unsure = |what: &str| Err(Error::Unavailable(what.to_owned()));
    match fate {
        Fate::Absent => Ok(chain::Fate::Unknown),
        Fate::Underway => unsure("the transaction was seen and is not sure yet"),
        Fate::Landed {
            amount_out, slot, ..
        } => Ok(chain::Fate::Landed {
            amount_out,
            height: Height::new(slot),
        }),
        Fate::Reverted {
            is_final: false, ..
        } => unsure("the transaction was rolled back in a block that may vanish"),
        Fate::Reverted { reason, slot, .. } => Ok(chain::Fate::Reverted {
            reason,
            height: Height::new(slot),
        }),
    }
}

pub(super) fn parse(signature: &Stored) -> Result<Signature, Error> {
    let parsed = signature.as_str().parse();
    parsed.map_err(|_| Error::Refused("a signature that is no base58".to_owned()))
}
