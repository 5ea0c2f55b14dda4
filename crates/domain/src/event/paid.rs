//! What a settled transaction took, by the event that settled it.

use super::EventData;
use crate::asset::Mint;
use crate::quote::Fill;
use crate::spending::{Item, Paid, Purpose};

impl EventData {
    /// What the transaction that this event settles took of an item of its outlay. Where the event says nothing of an
    /// amount, it is what the transaction might have taken.
    #[must_use]
    pub fn paid_for(&self, item: &Item) -> Paid {
        let (sold, fees) = match self {
            Self::Confirmed { fill } => {
                let sold = (fill.route.asset_in().mint, fill.route.amount_in().get());
                (Some(sold), fees(fill))
            }
            Self::RetryScheduled { failure, .. }
            | Self::WaitingAgain { failure, .. }
            | Self::Failed { failure } => (None, Some(failure.paid_lamports.unwrap_or(0))),
            _ => (None, Some(0)),
        };
        let Purpose::Token(mint) = item.purpose else {
            return Paid {
                spent: fees.unwrap_or(item.spent.get()),
                out: 0,
            };
        };
        let spent = match sold {
            Some((of, amount)) if of == mint => amount,
            _ => 0,
        };
        let lamports = match mint == Mint::SOL {
            true => fees.unwrap_or_default(),
            false => 0,
        };
        Paid {
            spent,
            out: spent.saturating_add(lamports),
        }
    }
}

/// Fees, and rent that did not return.
fn fees(fill: &Fill) -> Option<u64> {
    let receipt = fill.receipt.as_ref()?;
    let paid = receipt
        .fee_lamports
        .saturating_add(receipt.rent_paid_lamports);
    Some(paid.saturating_sub(receipt.rent_returned_lamports))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::BaseUnits;
    use crate::asset::Asset;
    use crate::event::{Failure, FailureCode};
    use crate::quote::{Choice, Receipt};
    use crate::route::{Leg, PoolRef, Route};
    use crate::transaction::Signature;
    use crate::venue::Program;
    use crate::waiting::Misses;

    fn units(amount: u64) -> BaseUnits {
        BaseUnits::new(amount)
    }

    fn fill(receipt: Receipt) -> EventData {
        let route = Route::of(Leg {
            pool: PoolRef {
                program: Program::Cpmm,
                address: None,
            },
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: units(1_000),
            amount_out: units(50),
        });
        let choice = Choice {
            route,
            expected_amount_out: units(50),
            min_amount_out: units(49),
            max_amount_in: None,
            quoted_at: 1,
        };
        let signature = Signature::from_bytes(&[1; 64]);
        EventData::Confirmed {
            fill: choice.filled(signature, (units(900), units(50)), receipt),
        }
    }

    #[test]
    fn a_fill_costs_what_was_sold_and_what_its_receipt_says() {
        let settled = fill(Receipt {
            fee_lamports: 5_000,
            priority_fee_lamports: 0,
            rent_paid_lamports: 2_000,
            rent_returned_lamports: 500,
            compute_units: None,
            slot: 3,
            is_final: false,
            leftover: Vec::new(),
        });
        let paid = |purpose, spent| settled.paid_for(&Item::new(purpose, units(spent), units(9)));

        let sol = Paid {
            spent: 900,
            out: 900 + 6_500,
        };
        assert_eq!(paid(Purpose::Token(Mint::SOL), 1_000), sol);
        let fees = Paid {
            spent: 6_500,
            out: 0,
        };
        assert_eq!(paid(Purpose::Fees, 1_000_000), fees);
        let nothing = Paid { spent: 0, out: 0 };
        assert_eq!(paid(Purpose::Token(Asset::USDC.mint), 0), nothing);
    }

    #[test]
    fn a_death_costs_nothing_and_a_revert_its_fee() {
        let ended = |paid_lamports| EventData::Failed {
            failure: Failure {
                code: FailureCode::TransactionFailed,
                reason: "gone".to_owned(),
                landing: None,
                paid_lamports,
            },
        };
        let sol = Item::new(Purpose::Token(Mint::SOL), units(7), units(8));
        let fees = Item::new(Purpose::Fees, units(7), units(0));

        assert_eq!(ended(None).paid_for(&sol), Paid { spent: 0, out: 0 });
        assert_eq!(ended(None).paid_for(&fees), Paid { spent: 0, out: 0 });
        assert_eq!(ended(Some(5)).paid_for(&sol), Paid { spent: 0, out: 5 });
        assert_eq!(ended(Some(5)).paid_for(&fees), Paid { spent: 5, out: 0 });
        let EventData::Failed { failure } = ended(Some(5)) else {
            unreachable!("it says so above")
        };
        let sent_back = EventData::WaitingAgain {
            failure,
            rest_ms: 1,
            misses: Misses::default(),
        };
        assert_eq!(sent_back.paid_for(&sol), Paid { spent: 0, out: 5 });
        assert_eq!(sent_back.paid_for(&fees), Paid { spent: 5, out: 0 });
    }
}
