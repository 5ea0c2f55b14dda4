//! Proves of every decoder:
//! 1. no bytes make it panic, whatever their length and whether or not the discriminator is right;
//! 2. a truncated account is refused;
//! 3. a pool built from arbitrary fields gives a quote or an error, never a panic;
//! 4. setting a field changes its bytes and no others.

use proptest::prelude::*;

use super::{DecodeError, Layout};
use crate::amm_v4::account as amm_v4;
use crate::cpmm::account as cpmm;
use crate::damm_v2::account as damm_v2;
use crate::damm_v2::quote::{Mode, Referral};
use crate::dlmm::account as dlmm;
use crate::dlmm::bin_array;
use crate::{Address, ChainTime, Direction};

/// Random bytes of the layout's length behind the right discriminator; small values are frequent,
/// so that fields which select a variant often select a known one.
fn account<L: Layout>() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(0u8), 2 => 0u8..3, 1 => any::<u8>()];
    prop::collection::vec(byte, L::LENGTH).prop_map(|mut bytes| {
        let discriminator = L::DISCRIMINATOR.iter().flatten();
        bytes
            .iter_mut()
            .zip(discriminator)
            .for_each(|(byte, of)| *byte = *of);
        bytes
    })
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![
        Just(Direction::FirstToSecond),
        Just(Direction::SecondToFirst)
    ]
}

fn decode_all(bytes: &[u8]) -> [Option<DecodeError>; 6] {
    [
        cpmm::PoolAccount::decode(bytes).err(),
        cpmm::ConfigAccount::decode(bytes).err(),
        amm_v4::PoolAccount::decode(bytes).err(),
        damm_v2::PoolAccount::decode(bytes).err(),
        dlmm::PairAccount::decode(bytes).err(),
        bin_array::BinArray::decode(bytes).err(),
    ]
}

fn later() -> ChainTime {
    ChainTime {
        slot: u64::MAX,
        epoch: u64::MAX,
        unix_time: u64::MAX,
    }
}

#[test]
fn setting_a_field_changes_no_other_byte() {
    let before = vec![0xa5; amm_v4::PoolLayout::LENGTH + 3];
    let mut account = amm_v4::PoolAccount::decode(&before).expect("long enough");

    account.set(amm_v4::PoolAccount::SWAP_COIN_IN, u128::MAX);
    account.set(amm_v4::PoolAccount::MARKET, Address([7; 32]));

    let changed = |range: std::ops::Range<usize>| account.bytes()[range].to_vec();
    assert_eq!(changed(256..272), [0xff; 16]);
    assert_eq!(changed(528..560), [7; 32]);
    assert_eq!(account.get(amm_v4::PoolAccount::SWAP_COIN_IN), u128::MAX);
    let untouched = [0..256, 272..528, 560..755];
    assert!(
        untouched
            .into_iter()
            .all(|range| changed(range).iter().all(|byte| *byte == 0xa5))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..1300)) {
        decode_all(&bytes);
    }

    #[test]
    fn a_truncated_account_is_refused(
        bytes in account::<bin_array::BinArrayLayout>(),
        length in 0..bin_array::BinArrayLayout::LENGTH,
    ) {
        let cut = &bytes[..length];

        let refused = bin_array::BinArray::decode(cut);

        prop_assert_eq!(
            refused,
            Err(DecodeError::TooShort { expected: bin_array::BinArrayLayout::LENGTH, found: length }),
        );
        decode_all(cut);
    }

    #[test]
    fn any_cpmm_accounts_quote_without_panic(
        pool in account::<cpmm::PoolLayout>(),
        config in account::<cpmm::ConfigLayout>(),
        vaults in any::<(u64, u64)>(),
        direction in direction(),
        amount in any::<u64>(),
    ) {
        let config = cpmm::ConfigAccount::decode(&config).expect("a configuration has no variants");
        let account = cpmm::PoolAccount::decode(&pool).expect("its length and kind are right");
        if let Ok(pool) = account.pool(&config, vaults) {
            let _ = pool.quote_exact_in(direction, amount, later());
            let _ = pool.quote_exact_out(direction, amount, later());
        }
    }

    #[test]
    fn any_amm_v4_account_quotes_without_panic(
        bytes in account::<amm_v4::PoolLayout>(),
        vaults in any::<(u64, u64)>(),
        direction in direction(),
        amount in any::<u64>(),
    ) {
        let account = amm_v4::PoolAccount::decode(&bytes).expect("its length is right");
        if let Ok(pool) = account.pool(vaults) {
            let _ = pool.quote_exact_in(direction, amount, later());
            let _ = pool.quote_exact_out(direction, amount, later());
        }
    }

    #[test]
    fn any_damm_v2_account_quotes_without_panic(
        bytes in account::<damm_v2::PoolLayout>(),
        direction in direction(),
        amount in any::<u64>(),
        now in any::<(u64, u64)>(),
    ) {
        let account = damm_v2::PoolAccount::decode(&bytes).expect("its length and kind are right");
        if let Ok(pool) = account.pool() {
            let now = ChainTime { slot: now.0, epoch: 0, unix_time: now.1 };
            for mode in [Mode::ExactIn, Mode::PartialIn, Mode::ExactOut] {
                let _ = pool.quote(mode, direction, amount, Referral::Present, now);
                let _ = pool.quote(mode, direction, amount, Referral::None, later());
            }
        }
    }

    #[test]
    fn any_dlmm_accounts_quote_without_panic(
        pair in account::<dlmm::PairLayout>(),
        array in account::<bin_array::BinArrayLayout>(),
        index in -3i64..3,
        active_id in -200i32..200,
        direction in direction(),
        amount in any::<u64>(),
    ) {
        let mut array = array;
        array[8..16].copy_from_slice(&index.to_le_bytes());
        let mut pair = pair;
        pair[76..80].copy_from_slice(&active_id.to_le_bytes());
        let pair = dlmm::PairAccount::decode(&pair).expect("its length and kind are right");
        let array = bin_array::BinArray::decode(&array).expect("its length and kind are right");
        if let Ok(pool) = pair.pool([array]) {
            let _ = pool.quote_exact_in(direction, amount, later());
            let _ = pool.quote_exact_out(direction, amount, later());
        }
    }
}
