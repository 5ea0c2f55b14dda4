//! What became of a transaction: what the ledger says of it, or the proof that it never can land.

use domain::BaseUnits;
use domain::quote;
use domain::transaction::{Height, Signature as Stored, SignedTransaction};
use ports::chain::{Error, Revert};
use ports::landing::Fate;
use solana_signature::Signature;

use super::SolanaChain;
use super::jury::Question;
use crate::build::own;
use crate::death::{Doubt, Subject, Verdict};
use crate::message::Decoded;
use crate::receipt::failure::{Reason, Reverted};
use crate::receipt::legs::{Exchanged, Fees};
use crate::receipt::{self, Effect, Receipt, Swapped};
use crate::rpc::{Address, Commitment, Status};

impl SolanaChain {
    /// Looks for a signature, at the healthiest endpoint. That it finds none says nothing.
    pub(super) async fn look(&self, signature: &Signature) -> Result<Fate, Error> {
        let known = self.statuses.of(*signature).await?;
        match known.value {
            Some(status) => self.judge(signature, &status).await,
            None => Ok(Fate::Absent),
        }
    }

    /// Asks all endpoints whether it can never land.
    pub(super) async fn deny(
        &self,
        transaction: &SignedTransaction,
        signature: Signature,
    ) -> Result<Fate, Error> {
        let decoded = Decoded::stated(&transaction.bytes);
        let own = decoded.ok().and_then(|it| own::of(&it, it.payer()?));
        let Some(own) = own else {
            return Err(Error::Refused("the transaction is none of ours".to_owned()));
        };
        let subject = Subject {
            signature,
            last_valid: transaction.last_valid_height,
        };
        match self.jury.hear(Question { subject, own }).await {
            Verdict::Dead => Ok(Fate::Dead),
            Verdict::Known(Some(status)) => self.judge(&signature, &status).await,
            Verdict::Known(None) => Ok(Fate::Underway),
            Verdict::Unknown(doubt @ Doubt::NoVote) => Err(Error::Unavailable(doubt.to_string())),
            Verdict::Unknown(doubt) => {
                if doubt == Doubt::OneVote {
                    self.list.half_proved(&signature);
                }
                Ok(Fate::Absent)
            }
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
        if transaction.slot != status.slot {
            return Err(unreadable(receipt::Error::Slot {
                told: transaction.slot,
                known: status.slot,
            }));
        }
        let programs = &self.programs;
        let decoded = Decoded::read(&transaction.bytes, &transaction.meta.loaded);
        let decoded = decoded.map_err(unreadable)?;
        // Whoever has the key now: the wallet that paid is the one that traded.
        let payer = decoded.payer();
        let wallet = payer.ok_or_else(|| unreadable(crate::message::Unreadable::Accounts))?;
        let swapped = Swapped::of(&transaction, &decoded, wallet, programs).map_err(unreadable)?;
        let read = |fees: &Fees| {
            let receipt = receipt::read(&transaction, &decoded, &swapped, programs, fees);
            receipt.map_err(unreadable)
        };
        let mut receipt = read(&Fees::new())?;
        if let Effect::Filled { legs, .. } = &receipt.effect
            && !legs.shared.is_empty()
        {
            receipt = read(&self.pools.transfer_fees(&legs.shared).await?)?;
        }
        if let Effect::Filled {
            amount_in,
            amount_out,
            ..
        } = receipt.effect
            && !receipt::is_as_signed(&decoded, programs, (amount_in, amount_out))
        {
            return Err(unreadable(receipt::Error::Balances));
        }
        let mut is_final = status.commitment == Commitment::Finalized;
        if is_final && matches!(receipt.effect, Effect::Reverted(_)) {
            is_final = self.is_rolled_back(signature, &decoded, wallet).await;
        }
        Ok(told(receipt, is_final))
    }

    /// Whether a revert that is told to be final is so by more than one word.
    async fn is_rolled_back(
        &self,
        signature: &Signature,
        transaction: &Decoded,
        wallet: Address,
    ) -> bool {
        let Some(own) = own::of(transaction, wallet) else {
            return false;
        };
        let subject = Subject {
            signature: *signature,
            // It has landed.
            last_valid: Height::new(0),
        };
        let is_sure = self.jury.is_rolled_back(Question { subject, own }).await;
        if !is_sure {
            self.list.half_proved(signature);
        }
        is_sure
    }
}

fn unreadable(error: impl std::error::Error) -> Error {
    Error::Unavailable(error.to_string())
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
        // It follows from what each swap exchanged.
        leftover: Vec::new(),
    };
    match receipt.effect {
        Effect::Filled {
            amount_in,
            amount_out,
            legs,
        } => Fate::Landed {
            legs: legs.exchanged.iter().map(exchanged).collect(),
            amount_in: BaseUnits::new(amount_in),
            amount_out: BaseUnits::new(amount_out),
            receipt: paid,
        },
        Effect::Reverted(reverted) => Fate::Reverted {
            kind: reverted.kind(),
            reason: reason(&reverted),
            receipt: paid,
            is_final,
        },
    }
}

fn exchanged(leg: &Exchanged) -> (BaseUnits, BaseUnits) {
    (
        BaseUnits::new(leg.amount_in),
        BaseUnits::new(leg.amount_out),
    )
}

pub(super) fn reason(reverted: &Reverted) -> Revert {
    match reverted.reason {
        Reason::Slippage => match reverted.past_limit {
            Some((leg, limit)) => Revert::LegPastLimit {
                leg,
                limit: BaseUnits::new(limit),
            },
            None => Revert::SlippageExceeded,
        },
        Reason::Liquidity => Revert::InsufficientLiquidity,
        _ => Revert::Other(reverted.to_string()),
    }
}

/// A stored signature as the cluster is asked about it.
pub(crate) fn parse(signature: &Stored) -> Result<Signature, Error> {
    let parsed = signature.as_str().parse();
    parsed.map_err(|_| Error::Refused("a signature that is no base58".to_owned()))
}
