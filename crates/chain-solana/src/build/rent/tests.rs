use super::*;
use crate::address::TOKEN_2022_PROGRAM;
use crate::script::{Call, Script};

#[tokio::test]
async fn a_size_is_asked_for_once_in_an_epoch() {
    let script = Script::new([
        Call::minimum_balance(165, 2_039_280),
        Call::minimum_balance(170, 2_074_080),
        Call::minimum_balance(165, 1_488_440),
    ]);
    let rents = Rents::new(script.rpc());

    let minimums = [
        rents.minimum(165, 700).await.unwrap(),
        rents.minimum(165, 700).await.unwrap(),
        rents.minimum(170, 700).await.unwrap(),
        rents.minimum(165, 701).await.unwrap(),
    ];

    let expected = [2_039_280, 2_039_280, 2_074_080, 1_488_440];
    assert_eq!(minimums, expected.map(Lamports::new));
    script.check_done();
}

#[test]
fn an_account_is_as_long_as_its_mints_extensions_make_it() {
    let mint = |extensions: &[(u16, u16)]| {
        let mut bytes = vec![0; 166];
        for (kind, length) in extensions {
            bytes.extend(kind.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            bytes.extend(vec![0; usize::from(*length)]);
        }
        bytes
    };
    let of = |mint: &[u8]| associated_account_bytes(TOKEN_2022_PROGRAM, mint);

    assert_eq!(associated_account_bytes(TOKEN_PROGRAM, &[0; 82]), Some(165));
    assert_eq!(associated_account_bytes(TOKEN_PROGRAM, &[0; 81]), None);
    assert_eq!(of(&[0; 82]), Some(170));
    // A transfer fee; and one beside metadata, whose pointer no account has.
    assert_eq!(of(&mint(&[(1, 108)])), Some(182));
    assert_eq!(of(&mint(&[(18, 64), (1, 108), (14, 64)])), Some(187));
    // The list ends with a zero, or with the account; cut short it is no mint.
    assert_eq!(of(&[mint(&[(1, 108)]), vec![0; 7]].concat()), Some(182));
    assert_eq!(of(&mint(&[(1, 108)])[..200]), None);
}
