//! What the wallet must hold before a transaction is signed (FAILURES.md, case 25a2).

use std::sync::Arc;

use async_trait::async_trait;
use chain_solana::keys::{Signer as _, Wallet};
use chain_solana::rpc::{Commitment, Signature, View};
use chain_solana::settings::{Settings, Simulating};
use dex_router::pools::FoundPool;
use domain::spending::{Purpose, WalletUse};
use domain::transaction::SignedTransaction;
use domain::{Asset, BaseUnits, Mint};
use ports::WalletUses;
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
    pay(&stage, own, lamports).await;
    stage
}

async fn pay(stage: &Stage, to: Address, lamports: u64) {
    let key = engine_key(&GENESIS_HASH);
    let paid = transfer(key_of(&key), to, lamports);
    let signed = sign(&stage.world, &key, &[paid]);
    stage.world.cluster().send(&signed).unwrap();
    stage.pass_blocks().await;
}

/// A look serves others for a while, and no order ends by what has come in since.
#[tokio::test]
async fn what_has_just_come_in_may_be_spent() {
    let pair = (Asset::SOL, Asset::USDC);
    let stage = wallet_of(SOL).await;
    let (_, found) = stage.found(pair).await;
    let before = sell(&stage, 1, &found[0], pair, 2 * SOL).await;
    assert!(matches!(before, Err(Error::InsufficientFunds { .. })));
    let wallet = Wallet::of_simulated_cluster(&Hash::new_from_array([9; 32]));

    let own = Address::new_from_array(wallet.address().0);
    pay(&stage, own, 3 * SOL).await;
    let after = sell(&stage, 2, &found[0], pair, 2 * SOL).await;

    assert!(after.is_ok(), "{after:?}");
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

/// What is counted of a wallet, as a store would say it.
#[derive(Debug)]
struct Counted(WalletUse);

#[async_trait]
impl WalletUses for Counted {
    async fn uses(&self, _: domain::Address, of: &[Purpose]) -> ports::Result<Vec<WalletUse>> {
        Ok(of.iter().map(|_| self.0.clone()).collect())
    }

    async fn newest_uses(&self, _: domain::Address) -> ports::Result<Vec<(Purpose, WalletUse)>> {
        Ok(Vec::new())
    }
}

/// A wallet with one SOL whose transactions are counted.
async fn counting(counted: WalletUse) -> Stage {
    let mut stage = wallet_of(SOL).await;
    stage.chain = stage.chain.counting_in(Arc::new(Counted(counted)));
    stage
}

async fn sell(
    stage: &Stage,
    number: u32,
    pool: &FoundPool,
    pair: (Asset, Asset),
    amount: u64,
) -> Result<SignedTransaction, Error> {
    stage
        .chain
        .build(&stage.sale(number, pool, pair, amount))
        .await
}

fn spent(built: &SignedTransaction, purpose: Purpose) -> (u64, u64) {
    let outlay = built.outlay.as_ref().expect("it is counted");
    let mut items = outlay.items.iter();
    let item = items.find(|item| item.purpose == purpose).unwrap();
    (item.spent.get(), item.live.get())
}

/// FAILURES.md, case 44: what is counted before is no less than what the ledger says afterwards, and where nothing
/// moves, the same.
#[tokio::test]
async fn a_transaction_says_what_it_may_take_and_takes_no_more() {
    let (sol, sale) = (Purpose::Token(Mint::SOL), SOL / 10);
    let pair = (Asset::SOL, Asset::USDC);
    let stage = counting(WalletUse::default()).await;
    let (_, found) = stage.found(pair).await;

    for (number, opens_account) in [(1, true), (2, false)] {
        let built = sell(&stage, number, &found[0], pair, sale);
        let built = built.await.unwrap();
        assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));
        let signature = Signature::try_from(&built.bytes[1..65]).unwrap();
        let told = stage.rpc.transaction(&signature, Commitment::Confirmed);
        let told = told.await.unwrap().expect("it landed");

        let rent = sim_chain::bank::Rent::default().minimum_balance(165);
        let stays = if opens_account { rent } else { 0 };
        let fee = told.meta.fee.get();
        assert_eq!(spent(&built, Purpose::Fees), (fee + stays, 0));
        // The deposit for wrapped SOL must be there too, and comes back.
        assert_eq!(spent(&built, sol), (sale, sale + fee + stays + rent));
        let outlay = built.outlay.unwrap();
        let wallet = Wallet::of_simulated_cluster(&Hash::new_from_array([9; 32]));
        assert_eq!(outlay.wallet.bytes(), &wallet.address().0);
        let means = outlay.items[0].means.expect("balances are judged");
        assert!(means.held.get() < SOL, "{means:?}");
        stage.clock.advance(std::time::Duration::from_millis(400));
        stage.pass_blocks().await;
    }
}

#[tokio::test]
async fn what_is_sold_of_a_token_keeps_lamports_free_for_its_fee() {
    let pair = (Asset::SOL, Asset::USDC);
    let stage = counting(WalletUse::default()).await;
    let (_, found) = stage.found(pair).await;
    let bought = sell(&stage, 1, &found[0], pair, SOL / 10);
    assert_eq!(
        stage.land(&bought.await.unwrap().bytes).await.outcome,
        Ok(())
    );
    stage.clock.advance(std::time::Duration::from_millis(400));
    stage.pass_blocks().await;

    let back = (Asset::USDC, Asset::SOL);
    let (_, found) = stage.found(back).await;
    let built = sell(&stage, 2, &found[0], back, 1_000_000);
    let built = built.await.unwrap();

    assert_eq!(
        spent(&built, Purpose::Token(Asset::USDC.mint)),
        (1_000_000, 1_000_000)
    );
    let (sold, live) = spent(&built, Purpose::Token(Mint::SOL));
    let (fee, _) = spent(&built, Purpose::Fees);
    let rent = sim_chain::bank::Rent::default().minimum_balance(165);
    assert_eq!((sold, live), (0, fee + rent));
}

#[tokio::test]
async fn what_others_may_still_spend_is_not_there() {
    let pair = (Asset::SOL, Asset::USDC);
    let stage = counting(WalletUse {
        live: u128::from(SOL / 2),
        ..WalletUse::default()
    })
    .await;
    let (_, found) = stage.found(pair).await;

    let fits = sell(&stage, 1, &found[0], pair, SOL * 4 / 10);
    assert!(fits.await.is_ok());
    let too_much = sell(&stage, 2, &found[0], pair, SOL * 6 / 10);

    let Err(Error::InsufficientFunds {
        needed,
        held,
        promised,
        ..
    }) = too_much.await
    else {
        panic!("it is refused");
    };
    assert!(needed < held, "{needed} of {held}");
    assert_eq!(promised, BaseUnits::new(SOL / 2));
}

/// A wallet with one SOL, of which a fill is told to be so many slots ahead of where the cluster stands.
async fn filled_ahead(slots: u64) -> Stage {
    let mut stage = wallet_of(SOL).await;
    let stands = stage.rpc.epoch_info(View::CONFIRMED).await.unwrap().slot;
    let counted = WalletUse {
        slot: stands.get() + slots,
        ..WalletUse::default()
    };
    stage.chain = stage.chain.counting_in(Arc::new(Counted(counted)));
    stage
}

/// FAILURES.md, case 33f.
#[tokio::test]
async fn a_fill_at_a_slot_that_nobody_comes_near_keeps_no_order_from_trading() {
    let pair = (Asset::SOL, Asset::USDC);
    for slots in [301, 1_000_000_000_000] {
        let stage = filled_ahead(slots).await;
        let (_, found) = stage.found(pair).await;

        let fits = sell(&stage, 1, &found[0], pair, SOL / 10).await;
        assert!(fits.is_ok(), "{fits:?}");
        let too_much = sell(&stage, 2, &found[0], pair, 2 * SOL).await;
        let is_refused = matches!(too_much, Err(Error::InsufficientFunds { .. }));
        assert!(is_refused, "{too_much:?}");
    }
}

#[tokio::test]
async fn a_node_that_has_not_seen_the_last_fill_does_not_say_what_the_wallet_holds() {
    let pair = (Asset::SOL, Asset::USDC);
    let stage = filled_ahead(299).await;
    let (_, found) = stage.found(pair).await;
    let passing = async {
        loop {
            stage.clock.advance(std::time::Duration::from_millis(10));
            tokio::task::yield_now().await;
        }
    };

    let built = tokio::select! {
        built = sell(&stage, 1, &found[0], pair, SOL / 10) => built,
        () = passing => unreachable!("it never ends"),
    };

    assert!(matches!(built, Err(Error::Unavailable(_))), "{built:?}");
}
