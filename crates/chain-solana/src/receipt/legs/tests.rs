//! 1. Where the fee is known, each part is what the token program made of it, whatever its cap.
//! 2. Where it is not, the parts still add up to what the wallet shows, and it is said that they are shares.

use amm::token::TransferFee;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Parts, divide};

fn divided(
    vaults: &[u64],
    total: u128,
    fees: &[TransferFee],
    beside: fn(&TransferFee, u64) -> Result<u64, amm::Refusal>,
) -> (Vec<u64>, Parts) {
    let mut parts = vaults.to_vec();
    let told = divide(parts.iter_mut().collect(), Some(total), fees, beside);
    (parts, told)
}

fn sum(parts: &[u64]) -> u128 {
    parts.iter().copied().map(u128::from).sum()
}

fn fee() -> impl Strategy<Value = TransferFee> {
    let maximum = prop_oneof![0..1_000_u64, 0..1_000_000_000_u64, Just(u64::MAX)];
    (1..=10_000_u16, maximum).prop_map(|(basis_points, maximum)| TransferFee {
        basis_points,
        maximum,
    })
}

fn amounts() -> impl Strategy<Value = Vec<u64>> {
    vec(
        prop_oneof![0..10_000_u64, 0..1_000_000_000_000_u64],
        2..5_usize,
    )
}

proptest! {
    #[test]
    fn parts_that_arrived_and_parts_that_were_sent_are_exact(vaults in amounts(), fee in fee()) {
        for beside in [TransferFee::arriving, TransferFee::to_send] {
            let expected = vaults.iter().map(|it| beside(&fee, *it)).collect::<Result<Vec<_>, _>>();
            // A token program refuses what has no exact inverse.
            let Ok(expected) = expected else {
                continue;
            };

            let (parts, told) = divided(&vaults, sum(&expected), &[fee], beside);

            prop_assert_eq!((parts, told), (expected, Parts::Exact));
        }
    }

    #[test]
    fn parts_under_an_unknown_fee_add_up(vaults in amounts(), fee in fee(), other in fee()) {
        let arrived = vaults.iter().map(|it| fee.arriving(*it).unwrap()).collect::<Vec<_>>();
        let total = sum(&arrived);

        let (parts, told) = divided(&vaults, total, &[other], TransferFee::arriving);

        prop_assert_eq!(sum(&parts), total);
        let others = vaults.iter().map(|it| other.arriving(*it).unwrap()).collect::<Vec<_>>();
        let is_known = total == sum(&vaults) || total == sum(&others);
        prop_assert_eq!(told, if is_known { Parts::Exact } else { Parts::Shared });
    }
}

#[test]
fn a_fee_that_has_just_changed_is_found_among_the_others() {
    let [older, newer] =
        [(10, 1_000), (50, 1_000_000)].map(|(basis_points, maximum)| TransferFee {
            basis_points,
            maximum,
        });

    let vaults = [5_000_000, 10_000];
    // A thousand of the first, its most, and ten of the second.
    let exact = (vec![4_999_000, 9_990], Parts::Exact);
    let arriving = TransferFee::arriving;
    assert_eq!(
        divided(&vaults, 5_008_990, &[newer, older], arriving),
        exact
    );
    let shared = (vec![4_998_992, 9_998], Parts::Shared);
    assert_eq!(divided(&vaults, 5_008_990, &[newer], arriving), shared);
    // And of what was sold, by what the vaults received.
    let sent = divided(
        &[4_999_000, 9_990],
        5_010_000,
        &[older],
        TransferFee::to_send,
    );
    assert_eq!(sent, (vaults.to_vec(), Parts::Exact));
}
