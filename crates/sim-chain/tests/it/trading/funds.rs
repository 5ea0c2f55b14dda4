//! What the wallet must hold before a transaction is signed (FAILURES.md, case 25a2).

use chain_solana::keys::{Signer as _, Wallet};
use chain_solana::settings::{Settings, Simulating};
use domain::{Asset, BaseUnits, Mint};
use ports::transaction_builder::{Error, TransactionBuilder as _};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market::engine_key;
use solana_address::Address;
use solana_hash::Hash;

use super::stage::{Stage, settings};
use crate::instruction::transfer;
use crate::node::served::{SOL, key_of};
use crate::world::stage::sign;

/// A wallet of its own, with so many lamports of the engine's.
async fn wallet_of(lamports: u64) -> Stage {
    let wallet = Wallet::of_simulated_cluster(&Hash::new_from_array([9; 32]));
    let own = Address::new_from_array(wallet.address().0);
    let settings = Settings {
        checks_funds: true,
        simulating: Simulating::Off,
        ..settings()
    };
    let stage = Stage::of(wallet, settings);
    let key = engine_key(&GENESIS_HASH);
    let paid = transfer(key_of(&key), own, lamports);
    let signed = sign(&stage.world, &key, &[paid]);
    stage.world.cluster().send(&signed).unwrap();
    stage.pass_blocks().await;
    stage
}

#[tokio::test]
async fn of_ten_orders_for_the_price_of_five_five_land_and_the_others_say_what_is_missing() {
    let pair = (Asset::SOL, Asset::USDC);
    // Five orders, what the account of USDC costs, and less than a sixth.
    let stage = wallet_of(5 * SOL + SOL / 10).await;
    let (_, found) = stage.found(pair).await;

    let (mut landed, mut refused) = (0, Vec::new());
    for number in 0..10 {
        let sale = stage.sale(number, &found[0], pair, SOL);
        match stage.chain.build(&sale).await {
            Ok(built) => {
                assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));
                landed += 1;
            }
            Err(error) => refused.push(error),
        }
        stage.clock.advance(std::time::Duration::from_millis(400));
        stage.pass_blocks().await;
    }

    assert_eq!((landed, refused.len()), (5, 5));
    for error in refused {
        let Error::InsufficientFunds {
            mint, needed, held, ..
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!(mint, Mint::SOL);
        assert!(needed.get() > SOL, "{needed}");
        assert!(held.get() < SOL / 10, "{held}");
    }
    // One that fits goes on.
    let small = stage.sale(10, &found[0], pair, SOL / 100);
    let built = stage.chain.build(&small).await.unwrap();
    assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));
}

#[tokio::test]
async fn a_token_that_the_wallet_has_too_little_of_is_named() {
    let stage = wallet_of(SOL).await;
    let pair = (Asset::USDC, Asset::SOL);
    let (_, found) = stage.found(pair).await;

    let built = stage
        .chain
        .build(&stage.sale(1, &found[0], pair, 150_000_000))
        .await;

    let expected = Error::InsufficientFunds {
        mint: Asset::USDC.mint,
        needed: BaseUnits::new(150_000_000),
        held: BaseUnits::new(0),
        promised: BaseUnits::new(0),
    };
    assert_eq!(built.map(|it| it.signature), Err(expected));
}

/// The account for what is bought must be paid for where it is missing, and is not where it is there.
#[tokio::test]
async fn a_missing_account_is_part_of_what_is_needed() {
    let pair = (Asset::SOL, Asset::USDC);
    let needed = async |stage: &Stage, number| {
        let (_, found) = stage.found(pair).await;
        let sale = stage.sale(number, &found[0], pair, 100 * SOL);
        match stage.chain.build(&sale).await {
            Err(Error::InsufficientFunds { needed, .. }) => needed.get(),
            other => panic!("{other:?}"),
        }
    };
    let stage = wallet_of(SOL).await;
    let without = needed(&stage, 1).await;

    let (_, found) = stage.found(pair).await;
    let built = stage
        .chain
        .build(&stage.sale(2, &found[0], pair, SOL / 100))
        .await;
    assert_eq!(stage.land(&built.unwrap().bytes).await.outcome, Ok(()));
    stage.clock.advance(std::time::Duration::from_millis(400));
    stage.pass_blocks().await;
    let with = needed(&stage, 3).await;

    let rent = sim_chain::bank::Rent::default().minimum_balance(165);
    assert_eq!(without - with, rent);
}
