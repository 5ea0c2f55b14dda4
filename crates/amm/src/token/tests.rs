//! Proves of transfer fees, for any rate, maximum and amount:
//! 1. what is sent for an amount to arrive lets at least that amount arrive;
//! 2. the fee never exceeds its maximum nor what is sent;
//! 3. no bytes make a mint or a token account panic.

use proptest::prelude::*;

use super::{Mint, TokenAccount, TransferFee};

fn fee() -> impl Strategy<Value = TransferFee> {
    (0..=10_000u16, prop_oneof![0..1_000u64, any::<u64>()]).prop_map(|(basis_points, maximum)| {
        TransferFee {
            basis_points,
            maximum,
        }
    })
}

proptest! {
    #[test]
    fn what_shall_arrive_arrives(fee in fee(), arriving in any::<u64>()) {
        if let Ok(sent) = fee.to_send(arriving) {
            prop_assert_eq!(fee.arriving(sent), Ok(arriving));
        }
    }

    #[test]
    fn a_fee_is_no_more_than_its_maximum_or_what_is_sent(fee in fee(), sent in any::<u64>()) {
        let kept = fee.of(sent).expect("a part of a token amount is one");

        prop_assert!(kept <= fee.maximum && kept <= sent);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), epoch in any::<u64>()) {
        let _ = TokenAccount::read(&bytes);
        if let Some(mint) = Mint::read(&bytes) {
            let _ = mint.transfer_fee(epoch);
        }
    }
}
