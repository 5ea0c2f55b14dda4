//! Proves of transfer fees, for any rate, maximum and amount:
//! 1. what is sent for an amount to arrive lets at least that amount arrive;
//! 2. the fee never exceeds its maximum nor what is sent;
//! 3. no bytes make a mint or a token account panic;
//! 4. whatever else a mint has, one extension that keeps it from being traded is found.

use proptest::prelude::*;

use super::{Address, Mint, Obstacle, TokenAccount, TransferFee};

fn fee() -> impl Strategy<Value = TransferFee> {
    (0..=10_000u16, prop_oneof![0..1_000u64, any::<u64>()]).prop_map(|(basis_points, maximum)| {
        TransferFee {
            basis_points,
            maximum,
        }
    })
}

/// A mint of Token-2022 with these extensions.
fn mint(extensions: &[(u16, Vec<u8>)]) -> Mint {
    let mut data = vec![0; 166];
    (data[44], data[45], data[165]) = (6, 1, 1);
    for (kind, body) in extensions {
        data.extend(kind.to_le_bytes());
        data.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
        data.extend(body);
    }
    Mint::read(&data).unwrap()
}

/// Extensions that are harmless: those of names, of groups, of interest that is only shown.
fn harmless() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let kinds = prop::sample::select(vec![3_u16, 10, 18, 19, 20, 21, 22, 23, 25, 28]);
    (kinds, prop::collection::vec(any::<u8>(), 0..80))
}

const OBSTACLES: [(u16, Obstacle); 10] = [
    (4, Obstacle::Confidential),
    (6, Obstacle::DefaultFrozen),
    (9, Obstacle::NonTransferable),
    (12, Obstacle::PermanentDelegate),
    (14, Obstacle::TransferHook),
    (16, Obstacle::Confidential),
    (24, Obstacle::Confidential),
    (26, Obstacle::Pausable),
    (29, Obstacle::Unknown(29)),
    // It has no place in a mint.
    (7, Obstacle::Unknown(7)),
];

#[test]
fn each_extension_that_stands_against_a_trade_has_its_name() {
    for (kind, obstacle) in OBSTACLES {
        let found = mint(&[(kind, vec![2; 64])]).obstacle();

        assert_eq!(found, Some(obstacle), "{kind}");
    }
    let initialized = mint(&[(6, vec![1])]);
    assert_eq!(initialized.obstacle(), None);
    assert_eq!(
        mint(&[(6, Vec::new())]).obstacle(),
        Some(Obstacle::Unreadable)
    );
}

#[test]
fn extensions_that_end_in_the_middle_of_one_are_no_extensions() {
    let mut data = vec![0; 166];
    (data[44], data[45], data[165]) = (6, 1, 1);
    data.extend([18, 0, 200, 0, 1]);

    let cut = Mint::read(&data).unwrap();

    assert_eq!(cut.obstacle(), Some(Obstacle::Unreadable));
    assert_eq!(
        mint(&[(1, vec![0; 50])]).obstacle(),
        Some(Obstacle::Unreadable)
    );
}

#[test]
fn a_transfer_fee_is_no_obstacle_and_holds_from_its_epoch_on() {
    let mut body = vec![0; 108];
    for (at, epoch, bps) in [(72, 5_u64, 100_u16), (90, 9, 250)] {
        body[at..at + 8].copy_from_slice(&epoch.to_le_bytes());
        body[at + 8..at + 16].copy_from_slice(&u64::MAX.to_le_bytes());
        body[at + 16..at + 18].copy_from_slice(&bps.to_le_bytes());
    }

    let mint = mint(&[(18, vec![1; 64]), (1, body)]);

    assert_eq!(mint.obstacle(), None);
    let bps = [8, 9].map(|epoch| mint.transfer_fee(epoch).basis_points);
    assert_eq!(bps, [100, 250]);
}

#[test]
fn a_mint_says_who_may_freeze_it() {
    let mut data = vec![0; 82];
    data[45] = 1;
    assert_eq!(Mint::read(&data).unwrap().freeze_authority, None);

    data[46] = 1;
    data[50..82].copy_from_slice(&[7; 32]);
    let freezer = Mint::read(&data).unwrap().freeze_authority;
    assert_eq!(freezer, Some(Address([7; 32])));

    data[46] = 2;
    assert_eq!(Mint::read(&data), None);
}

proptest! {
    #[test]
    fn an_obstacle_is_found_among_any_others(
        before in prop::collection::vec(harmless(), 0..4),
        after in prop::collection::vec(harmless(), 0..4),
        one in prop::sample::select(OBSTACLES.to_vec()),
    ) {
        let among: Vec<_> = before.iter().chain(&after).cloned().collect();
        prop_assert_eq!(mint(&among).obstacle(), None);

        let (kind, obstacle) = one;
        let all: Vec<_> = before.into_iter().chain([(kind, vec![2; 8])]).chain(after).collect();

        prop_assert_eq!(mint(&all).obstacle(), Some(obstacle));
    }

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
