use amm::Address;
use domain::venue::Program;
use domain::{Asset, BaseUnits};
use ed25519_dalek::{Verifier, VerifyingKey};
use futures_util::future::join_all;
use ports::chain::{Chain, Error, Swap};
use ports::transaction_builder::{Execution, Leg, TransactionBuilder};

use super::world::{CPMM, PoolOf, accounts, blockhash, chain, search, snapshot, swap, wallet};
use crate::address::SYSTEM_PROGRAM;
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
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
    ]);

    let built = Chain::build(&chain(&script), &swap()).await.unwrap();

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
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
    ]);

    let built = Chain::build(&chain(&script), &swap()).await.unwrap();

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
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
        snapshot(&[DEEP]),
        blockhash(5_001),
    ]);
    let chain = chain(&script);

    let first = Chain::build(&chain, &swap()).await.unwrap();
    let mut again = swap();
    again.execution += 1;
    let second = Chain::build(&chain, &again).await.unwrap();

    assert_ne!(first.signature, second.signature);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn who_builds_at_one_moment_shares_pools_and_blockhash() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
        snapshot(&[DEEP]),
        blockhash(5_001),
    ]);
    let chain = chain(&script);
    let first = Chain::build(&chain, &swap()).await.unwrap();

    let build = async |execution| {
        let swap = Swap {
            execution,
            ..swap()
        };
        Chain::build(&chain, &swap).await.unwrap()
    };
    let built = join_all((3..20).map(build)).await;

    let mut signatures: Vec<_> = built.iter().map(|it| &it.signature).collect();
    signatures.push(&first.signature);
    signatures.sort();
    signatures.dedup();
    assert_eq!(signatures.len(), 18);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pair_without_a_pool_may_get_one_and_is_searched_again() {
    let script = Script::new([
        search(&[]),
        search(&[DEEP]),
        snapshot(&[DEEP]),
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
    ]);
    let chain = chain(&script);

    let error = Chain::build(&chain, &swap()).await.unwrap_err();
    let built = Chain::build(&chain, &swap()).await;

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

    let error = Chain::build(&chain(&script), &swap()).await.unwrap_err();

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    script.check_done();
}

/// So much SOL for at least so much USDC, in one pool.
fn leg(pool: PoolOf, sol: u64, usdc: u64) -> Leg {
    Leg {
        program: Program::Cpmm,
        pool: domain::Address::new(pool.address.0),
        mint_in: Asset::SOL.mint,
        mint_out: Asset::USDC.mint,
        amount_in: BaseUnits::new(sol),
        min_amount_out: BaseUnits::new(usdc),
    }
}

fn execution(legs: Vec<Leg>) -> Execution {
    Execution {
        order_id: swap().order_id,
        number: 2,
        path: vec![Asset::SOL.mint, Asset::USDC.mint],
        legs,
        quoted_at: 1_000,
    }
}

#[tokio::test(start_paused = true)]
async fn a_split_is_one_transaction_with_a_limit_for_each_leg() {
    let script = Script::new([
        accounts(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
    ]);
    let legs = vec![
        leg(DEEP, 900_000_000, 135_000),
        leg(SHALLOW, 100_000_000, 15_000),
    ];

    let built = TransactionBuilder::build(&chain(&script), &execution(legs))
        .await
        .unwrap();

    let decoded = Decoded::read(&built.bytes, &[]).unwrap();
    let swaps = decoded
        .instructions
        .iter()
        .filter(|it| it.program == CPMM.id());
    let number = |data: &[u8]| u64::from_le_bytes(data[..8].try_into().unwrap());
    let told = swaps.map(|it| {
        (
            it.accounts[3].address,
            number(&it.data[8..]),
            number(&it.data[16..]),
        )
    });
    let expected = [
        (DEEP.address, 900_000_000, 135_000),
        (SHALLOW.address, 100_000_000, 15_000),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    // One account is made for both, with all that they pay and its rent, behind a seed of 11 characters.
    let mut system = decoded
        .instructions
        .iter()
        .filter(|it| it.program == SYSTEM_PROGRAM);
    let made = &system.next().unwrap().data;
    assert_eq!(number(&made[4 + 32 + 8 + 11..]), 1_000_000_000 + 2_039_280);
    assert_eq!(system.next(), None);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_no_pool_of_the_program_is_not_traded_with() {
    let script = Script::new([accounts(&[DEEP])]);
    let mut legs = vec![leg(DEEP, 1_000, 1)];
    legs[0].program = Program::AmmV4;

    let error = TransactionBuilder::build(&chain(&script), &execution(legs))
        .await
        .unwrap_err();

    let Error::Unavailable(why) = error else {
        panic!("{error:?}")
    };
    assert!(why.contains(&DEEP.address.to_string()), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_leg_without_a_limit_is_refused_for_good() {
    let script = Script::new([
        accounts(&[DEEP]),
        snapshot(&[DEEP]),
        Call::minimum_balance(165, 2_039_280),
        blockhash(5_000),
    ]);

    let legs = vec![leg(DEEP, 1_000_000, 0)];
    let built = TransactionBuilder::build(&chain(&script), &execution(legs)).await;

    assert!(matches!(built, Err(Error::Refused(_))), "{built:?}");
}
