//! Bytes of others, spoilt: nothing panics on them.

use std::sync::LazyLock;

use amm::Program;
use chain_solana::message::Decoded;
use chain_solana::pools::Candidate;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::case::{self, Case};

static CASES: LazyLock<Vec<Case>> = LazyLock::new(case::all);

proptest! {
    #[test]
    fn a_spoilt_transaction_is_read_or_refused(
        case: Index,
        places in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4),
        kept: Index,
        loaded: Index,
    ) {
        let case = case.get(&CASES);
        let mut bytes = case.bytes.clone();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(kept.index(bytes.len()) + 1);
        let loaded = &case.loaded[..loaded.index(case.loaded.len() + 1)];

        if let Ok(decoded) = Decoded::read(&bytes, loaded) {
            let named = decoded.instructions.iter().flat_map(|it| &it.accounts);
            for account in named {
                prop_assert!(decoded.keys.contains(&account.address));
            }
        }
    }

    #[test]
    fn a_spoilt_pool_names_a_bounded_number_of_accounts(
        case: Index,
        account: Index,
        places in prop::collection::vec((any::<Index>(), any::<u8>()), 0..8),
        kept: Index,
    ) {
        let accounts: Vec<_> = case.get(&CASES).before.iter().collect();
        let (address, account) = account.get(&accounts);
        let mut data = account.data.clone();
        data.push(0);
        for (place, byte) in places {
            let place = place.index(data.len());
            data[place] = byte;
        }
        data.truncate(kept.index(data.len()) + 1);

        for program in Program::MAINNET {
            if let Ok(candidate) = Candidate::of(program, **address, &data) {
                // The pool, its mints and vaults, and of bin arrays two each way.
                prop_assert!(candidate.accounts.len() <= 9);
            }
        }
    }
}
