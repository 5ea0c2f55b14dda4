//! How a transaction fares that has not landed: what its bytes say, what is remembered of it, and what landed instead.

use std::collections::BTreeSet;
use std::sync::Arc;

use amm::Address;
use domain::landing::LandingReport;
use domain::transaction::SignedTransaction;

use super::{SolanaChain, fate};
use crate::build::budget::Budget;
use crate::death::{BLOCKHASH_BLOCKS, BLOCKS_TO_SPARE};
use crate::fees::standing;
use crate::message::{Decoded, UNKNOWN};
use crate::rpc::View;

impl SolanaChain {
    /// What can be told of a transaction.
    pub(super) async fn tell(&self, transaction: &SignedTransaction) -> Option<LandingReport> {
        let decoded = Decoded::stated(&transaction.bytes).ok()?;
        let budget = Budget::of(&decoded)?;
        let signature = fate::parse(&transaction.signature).ok()?;
        let note = self.notes.of(&signature);
        let contested = match &note {
            Some(note) => Arc::clone(&note.contested),
            None => self.written_by_swaps(&decoded),
        };
        let landed = self.fees.landed(&contested).await;
        let usual = landed.get(landed.len() / 2);
        let height = self.rpc.epoch_info(View::CONFIRMED).await.ok();
        let height = height.map(|info| info.height.get());
        Some(LandingReport {
            blocks_lived: height.map(|height| lived(transaction, height)),
            sends_taken: note.as_ref().map(|note| note.sends_taken),
            unit_price: budget.price.get(),
            unit_limit: budget.units,
            fee_lamports: budget.fee().get(),
            fee_percentile: standing(budget.price, &landed),
            usual_unit_price: usual.map(|price| price.get()),
            simulated_units: note.and_then(|note| note.simulated_units),
            rolled_back: None,
        })
    }

    /// What the swaps of a transaction write that some other worker built. The wallet's own accounts among them show
    /// what it paid itself.
    fn written_by_swaps(&self, decoded: &Decoded) -> Arc<[Address]> {
        let is_swap = |program: Address| self.programs.iter().any(|it| it.id() == program);
        let swaps = decoded.instructions.iter().filter(|it| is_swap(it.program));
        let wallet = decoded.payer();
        let written = swaps.flat_map(|it| &it.accounts);
        let written = written
            .filter(|it| it.is_writable && Some(it.address) != wallet && it.address != UNKNOWN);
        let written: BTreeSet<Address> = written.map(|it| it.address).collect();
        written.into_iter().collect()
    }
}

/// The blocks in which it could have landed up to this height.
fn lived(transaction: &SignedTransaction, height: u64) -> u64 {
    let last_valid = transaction.last_valid_height.get();
    let life = BLOCKHASH_BLOCKS + BLOCKS_TO_SPARE;
    height
        .min(last_valid)
        .saturating_sub(last_valid.saturating_sub(life))
}
