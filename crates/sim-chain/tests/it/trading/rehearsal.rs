//! What is simulated before it is signed (FAILURES.md, case 25a1).

use std::collections::BTreeSet;
use std::time::Duration;

use chain_solana::message::Decoded;
use dex_router::pools::FoundPool;
use domain::transaction::SignedTransaction;
use domain::venue::Program;
use domain::{Asset, TokenList};
use ports::chain::Revert;
use ports::transaction_builder::{Error, TransactionBuilder as _};

use super::stage::{Lie, Stage};
use crate::node::served::SOL;

const PAIR: (Asset, Asset) = (Asset::SOL, Asset::USDC);

fn address(pool: &FoundPool) -> domain::Address {
    pool.pool.address.unwrap()
}

/// Each pool of each pair both ways: what its simulation pays is what was quoted, and then it lands.
#[tokio::test]
async fn every_kind_of_pool_pays_in_a_simulation_what_it_quotes_and_lands() {
    let stage = Stage::open();
    let tokens = TokenList::mainnet();
    let assets: Vec<Asset> = tokens.listings().iter().map(|it| it.asset).collect();
    let (mut kinds, mut number) = (BTreeSet::new(), 0);

    for (place, one) in assets.iter().enumerate() {
        for other in &assets[place + 1..] {
            for pair in [(*one, *other), (*other, *one)] {
                let (_, found) = stage.found(pair).await;
                for pool in &found {
                    number += 1;
                    let built = buildable(&stage, number, pool, pair).await;
                    assert_eq!(stage.liar.asked(), 1, "{pool:?}");
                    let report = stage.chain.report(&built).await.unwrap();
                    assert!(report.simulated_units.is_some());
                    kinds.insert((pool.pool.program, pair.0.is_native(), pair.1.is_native()));
                    let landed = stage.land(&built.bytes).await;
                    assert_eq!(landed.outcome, Ok(()), "{pool:?}");
                }
            }
        }
    }

    for program in Program::ALL {
        let of = |is_sold, is_bought| kinds.contains(&(program, is_sold, is_bought));
        assert!(of(true, false) && of(false, true), "{program}: {kinds:?}");
    }
}

/// A twentieth of one, or more of what that is nothing of.
async fn buildable(
    stage: &Stage,
    number: u32,
    pool: &FoundPool,
    pair: (Asset, Asset),
) -> SignedTransaction {
    let amount = 10_u64.pow(u32::from(pair.0.decimals)) / 20;
    let mut last = None;
    for amount in [amount, amount * 1_000, amount * 1_000_000] {
        match stage
            .chain
            .build(&stage.sale(number, pool, pair, amount))
            .await
        {
            Ok(built) => return built,
            Err(Error::Outdated(why)) if why.contains("would pay out nothing") => {
                last = Some(why);
            }
            Err(error) => panic!("{pool:?}: {error}"),
        }
    }
    panic!("{pool:?}: {last:?}");
}

/// A limit that follows from a simulation is a seventh above what it used.
#[tokio::test]
async fn the_limit_of_units_follows_from_the_simulation() {
    let stage = Stage::open();
    let (_, found) = stage.found(PAIR).await;

    for pool in &found {
        let sale = stage.sale(1, pool, PAIR, SOL);
        let built = stage.chain.build(&sale).await.unwrap();
        let used = stage
            .chain
            .report(&built)
            .await
            .unwrap()
            .simulated_units
            .unwrap();

        let decoded = Decoded::read(&built.bytes, &[]).unwrap();
        let limit = decoded.instructions[0].data[1..5].try_into().unwrap();
        let limit = u64::from(u32::from_le_bytes(limit));
        let spare = if pool.pool.program == Program::Dlmm {
            68_000
        } else {
            0
        };
        assert_eq!(limit, (used * 115).div_ceil(100) + spare, "{pool:?}");
    }
}

#[tokio::test]
async fn a_pool_that_moved_since_its_quote_is_quoted_anew() {
    let stage = Stage::open();
    let (_, found) = stage.found(PAIR).await;
    let pool = &found[0];
    stage.liar.lie([Lie::Traded(address(pool))]);

    let built = stage.chain.build(&stage.sale(1, pool, PAIR, SOL)).await;

    assert_eq!(stage.liar.asked(), 2);
    let landed = stage.land(&built.unwrap().bytes).await;
    assert_eq!(landed.outcome, Ok(()));
}

#[tokio::test]
async fn a_pool_that_moves_before_every_simulation_is_left_alone_for_a_moment() {
    let stage = Stage::open();
    let (_, found) = stage.found(PAIR).await;
    let pool = &found[0];
    stage.liar.lie([Lie::Traded(address(pool)); 8]);

    let built = stage.chain.build(&stage.sale(1, pool, PAIR, SOL)).await;

    assert!(
        matches!(built, Err(Error::QuoteMismatch { .. })),
        "{built:?}"
    );
    assert_eq!(stage.liar.asked(), 8);
    let (_, now) = stage.found(PAIR).await;
    assert!(now[0].state.is_err());
    stage.clock.advance(Duration::from_secs(10));
    stage.pass_blocks().await;
    let (_, later) = stage.found(PAIR).await;
    assert!(later[0].state.is_ok(), "{:?}", later[0].state);
}

#[tokio::test]
async fn an_order_that_allows_no_slippage_takes_no_moving_pool_from_others() {
    let stage = Stage::open();
    let (_, found) = stage.found(PAIR).await;
    let pool = &found[0];
    let mut sale = stage.sale(1, pool, PAIR, SOL);
    sale.legs[0].min_amount_out = domain::BaseUnits::new(u64::MAX);
    stage.liar.lie([Lie::Traded(address(pool)); 8]);

    let built = stage.chain.build(&sale).await;

    let expected = Err(Error::WouldFail(Revert::SlippageExceeded));
    assert_eq!(built.map(|it| it.signature), expected);
    let (_, now) = stage.found(PAIR).await;
    assert!(now[0].state.is_ok(), "{:?}", now[0].state);
}

#[tokio::test]
async fn a_program_that_pays_one_unit_less_than_quoted_is_not_traded_with_for_an_hour() {
    let stage = Stage::open();
    let (_, found) = stage.found(PAIR).await;
    let (wrong, right) = (&found[0], &found[1]);
    stage.liar.lie([Lie::Pays(address(wrong), -1); 3]);

    let built = stage.chain.build(&stage.sale(1, wrong, PAIR, SOL)).await;

    let Err(Error::QuoteMismatch { quoted, simulated }) = built else {
        panic!("{built:?}");
    };
    assert_eq!(quoted.get() - simulated.get(), 1);
    assert_eq!(stage.liar.asked(), 3);
    let (_, now) = stage.found(PAIR).await;
    let states = now.iter().map(|it| it.state.is_ok());
    let others = std::iter::repeat_n(true, found.len() - 1);
    assert!(states.eq(std::iter::once(false).chain(others)));
    let other = stage.chain.build(&stage.sale(2, right, PAIR, SOL)).await;
    assert!(other.is_ok(), "{other:?}");
    stage.clock.advance(Duration::from_secs(3_599));
    stage.pass_blocks().await;
    assert!(stage.found(PAIR).await.1[0].state.is_err());
    stage.clock.advance(Duration::from_secs(1));
    stage.pass_blocks().await;
    assert!(stage.found(PAIR).await.1[0].state.is_ok());
}

#[tokio::test]
async fn one_unit_more_is_a_rounding_and_two_are_not() {
    let stage = Stage::open();
    let (_, found) = stage.found(PAIR).await;
    let pool = &found[0];

    stage.liar.lie([Lie::Pays(address(pool), 1)]);
    let rounded = stage.chain.build(&stage.sale(1, pool, PAIR, SOL)).await;
    stage.liar.lie([Lie::Pays(address(pool), 2); 3]);
    let wrong = stage.chain.build(&stage.sale(2, pool, PAIR, SOL)).await;

    assert!(rounded.is_ok(), "{rounded:?}");
    assert!(
        matches!(wrong, Err(Error::QuoteMismatch { .. })),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn what_would_fail_is_not_signed() {
    let stage = Stage::open();
    let (_, found) = stage.found(PAIR).await;
    let mut sale = stage.sale(1, &found[0], PAIR, SOL);
    sale.legs[0].min_amount_out = domain::BaseUnits::new(u64::MAX);

    let built = stage.chain.build(&sale).await;

    let expected = Err(Error::WouldFail(Revert::SlippageExceeded));
    assert_eq!(built.map(|it| it.signature), expected);
    assert_eq!(stage.liar.asked(), 1);
}
