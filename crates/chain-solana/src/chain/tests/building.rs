use std::sync::Arc;
use std::time::Duration;

use dex_router::PoolSource as _;
use domain::transaction::SignedTransaction;
use domain::venue::Program;
use domain::{FeeLevel, Venue};
use ed25519_dalek::{SigningKey, Verifier, VerifyingKey};
use futures_util::future::join_all;
use ports::transaction_builder::{Error, Execution, TransactionBuilder as _};

use super::reporting::{fees, written};
use crate::address::SYSTEM_PROGRAM;
use crate::build::budget::Budget;
use crate::build::own;
use crate::chain::SolanaChain;
use crate::fees::FeePolicy;
use crate::keys::{Signer as _, Wallet};
use crate::message::Decoded;
use crate::rpc::Lamports;
use crate::script::{Call, Script};
use crate::settings::Settings;
use crate::world::{
    CPMM, DEEP, PAIR, PoolOf, SHALLOW, SLOT, accounts, blockhash, chain, chain_with, execution,
    leg, reader, search, settings, snapshot, snapshot_at, swap, wallet,
};

/// A chain whose pools were quoted from a moment ago.
async fn quoted(script: &Script, settings: Settings) -> SolanaChain {
    let pools = reader(script, &settings);
    pools.pools(Venue::Raydium, PAIR).await.unwrap();
    chain_with(script, Arc::clone(&pools), settings)
}

fn rent() -> Call {
    Call::minimum_balance(165, 2_039_280)
}

#[tokio::test(start_paused = true)]
async fn a_swap_goes_to_the_pool_that_its_route_names() {
    let script = Script::new([
        search(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
        rent(),
        blockhash(5_000),
    ]);

    let chain = quoted(&script, settings()).await;
    let built = chain.build(&swap(SHALLOW)).await.unwrap();

    let decoded = Decoded::read(&built.bytes, &[]).unwrap();
    let mut instructions = decoded.instructions.iter();
    let leg = instructions.find(|it| it.program == CPMM.id()).unwrap();
    assert_eq!(leg.accounts[3].address, SHALLOW.address);
    // One SOL for at least 149 USDC.
    assert_eq!(leg.data[8..16], 1_000_000_000_u64.to_le_bytes());
    assert_eq!(leg.data[16..24], 149_000_000_u64.to_le_bytes());
    let seed = own::seed(swap(SHALLOW).order_id, 2);
    let expected = own::address(wallet().address(), &seed);
    assert_eq!(own::of(&decoded, wallet().address()), Some(expected));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_built_transaction_is_signed_and_lives_a_little_longer_than_its_blockhash() {
    let script = Script::new([search(&[DEEP]), snapshot(&[DEEP]), rent(), blockhash(5_000)]);

    let chain = quoted(&script, settings()).await;
    let built = chain.build(&swap(DEEP)).await.unwrap();

    assert_eq!(built.last_valid_height.get(), 5_032);
    let blockhash = domain::transaction::Blockhash::new([8; 32]);
    assert_eq!(built.blockhash, Some(blockhash));
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
async fn who_builds_at_one_moment_shares_a_blockhash_and_reads_no_pools_again() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
        blockhash(5_001),
    ]);
    let chain = quoted(&script, settings()).await;
    let first = chain.build(&swap(DEEP)).await.unwrap();

    let build = async |number| {
        let swap = Execution {
            number,
            ..swap(DEEP)
        };
        chain.build(&swap).await.unwrap()
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
async fn orders_of_one_pool_share_one_question_for_what_others_pay() {
    let script = Script::new([
        accounts(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
    ]);
    let written = written(&chain(&script).build(&swap(DEEP)).await.unwrap(), false);
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        fees(written, &[20_000, 30_000, 0, 90_000]),
        blockhash(5_000),
        blockhash(5_001),
    ]);
    let ranked = Settings {
        fees: FeePolicy {
            level: FeeLevel::DEFAULT,
            most: Lamports::new(1_000_000),
        },
        ..settings()
    };
    let chain = quoted(&script, ranked).await;
    let first = chain.build(&swap(DEEP)).await.unwrap();

    let build = async |number| {
        let swap = Execution {
            number,
            fee_level: FeeLevel::parse("high").ok(),
            ..swap(DEEP)
        };
        chain.build(&swap).await.unwrap()
    };
    let built = join_all((3..20).map(build)).await;

    let price = |built: &SignedTransaction| {
        let decoded = Decoded::read(&built.bytes, &[]).unwrap();
        Budget::of(&decoded).unwrap().price.get()
    };
    assert_eq!(price(&first), 30_000);
    assert!(built.iter().all(|it| price(it) == 90_000));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn the_cap_in_lamports_stands_above_a_price_of_ones_own() {
    let script = Script::new([
        accounts(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
    ]);
    let dear = Execution {
        fee_level: FeeLevel::parse("1000000000").ok(),
        deaths: 3,
        ..swap(DEEP)
    };

    let built = chain(&script).build(&dear).await.unwrap();

    let decoded = Decoded::read(&built.bytes, &[]).unwrap();
    let fee = Budget::of(&decoded).unwrap().fee().get();
    // The price is a whole number: less than one of its steps is left.
    assert!((999_999..=1_000_000).contains(&fee), "{fee}");
}

#[tokio::test(start_paused = true)]
async fn a_blockhash_is_built_on_for_a_few_slots() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
        blockhash(5_001),
    ]);
    let settings = Settings {
        blockhash_for: Duration::from_millis(100),
        ..settings()
    };
    let chain = quoted(&script, settings).await;

    let first = chain.build(&swap(DEEP)).await.unwrap();
    let second = chain.build(&swap(DEEP)).await.unwrap();
    tokio::time::advance(Duration::from_millis(60)).await;
    let third = chain.build(&swap(DEEP)).await.unwrap();

    let lives = [first, second, third].map(|it| it.last_valid_height.get());
    assert_eq!(lives, [5_032, 5_032, 5_033]);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn pools_that_were_quoted_from_too_long_ago_are_read_again() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        accounts(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
    ]);
    let chain = quoted(&script, settings()).await;
    tokio::time::advance(Duration::from_secs(2)).await;

    let built = chain.build(&swap(DEEP)).await;

    assert!(built.is_ok(), "{built:?}");
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn pools_from_before_the_quote_are_no_ground_to_build_on() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot_at(SLOT - 1, &[DEEP]),
        accounts(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
    ]);
    let chain = quoted(&script, settings()).await;

    let built = chain.build(&swap(DEEP)).await;

    assert!(built.is_ok(), "{built:?}");
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_no_longer_gives_enough_for_anything_is_not_built_for() {
    let empty = PoolOf {
        sol: 0,
        usdc: 0,
        ..DEEP
    };
    let script = Script::new([accounts(&[empty]), snapshot(&[empty])]);

    let error = chain(&script).build(&swap(empty)).await.unwrap_err();

    assert!(matches!(error, Error::Outdated(_)), "{error:?}");
    let expected = "the route cannot be taken any more: ";
    assert!(error.to_string().starts_with(expected), "{error}");
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_program_that_the_cluster_lacks_is_refused_for_good() {
    let script = Script::new([accounts(&[DEEP])]);
    let mut legs = vec![leg(DEEP, 1_000, 1)];
    legs[0].program = Program::Dlmm;

    let error = chain(&script).build(&execution(legs)).await.unwrap_err();

    assert!(matches!(error, Error::Refused(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_split_is_one_transaction_with_a_limit_for_each_leg() {
    let script = Script::new([
        accounts(&[SHALLOW, DEEP]),
        snapshot(&[SHALLOW, DEEP]),
        rent(),
        blockhash(5_000),
    ]);
    let legs = vec![
        leg(DEEP, 900_000_000, 135_000),
        leg(SHALLOW, 100_000_000, 15_000),
    ];

    let built = chain(&script).build(&execution(legs)).await.unwrap();

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
    let settings = Settings {
        programs: amm::Program::MAINNET.to_vec(),
        ..settings()
    };
    let pools = reader(&script, &settings);

    let error = chain_with(&script, pools, settings)
        .build(&execution(legs))
        .await
        .unwrap_err();

    let Error::Outdated(why) = error else {
        panic!("{error:?}")
    };
    assert!(why.contains(&DEEP.address.to_string()), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_leg_without_a_limit_is_refused_for_good() {
    let script = Script::new([
        accounts(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
    ]);

    let legs = vec![leg(DEEP, 1_000_000, 0)];
    let built = chain(&script).build(&execution(legs)).await;

    assert!(matches!(built, Err(Error::Refused(_))), "{built:?}");
}

#[tokio::test(start_paused = true)]
async fn the_orders_wallet_alone_pays_and_signs() {
    let script = Script::new([
        search(&[DEEP]),
        snapshot(&[DEEP]),
        rent(),
        blockhash(5_000),
        blockhash(5_000),
    ]);
    let second = Wallet::new(SigningKey::from_bytes(&[3; 32]));
    let address = second.address();
    let chain = quoted(&script, settings()).await;
    let chain = chain.also_signing(vec![Arc::new(second)]);
    let of = |wallet: Option<[u8; 32]>| swap(DEEP).paid_by(wallet.map(domain::Address::new));

    let unasked = chain.build(&of(None)).await.unwrap();
    let asked = chain.build(&of(Some(address.0))).await.unwrap();
    let missing = chain.build(&of(Some([9; 32]))).await;

    for (built, payer) in [(&unasked, wallet().address()), (&asked, address)] {
        let decoded = Decoded::read(&built.bytes, &[]).unwrap();
        assert_eq!(decoded.payer(), Some(payer));
        let own = own::address(payer, &own::seed(swap(DEEP).order_id, 2));
        assert_eq!(own::of(&decoded, payer), Some(own));
        let signature = built.bytes[1..65].try_into().unwrap();
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        let key = VerifyingKey::from_bytes(&payer.0).unwrap();
        key.verify(&built.bytes[65..], &signature).unwrap();
    }
    let Err(Error::Unavailable(why)) = missing else {
        panic!("{missing:?}");
    };
    assert!(why.contains("no key of the order's wallet"), "{why}");
    script.check_done();
}
