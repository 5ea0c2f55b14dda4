//! What wallets have spent, by the events of all orders.

use std::collections::BTreeMap;

use chain_solana::keys::{Signer as _, Wallet};
use domain::spending::Purpose;
use domain::{Address, Event, EventData, Mint};
use sim_chain::cluster::GENESIS_HASH;

use super::Witness;

impl Witness {
    /// Compares what is counted of the wallet with every order (S16).
    pub(crate) async fn check_spending(&self) {
        let mut spent: BTreeMap<Mint, u128> = BTreeMap::new();
        for events in self.notes().orders.values() {
            for (mint, amount) in of_order(events) {
                *spent.entry(mint).or_default() += amount;
            }
        }
        let purposes: Vec<Purpose> = spent.keys().copied().map(Purpose::Token).collect();
        let key = Wallet::of_simulated_cluster(&GENESIS_HASH).address();
        let counted = self.store.uses(Address::new(key.0), &purposes).await;
        let counted = counted.expect("invariant: nothing is between the witness and the store");
        for ((mint, spent), counted) in spent.iter().zip(&counted) {
            let (settled, live) = (counted.settled, counted.live);
            if settled != *spent || live != 0 {
                let what = format_args!(
                    "of {mint} the orders spent {spent}; {settled} are counted, {live} under way"
                );
                self.accuse("S16", what);
            }
        }
    }
}

/// What left the wallet of the token that the order sells: of SOL fees and rent too.
fn of_order(events: &[Event]) -> Vec<(Mint, u128)> {
    let mut sells = None;
    let mut spent = Vec::new();
    for event in events {
        match &event.data {
            EventData::Submitted { choice, .. } => {
                let mint = choice.route.asset_in().mint;
                sells = Some(mint);
                spent.push((mint, 0));
            }
            EventData::Confirmed { fill } => {
                let sold = fill.route.asset_in().mint;
                // A later leg of a hop sells what an earlier one bought.
                let legs = fill.route.legs().iter();
                let selling = legs.filter(|leg| leg.asset_in.mint == sold);
                let amount = selling.map(|leg| u128::from(leg.amount_in.get())).sum();
                spent.push((sold, amount));
                if let (Mint::SOL, Some(receipt)) = (sold, &fill.receipt) {
                    let paid = receipt.fee_lamports + receipt.rent_paid_lamports;
                    spent.push((sold, u128::from(paid - receipt.rent_returned_lamports)));
                }
            }
            EventData::RetryScheduled { failure, .. }
            | EventData::WaitingAgain { failure, .. }
            | EventData::Failed { failure } => {
                if let (Some(Mint::SOL), Some(paid)) = (sells.take(), failure.paid_lamports) {
                    spent.push((Mint::SOL, paid.into()));
                }
            }
            _ => {}
        }
    }
    spent
}
