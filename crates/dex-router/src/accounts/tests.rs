//! Proves of every decoder:
//! 1. no bytes make it panic, whatever their length and whether or not the discriminator is right;
//! 2. a truncated account is refused;
//! 3. a pool built from arbitrary fields gives a quote or an error, never a panic.

use proptest::prelude::*;

use super::{DecodeError, amm_v4, cpmm, damm_v2, dlmm};
use crate::math::damm_v2::{Mode, Referral};
use crate::math::{ChainTime, Direction};

const CPMM_POOL: [u8; 8] = [247, 237, 227, 245, 215, 195, 222, 70];
const CPMM_CONFIG: [u8; 8] = [218, 244, 33, 104, 203, 203, 43, 111];
const DAMM_V2_POOL: [u8; 8] = [241, 154, 109, 4, 17, 177, 109, 188];
const DLMM_PAIR: [u8; 8] = [33, 11, 49, 98, 181, 101, 177, 13];
const DLMM_BIN_ARRAY: [u8; 8] = [92, 142, 92, 220, 5, 148, 70, 181];

/// Random bytes of the layout's length behind the right discriminator; small values are frequent,
/// so that fields which select a variant often select a known one.
fn account(discriminator: &'static [u8], length: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(0u8), 2 => 0u8..3, 1 => any::<u8>()];
    prop::collection::vec(byte, length).prop_map(move |mut bytes| {
        bytes.splice(..discriminator.len(), discriminator.iter().copied());
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
        cpmm::PoolState::decode(bytes).err(),
        cpmm::Config::decode(bytes).err(),
        amm_v4::AmmInfo::decode(bytes).err(),
        damm_v2::PoolState::decode(bytes).err(),
        dlmm::Pair::decode(bytes).err(),
        dlmm::BinArray::decode(bytes).err(),
    ]
}

fn later() -> ChainTime {
    ChainTime {
        slot: u64::MAX,
        unix_time: u64::MAX,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..1300)) {
        decode_all(&bytes);
    }

    #[test]
    fn a_truncated_account_is_refused(
        bytes in account(&DLMM_BIN_ARRAY, dlmm::BIN_ARRAY_LENGTH),
        length in 0..dlmm::BIN_ARRAY_LENGTH,
    ) {
        let cut = &bytes[..length];

        let refused = dlmm::BinArray::decode(cut);

        prop_assert_eq!(
            refused,
            Err(DecodeError::TooShort { expected: dlmm::BIN_ARRAY_LENGTH, found: length }),
        );
        decode_all(cut);
    }

    #[test]
    fn any_cpmm_accounts_quote_without_panic(
        pool in account(&CPMM_POOL, cpmm::POOL_LENGTH),
        config in account(&CPMM_CONFIG, cpmm::CONFIG_LENGTH),
        vaults in any::<(u64, u64)>(),
        direction in direction(),
        amount in any::<u64>(),
    ) {
        let config = cpmm::Config::decode(&config).expect("a configuration has no variants");
        if let Ok(state) = cpmm::PoolState::decode(&pool) {
            let pool = state.pool(&config, vaults.0, vaults.1);
            let _ = pool.quote_exact_in(direction, amount, later());
            let _ = pool.quote_exact_out(direction, amount, later());
        }
    }

    #[test]
    fn any_amm_v4_account_quotes_without_panic(
        bytes in account(&[], amm_v4::POOL_LENGTH),
        vaults in any::<(u64, u64)>(),
        direction in direction(),
        amount in any::<u64>(),
    ) {
        if let Ok(info) = amm_v4::AmmInfo::decode(&bytes) {
            let pool = info.pool(vaults.0, vaults.1);
            let _ = pool.quote_exact_in(direction, amount, later());
            let _ = pool.quote_exact_out(direction, amount, later());
        }
    }

    #[test]
    fn any_damm_v2_account_quotes_without_panic(
        bytes in account(&DAMM_V2_POOL, damm_v2::POOL_LENGTH),
        direction in direction(),
        amount in any::<u64>(),
        now in any::<(u64, u64)>(),
    ) {
        if let Ok(state) = damm_v2::PoolState::decode(&bytes) {
            let now = ChainTime { slot: now.0, unix_time: now.1 };
            for mode in [Mode::ExactIn, Mode::PartialIn, Mode::ExactOut] {
                let _ = state.pool.quote(mode, direction, amount, Referral::Present, now);
                let _ = state.pool.quote(mode, direction, amount, Referral::None, later());
            }
        }
    }

    #[test]
    fn any_dlmm_accounts_quote_without_panic(
        pair in account(&DLMM_PAIR, dlmm::PAIR_LENGTH),
        array in account(&DLMM_BIN_ARRAY, dlmm::BIN_ARRAY_LENGTH),
        index in -3i64..3,
        active_id in -200i32..200,
        direction in direction(),
        amount in any::<u64>(),
    ) {
        let mut array = array;
        array[8..16].copy_from_slice(&index.to_le_bytes());
        let mut pair = pair;
        pair[76..80].copy_from_slice(&active_id.to_le_bytes());
        if let (Ok(pair), Ok(array)) = (dlmm::Pair::decode(&pair), dlmm::BinArray::decode(&array)) {
            let pool = pair.pool(&[array]);
            let _ = pool.quote_exact_in(direction, amount, later());
            let _ = pool.quote_exact_out(direction, amount, later());
        }
    }
}
