use amm::Address;
use ed25519_dalek::{Verifier, VerifyingKey};
use ports::chain::{Chain, Error};

use super::world::{CPMM, PoolOf, blockhash, chain, search, snapshot, swap, wallet};
use crate::build::own;
use crate::keys::Signer;
use crate::message::Decoded;
use crate::script::{Call, Script};

const SHALLOW: PoolOf = PoolOf {
    address: Address([10; 32]),
    sol: 10_000_000_000,
    usdc: 1_600_000_000,
};
const DEEP: PoolOf = PoolOf {
    address: Address([20; 32]),
    sol: 10_000_000_000_000,
    usdc: 1_510_000_000_000,
};

#[tokio::test(start_paused = true)]
async fn a_swap_goes_to_the_pool_that_gives_most() {
    let script = Script::new([
        search(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
        blockhash(5_000),
        Call::minimum_balance(165, 2_039_280),
    ]);

    let built = chain(&script).build(&swap()).await.unwrap();

    let decoded = Decoded::read(&built.bytes, &[]).unwrap();
    let mut instructions = decoded.instructions.iter();
    let leg = instructions.find(|it| it.program == CPMM.id()).unwrap();
    assert_eq!(leg.accounts[3].address, DEEP.address);
    // One SOL for at least 149 USDC.
    assert_eq!(leg.data[8..16], 1_000_000_000_u64.to_le_bytes());
    assert_eq!(leg.data[16..24], 149_000_000_u64.to_le_bytes());
    let expected = own::address(wallet().address(), &own::seed(swap().order_id, 2));
    assert_eq!(own::of(&decoded, wallet().address()), Some(expected));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_built_transaction_is_signed_and_lives_a_little_longer_than_its_blockhash() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        blockhash(5_000),
        Call::minimum_balance(165, 2_039_280),
    ]);

    let built = chain(&script).build(&swap()).await.unwrap();

    assert_eq!(built.last_valid_height.get(), 5_032);
    let signature: [u8; 64] = built.bytes[1..65].try_into().unwrap();
    assert_eq!(
        built.signature,
        domain::transaction::Signature::from_bytes(&signature)
    );
    let key = VerifyingKey::from_bytes(&wallet().address().0).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    key.verify(&built.bytes[65..], &signature).unwrap();
}

#[tokio::test(start_paused = true)]
async fn pools_are_searched_once_and_read_for_every_transaction() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        blockhash(5_000),
        Call::minimum_balance(165, 2_039_280),
        snapshot(&[DEEP]),
        blockhash(5_001),
    ]);
    let chain = chain(&script);

    let first = chain.build(&swap()).await.unwrap();
    let mut again = swap();
    again.execution += 1;
    let second = chain.build(&again).await.unwrap();

    assert_ne!(first.signature, second.signature);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pair_without_a_pool_may_get_one_and_is_searched_again() {
    let script = Script::new([
        search(&[]),
        search(&[DEEP]),
        snapshot(&[DEEP]),
        blockhash(5_000),
        Call::minimum_balance(165, 2_039_280),
    ]);
    let chain = chain(&script);

    let error = chain.build(&swap()).await.unwrap_err();
    let built = chain.build(&swap()).await;

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(built.is_ok());
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_no_longer_gives_enough_for_anything_is_not_built_for() {
    let empty = PoolOf {
        sol: 0,
        usdc: 0,
        ..DEEP
    };
    let script = Script::new([search(&[empty]), snapshot(&[empty])]);

    let error = chain(&script).build(&swap()).await.unwrap_err();

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    script.check_done();
}
