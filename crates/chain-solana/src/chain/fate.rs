//! What became of a transaction, as one endpoint tells it.

use domain::BaseUnits;
use domain::quote;
use domain::transaction::{Signature as Stored, SignedTransaction};
use ports::chain::{Error, Revert};
use ports::landing::Fate;
use solana_signature::Signature;

use super::{BLOCKS_TO_SPARE, SolanaChain};
use crate::build::own;
use crate::message::Decoded;
use crate::receipt::failure::{Reason, Reverted};
use crate::receipt::{self, Effect, Receipt, Swapped};
use crate::rpc::{BLOCKS_MAX, Commitment, EpochInfo, Slot, Status, View};

/// For how many blocks after its own a blockhash may be named.
pub(super) const BLOCKHASH_BLOCKS: u64 = 150;

impl SolanaChain {
    /// Looks for a signature. Only what had come as far as `denied_from` may say that there is none.
    pub(super) async fn look(
        &self,
        signature: &Signature,
        denied_from: Slot,
    ) -> Result<Fate, Error> {
        let known = self.statuses.of(*signature).await?;
        match known.value {
            Some(status) => self.judge(signature, &status).await,
            None if known.slot < denied_from => Err(Error::Unavailable(
                "the node is behind what is final".to_owned(),
            )),
            None => Ok(Fate::Absent),
        }
    }

    /// What a status means, with what the ledger says of the transaction.
    pub(super) async fn judge(
        &self,
        signature: &Signature,
        status: &Status,
    ) -> Result<Fate, Error> {
        let needed = self.commitment;
        if status.commitment < needed {
            return Ok(Fate::Underway);
        }
        let found = self.rpc.transaction(signature, needed).await?;
        // Known and not told yet: nothing follows from that but to ask again.
        let Some(transaction) = found else {
            return Ok(Fate::Underway);
        };
        let programs = &self.programs;
        let wallet = self.signer.address();
        let unreadable = |error: receipt::Error| Error::Unavailable(error.to_string());
        let swapped = Swapped::of(&transaction, wallet, programs).map_err(unreadable)?;
        let receipt = receipt::read(&transaction, &swapped, programs).map_err(unreadable)?;
        Ok(told(receipt, status.commitment == Commitment::Finalized))
    }

    /// Asks for the address that this transaction alone names: its history must be empty up to the view, which is past
    /// the last valid height. A node that holds no history at all says so here, and not in its statuses.
    pub(super) async fn deny(
        &self,
        transaction: &SignedTransaction,
        view: EpochInfo,
    ) -> Result<Fate, Error> {
        let decoded = Decoded::read(&transaction.bytes, &[]);
        let own = decoded
            .ok()
            .and_then(|it| own::of(&it, self.signer.address()));
        let Some(own) = own else {
            return Err(Error::Refused("the transaction is none of ours".to_owned()));
        };
        let asked = View::FINALIZED.since(view.slot);
        let history = self.rpc.signatures_for_address(own, 1, asked).await?;
        if !history.is_empty() {
            return Ok(Fate::Underway);
        }
        self.check_holds(transaction, view).await?;
        Ok(Fate::Dead)
    }

    /// What an endpoint no longer holds it cannot deny: it must have every block in which the transaction could have
    /// landed.
    async fn check_holds(
        &self,
        transaction: &SignedTransaction,
        view: EpochInfo,
    ) -> Result<(), Error> {
        let past = view
            .height
            .get()
            .saturating_sub(transaction.last_valid_height.get());
        let blocks = past.saturating_add(BLOCKHASH_BLOCKS + BLOCKS_TO_SPARE);
        // Slots stay empty now and then: twice as many surely have so many blocks.
        let slots = blocks.saturating_mul(2);
        if slots >= BLOCKS_MAX {
            return Err(Error::Unavailable(
                "the transaction is older than what an endpoint can be asked for".to_owned(),
            ));
        }
        let start = Slot::new(view.slot.get().saturating_sub(slots));
        let held = self.rpc.blocks(start, slots + 1, Commitment::Finalized);
        let held = held.await?;
        let held = held.iter().filter(|slot| **slot <= view.slot).count();
        if u64::try_from(held).is_ok_and(|held| held >= blocks) {
            return Ok(());
        }
        Err(Error::Unavailable(
            "the node no longer holds the blocks in which the transaction could have landed"
                .to_owned(),
        ))
    }
}

fn told(receipt: Receipt, is_final: bool) -> Fate {
    let paid = quote::Receipt {
        fee_lamports: receipt.fee.get(),
        priority_fee_lamports: receipt.priority_fee.get(),
        rent_paid_lamports: receipt.rent_paid.get(),
        rent_returned_lamports: receipt.rent_returned.get(),
        compute_units: receipt.units,
        slot: receipt.slot.get(),
        is_final,
        // One swap takes all that it is given.
        leftover: Vec::new(),
    };
    match receipt.effect {
        Effect::Filled {
            amount_in,
            amount_out,
        } => Fate::Landed {
            amount_in: BaseUnits::new(amount_in),
            amount_out: BaseUnits::new(amount_out),
            receipt: paid,
        },
        Effect::Reverted(reverted) => Fate::Reverted {
            reason: reason(&reverted),
            receipt: paid,
            is_final,
        },
    }
}

pub(super) fn reason(reverted: &Reverted) -> Revert {
    match reverted.reason {
        Reason::Slippage => Revert::SlippageExceeded,
        Reason::Liquidity => Revert::InsufficientLiquidity,
        _ => Revert::Other(reverted.to_string()),
    }
}

pub(super) fn parse(signature: &Stored) -> Result<Signature, Error> {
    let parsed = signature.as_str().parse();
    parsed.map_err(|_| Error::Refused("a signature that is no base58".to_owned()))
}
