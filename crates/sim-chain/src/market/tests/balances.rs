//! Promises 3 to 5.

use amm::snapshot::Snapshot as _;

use super::*;
use crate::bank::{Mint, TokenAccount, TokenExtension, token_extensions};

/// What all accounts of a mint hold, withheld fees among it, and what the mint says there is.
fn totals(bank: &Bank) -> HashMap<Address, (u64, u64)> {
    let mut totals: HashMap<Address, (u64, u64)> = HashMap::new();
    for (key, account) in bank.accounts().iter() {
        if let Ok(mint) = Mint::read(&account.data)
            && (account.owner == crate::bank::address::TOKEN
                || account.owner == crate::bank::address::TOKEN_2022)
        {
            totals.entry(*key).or_default().1 = mint.supply;
        } else if let Ok(holding) = TokenAccount::read(&account.data) {
            let withheld = token_extensions(&account.data)
                .into_iter()
                .map(|it| match it {
                    TokenExtension::TransferFeeAmount(withheld) => withheld,
                    _ => 0,
                });
            let held = holding.amount + withheld.sum::<u64>();
            totals.entry(holding.mint).or_default().0 += held;
        }
    }
    totals
}

#[track_caller]
pub(super) fn check_totals(bank: &Bank) {
    let totals = totals(bank);
    assert!(totals.len() > 16, "only {} mints", totals.len());
    for (mint, (held, supply)) in totals {
        if mint != crate::bank::address::WRAPPED_SOL {
            assert_eq!(held, supply, "{mint}");
        }
    }
}

/// All lamports, and those that wrapped SOL stands for.
pub(super) fn lamports(bank: &Bank) -> u64 {
    bank.accounts()
        .iter()
        .map(|(_, account)| account.lamports)
        .sum()
}

#[track_caller]
fn check_wrapped(bank: &Bank) {
    for (key, account) in bank.accounts().iter() {
        if let Ok(holding) = TokenAccount::read(&account.data)
            && let Some(reserve) = holding.native
        {
            assert_eq!(account.lamports, reserve + holding.amount, "{key}");
        }
    }
}

#[test]
fn tokens_are_neither_made_nor_lost() {
    let mut world = World::new(5, Mode::Moving);
    check_totals(&world.bank);
    let mut fees = 0;
    let before = lamports(&world.bank);
    let pools: Vec<Address> = world.market.pools().collect();
    for _ in 0..4 {
        world.pass(211);
        for pool in &pools {
            let landed = world.touch(pool);
            fees += landed.iter().map(|it| it.outcome.fee).sum::<u64>();
        }
    }

    assert!(fees > 4 * 200 * 5_000, "hardly a trade: {fees}");
    check_totals(&world.bank);
    check_wrapped(&world.bank);
    assert_eq!(lamports(&world.bank), before - fees);
}

#[test]
fn every_pool_moves_when_any_of_its_accounts_is_looked_at() {
    let mut world = World::new(5, Mode::Moving);
    for listed in world.listed() {
        let accounts = reading::own_accounts(&world.bank, &listed.address).unwrap();
        assert!(accounts.len() >= 3);
        for account in accounts {
            let before = read_pool(&world.bank, &listed.address).unwrap();

            // It may happen that the price stands where it shall be.
            let landed = (0..3).map(|_| {
                world.pass(601);
                world.touch(&account).len()
            });

            assert!(landed.sum::<usize>() >= 1, "{account}");
            assert_ne!(read_pool(&world.bank, &listed.address).unwrap(), before);
        }
    }
}

#[test]
fn a_pool_is_looked_after_once_a_block() {
    let mut world = World::new(5, Mode::Moving);
    let pool = world.pool(|pool| matches!(pool, Pool::Cpmm(_)), ["SOL", "USDC"]);
    world.pass(50);

    assert_eq!(world.touch(&pool.address).len(), 1);
    assert_eq!(world.touch(&pool.address).len(), 0);
    world.pass(50);
    assert_eq!(world.touch(&pool.address).len(), 1);
}

#[test]
fn where_nobody_looks_nothing_happens() {
    let mut world = World::new(5, Mode::Moving);
    let pool = world.listed()[0].address;
    let strangers = [
        world.market.engine,
        world.market.payer.wallet,
        GENESIS.to_bytes().into(),
    ];
    let before = world
        .bank
        .accounts()
        .account(&to_amm(&pool))
        .unwrap()
        .data
        .to_vec();

    world.pass(500);
    let landed = world
        .market
        .touch(&mut world.bank, &strangers, world.height);

    assert!(landed.is_empty());
    assert_eq!(
        world.bank.accounts().account(&to_amm(&pool)).unwrap().data,
        before
    );
}

#[test]
fn a_still_market_never_trades() {
    let mut world = World::new(5, Mode::Still);
    let pools: Vec<Address> = world.market.pools().collect();

    world.pass(700);

    assert!(
        world
            .market
            .touch(&mut world.bank, &pools, world.height)
            .is_empty()
    );
}

/// A load of one side: 60 blocks, in each of which the same half a percent of a pool is sold to it.
#[test]
fn a_one_sided_load_neither_runs_a_pool_dry_nor_keeps_its_price_away() {
    for wanted in [
        |pool: &Pool| matches!(pool, Pool::Cpmm(_)),
        |pool: &Pool| matches!(pool, Pool::AmmV4(_)),
        |pool: &Pool| matches!(pool, Pool::DammV2(_)),
        |pool: &Pool| matches!(pool, Pool::Dlmm(_)),
    ] {
        let mut world = World::new(5, Mode::Moving);
        let pool = world.pool(wanted, ["SOL", "USDC"]);
        let mint_in = crate::bank::address::WRAPPED_SOL;
        let trade = Trade {
            pool: pool.address,
            mint_in,
            amount_in: 400_000_000_000,
        };
        let before = world.premium(&pool);
        for _ in 0..300 {
            world.pass(1);
            world.touch(&pool.address);
            world.market.trade(&mut world.bank, &trade).unwrap();
        }
        let pressed = change(before, world.premium(&pool));
        for _ in 0..12 {
            world.pass(1);
            world.touch(&pool.address);
        }
        let at_last = change(before, world.premium(&pool));

        assert!(pressed < ONE / 20, "pressed by {pressed}");
        // What is left is what the fair price itself has moved.
        assert!(at_last < ONE / 50, "still {at_last} away");
        check_totals(&world.bank);
    }
}

#[test]
fn somebody_elses_trade_is_seen_for_some_blocks_and_then_undone() {
    let mut world = World::new(5, Mode::Moving);
    let pool = world.pool(|pool| matches!(pool, Pool::DammV2(_)), ["BONK", "SOL"]);
    world.pass(1);
    world.touch(&pool.address);
    let before = world.premium(&pool);
    let trade = Trade {
        pool: pool.address,
        mint_in: crate::bank::address::WRAPPED_SOL,
        amount_in: 3_000_000_000_000,
    };

    world.market.trade(&mut world.bank, &trade).unwrap();

    let mut distances = vec![change(before, world.premium(&pool))];
    for _ in 0..12 {
        world.pass(1);
        world.touch(&pool.address);
        distances.push(change(before, world.premium(&pool)));
    }
    assert!(distances[0] > ONE / 40, "{distances:?}");
    assert!(distances[1] < distances[0] * 6 / 10, "{distances:?}");
    assert!(distances[2] > distances[0] / 8, "{distances:?}");
    assert!(distances[12] < ONE / 200, "{distances:?}");
}

#[test]
fn a_trade_of_what_a_pool_does_not_hold_says_so() {
    let mut world = World::new(5, Mode::Moving);
    let pool = world.pool(|pool| matches!(pool, Pool::Cpmm(_)), ["SOL", "USDC"]);
    let trade = |pool, mint_in| Trade {
        pool,
        mint_in,
        amount_in: 1_000,
    };

    let other_mint = world
        .market
        .trade(&mut world.bank, &trade(pool.address, pool.address));
    let no_pool = world.market.trade(
        &mut world.bank,
        &trade(GENESIS.to_bytes().into(), pool.address),
    );
    let mint = world
        .market
        .trade(&mut world.bank, &trade(pool.tokens.0.mint, pool.address));

    assert!(matches!(other_mint, Err(NotTraded::OtherMint(_))));
    assert!(matches!(
        no_pool,
        Err(NotTraded::NoPool(ReadError::Missing(_)))
    ));
    assert!(matches!(
        mint,
        Err(NotTraded::NoPool(ReadError::WrongOwner(_)))
    ));
}

#[test]
fn a_trade_of_more_than_there_can_be_fails_and_changes_nothing_but_the_fee() {
    let mut world = World::new(5, Mode::Still);
    for listed in world.listed().into_iter().step_by(20) {
        let before = read_pool(&world.bank, &listed.address).unwrap();
        for token in [listed.tokens.0, listed.tokens.1] {
            let trade = Trade {
                pool: listed.address,
                mint_in: token.mint,
                amount_in: u64::MAX,
            };

            let failed = world.market.trade(&mut world.bank, &trade);

            assert!(matches!(
                failed,
                Err(NotTraded::Failed(Failed::Transaction(_)))
            ));
            assert_eq!(read_pool(&world.bank, &listed.address).unwrap(), before);
        }
    }
    check_totals(&world.bank);
}

#[test]
fn the_engines_wallet_is_filled_up_where_it_has_little_left() {
    let mut world = World::new(5, Mode::Moving);
    let engine = world.market.engine_wallet();
    assert!(world.market.top_up(&mut world.bank).unwrap().is_empty());

    // It has spent nearly all of its SOL, of one token, and of the one with a transfer fee.
    let mut account = world.bank.accounts().get(&engine).unwrap().clone();
    account.lamports /= 11;
    world.bank.set_account(engine, account);
    let tokens = Token::listed();
    let spent = tokens
        .iter()
        .filter(|token| token.is_of_token_2022() || token.micro_usd == 25);
    for token in spent {
        let key = token.account_of(&engine);
        let mut account = world.bank.accounts().get(&key).unwrap().clone();
        let mut data = account.data.to_vec();
        data[64..72].copy_from_slice(&5_u64.to_le_bytes());
        account.data = data.into();
        world.bank.set_account(key, account);
    }
    let landed = world.market.top_up(&mut world.bank).unwrap();

    assert_eq!(landed.len(), 3);
    let full = Allowance::ENGINE.lamports;
    assert_eq!(lamports_of(&world.bank, engine), full);
    for token in tokens.iter().filter(|token| !token.is_wrapped_sol()) {
        let has = balance(&world.bank, &token.account_of(&engine));
        assert!(
            has > token.units_worth(9_900_000),
            "{has} of {}",
            token.mint
        );
    }
    assert!(world.market.top_up(&mut world.bank).unwrap().is_empty());
}

pub(super) fn lamports_of(bank: &Bank, key: Address) -> u64 {
    bank.accounts()
        .get(&key)
        .map_or(0, |account| account.lamports)
}

#[test]
fn a_market_opened_again_goes_on_where_the_chain_is() {
    let mut world = World::new(5, Mode::Moving);
    let pool = world.pool(|pool| matches!(pool, Pool::Dlmm(_)), ["SOL", "USDC"]);
    world.pass(40);
    world.touch(&pool.address);
    let before = world.bank.accounts().len();
    let state = read_pool(&world.bank, &pool.address).unwrap();

    let mut again = Market::open(&mut world.bank, &GENESIS, 5, Mode::Moving, world.height).unwrap();

    assert_eq!(world.bank.accounts().len(), before);
    assert_eq!(read_pool(&world.bank, &pool.address).unwrap(), state);
    world.pass(600);
    assert_eq!(
        again
            .touch(&mut world.bank, [&pool.address], world.height)
            .len(),
        1
    );
}

/// Compared with accounts that the associated-token program makes for somebody new.
#[test]
fn holdings_are_as_the_programs_make_them() {
    let mut world = World::new(5, Mode::Still);
    let stranger = Address::from([77; 32]);
    let market = world.market.payer.wallet;
    for token in Token::listed() {
        let asset = (token.mint, token.decimals);
        let nothing = world.market.payer.give(&mut world.bank, asset, stranger, 0);
        nothing.unwrap();
        let of = |wallet: &Address| {
            let account = world
                .bank
                .accounts()
                .get(&token.account_of(wallet))
                .unwrap();
            let mut data = account.data.to_vec();
            // Whose it is and how much.
            data[32..72].fill(0);
            data
        };

        assert_eq!(of(&stranger), of(&market), "{}", token.mint);
    }
}

#[test]
fn the_market_makes_what_it_lacks() {
    let mut world = World::new(5, Mode::Still);
    let market = world.market.payer.wallet;
    for (symbols, token) in [
        (["SOL", "USDC"], Token::SOL),
        (["JUP", "SOL"], Token::listed()[4]),
    ] {
        let pool = world.pool(|pool| matches!(pool, Pool::Cpmm(_)), symbols);
        let has = balance(&world.bank, &token.account_of(&market));
        let trade = Trade {
            pool: pool.address,
            mint_in: token.mint,
            amount_in: has + 12_345,
        };

        world.market.trade(&mut world.bank, &trade).unwrap();

        assert_eq!(balance(&world.bank, &token.account_of(&market)), 0);
        check_totals(&world.bank);
        check_wrapped(&world.bank);
    }
}
