//! One bin's part in a DLMM swap: what it takes and gives with the fee around it, and the sum over all bins.

use super::fee::{FeeSplit, fee_included, fee_on_top};
use crate::dlmm::bin::{Bin, Fill, Layers};
use crate::{Direction, Refusal};

/// What a swap does to one bin.
pub(super) struct Step {
    pub(super) amount_in: u64,
    pub(super) amount_out: u64,
    pub(super) fee: FeeSplit,
    pub(super) fill: Fill,
}

/// What is still to be sold or bought.
#[derive(Clone, Copy)]
pub(super) enum Remaining {
    In(u64),
    Out(u64),
}

/// A bin together with what the pool charges in it.
pub(super) struct BinInPool {
    pub(super) bin: Bin,
    pub(super) layers: Layers,
    pub(super) direction: Direction,
    pub(super) rate: u64,
    pub(super) fee_on_input: bool,
    pub(super) protocol_share_bps: u16,
}

impl BinInPool {
    /// Does what is still to be done, as far as this bin goes.
    pub(super) fn take(&self, remaining: Remaining) -> Result<Step, Refusal> {
        match remaining {
            Remaining::In(amount) => self.exact_in(amount),
            Remaining::Out(amount) => self.exact_out(amount),
        }
    }

    /// Sells as much of an amount as the bin takes.
    fn exact_in(&self, amount: u64) -> Result<Step, Refusal> {
        let (net, gross_fee) = if self.fee_on_input {
            let fee = fee_included(amount, self.rate)?;
            (amount.checked_sub(fee).ok_or(Refusal::Overflow)?, fee)
        } else {
            (amount, 0)
        };
        let fill = self.bin.fill(self.direction, &self.layers, net)?;
        let drained = fill.amount_in < net;

        let (amount_in, amount_out, fee) = if self.fee_on_input {
            // A bin that is drained charges on what it took, not on what was offered.
            let fee = if drained {
                fee_on_top(fill.amount_in, self.rate)?
            } else {
                gross_fee
            };
            let amount_in = fill.amount_in.checked_add(fee).ok_or(Refusal::Overflow)?;
            (amount_in, fill.amount_out, fee)
        } else {
            let fee = fee_included(fill.amount_out, self.rate)?;
            let amount_out = fill.amount_out.checked_sub(fee).ok_or(Refusal::Overflow)?;
            (fill.amount_in, amount_out, fee)
        };
        Ok(Step {
            amount_in,
            amount_out,
            fee: FeeSplit::new(
                fee,
                self.protocol_share_bps,
                fill.liquidity_in,
                fill.amount_in,
            )?,
            fill,
        })
    }

    /// Buys an amount, or all the bin holds.
    fn exact_out(&self, amount: u64) -> Result<Step, Refusal> {
        let on_top = if self.fee_on_input {
            0
        } else {
            fee_on_top(amount, self.rate)?
        };
        let wanted = amount.checked_add(on_top).ok_or(Refusal::Overflow)?;
        if wanted >= self.layers.total()? {
            return self.exact_in(u64::MAX);
        }

        let net = self.bin.input_for(self.direction, &self.layers, wanted)?;
        let on_top = if self.fee_on_input {
            fee_on_top(net, self.rate)?
        } else {
            0
        };
        let mut step = self.exact_in(net.checked_add(on_top).ok_or(Refusal::Overflow)?)?;
        // Rounding may free more than was asked for. Of the token that the fee is taken in, the protocol keeps what exceeds
        // one unit.
        let surplus = step.amount_out.saturating_sub(amount);
        if surplus > 1 && !self.fee_on_input {
            let kept = step.fee.protocol.checked_add(surplus);
            step.fee.protocol = kept.ok_or(Refusal::Overflow)?;
        }
        step.amount_out = amount;
        Ok(step)
    }
}

/// Sums over the bins of a swap.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) amount_in: u64,
    pub(super) amount_out: u64,
    pub(super) fee: u64,
    pub(super) owners_fee: u64,
    pub(super) providers_fee: u64,
    pub(super) protocol_fee: u64,
}

impl Totals {
    /// Adds what a bin took and gave.
    pub(super) fn add(&mut self, step: &Step) -> Result<(), Refusal> {
        let plus = |a: u64, b: u64| a.checked_add(b).ok_or(Refusal::Overflow);
        self.amount_in = plus(self.amount_in, step.amount_in)?;
        self.amount_out = plus(self.amount_out, step.amount_out)?;
        self.fee = plus(self.fee, step.fee.total)?;
        self.owners_fee = plus(self.owners_fee, step.fee.owners)?;
        self.providers_fee = plus(self.providers_fee, step.fee.providers)?;
        self.protocol_fee = plus(self.protocol_fee, step.fee.protocol)?;
        Ok(())
    }
}

impl Remaining {
    /// Whether nothing is left.
    pub(super) const fn is_done(self) -> bool {
        matches!(self, Self::In(0) | Self::Out(0))
    }

    /// What is left after a step.
    pub(super) fn less(self, step: &Step) -> Result<Self, Refusal> {
        match self {
            Self::In(left) => left.checked_sub(step.amount_in).map(Self::In),
            Self::Out(left) => left.checked_sub(step.amount_out).map(Self::Out),
        }
        .ok_or(Refusal::Overflow)
    }
}
