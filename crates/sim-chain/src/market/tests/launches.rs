//! Tokens that are born.

use domain::venue::Program;

use super::balances::{check_totals, lamports, lamports_of};
use super::*;
use crate::bank::address::WRAPPED_SOL;
use crate::bank::{Mint, TokenAccount};

const SOL: u64 = 1_000_000_000;

fn launch(program: Program) -> Launch {
    Launch {
        decimals: 6,
        program,
        liquidity_lamports: 85 * SOL,
        opens_at: 0,
        freeze_authority: false,
        mint_authority: false,
        held_percent: None,
        starting_fee: None,
        part: Part::Whole,
    }
}

#[test]
fn a_token_is_born_with_a_pool_of_any_program_and_can_be_bought_and_sold() {
    let mut world = World::new(5, Mode::Moving);
    for program in Program::ALL {
        let before = lamports(&world.bank);

        let born = world
            .market
            .launch(&mut world.bank, &launch(program))
            .unwrap();

        assert_eq!(lamports(&world.bank), before);
        check_totals(&world.bank);
        let pool = read_pool(&world.bank, &born.pool).unwrap();
        let mints = [pool.mints().0, pool.mints().1];
        assert!(mints.contains(&to_amm(&born.mint)) && mints.contains(&to_amm(&WRAPPED_SOL)));
        world.pass(1);
        for mint_in in [WRAPPED_SOL, born.mint] {
            let trade = Trade {
                pool: born.pool,
                mint_in,
                amount_in: SOL,
            };
            let before = read_pool(&world.bank, &born.pool).unwrap();
            world.market.trade(&mut world.bank, &trade).unwrap();
            let after = read_pool(&world.bank, &born.pool).unwrap();
            assert_ne!(before, after, "{program:?}");
        }
        check_totals(&world.bank);
        // Nobody knows what it should cost.
        world.pass(100);
        assert!(world.touch(&born.pool).is_empty());
    }
}

#[test]
fn a_pool_that_opens_later_refuses_until_then() {
    for program in Program::ALL {
        let mut world = World::new(5, Mode::Still);
        let now = u64::try_from(world.bank.environment().clock.unix_timestamp).unwrap();
        let later = Launch {
            opens_at: now + 40,
            ..launch(program)
        };
        let born = world.market.launch(&mut world.bank, &later).unwrap();
        let buy = Trade {
            pool: born.pool,
            mint_in: WRAPPED_SOL,
            amount_in: SOL,
        };

        world.pass(50);
        let early = world.market.trade(&mut world.bank, &buy);
        world.pass(60);
        let open = world.market.trade(&mut world.bank, &buy);

        assert!(
            matches!(early, Err(NotTraded::Failed(Failed::Transaction(_)))),
            "{program:?}"
        );
        assert!(open.is_ok(), "{program:?}");
    }
}

#[test]
fn a_token_has_the_decimals_and_the_freeze_authority_it_was_born_with() {
    let mut world = World::new(5, Mode::Still);
    for (decimals, freeze_authority) in [(0, false), (6, true), (9, false)] {
        let wanted = Launch {
            decimals,
            freeze_authority,
            ..launch(Program::Cpmm)
        };

        let born = world.market.launch(&mut world.bank, &wanted).unwrap();

        let data = &world.bank.accounts().get(&born.mint).unwrap().data;
        let mint = Mint::read(data).unwrap();
        assert_eq!(mint.decimals, decimals);
        assert_eq!(mint.freeze_authority.is_some(), freeze_authority);
        assert_eq!(mint.authority, None);
        assert_eq!(mint.supply, 1_000_000_000 * 10_u64.pow(decimals.into()));
    }
}

#[test]
fn two_tokens_born_in_one_block_are_two() {
    let mut world = World::new(5, Mode::Still);
    let mut born = || {
        world
            .market
            .launch(&mut world.bank, &launch(Program::Dlmm))
            .unwrap()
    };

    let (one, other) = (born(), born());

    assert_ne!(one.mint, other.mint);
    assert_ne!(one.pool, other.pool);
}

#[test]
fn what_no_token_could_have_is_refused() {
    let mut world = World::new(5, Mode::Still);
    let decimals = Launch {
        decimals: 10,
        ..launch(Program::Cpmm)
    };
    let nothing = Launch {
        liquidity_lamports: 0,
        ..launch(Program::DammV2)
    };
    let everything = Launch {
        liquidity_lamports: u64::MAX,
        ..launch(Program::AmmV4)
    };

    for (wanted, refusal) in [
        (decimals, NotLaunched::Decimals),
        (nothing, NotLaunched::Liquidity),
        (everything, NotLaunched::Liquidity),
    ] {
        assert_eq!(world.market.launch(&mut world.bank, &wanted), Err(refusal));
    }
}

#[test]
fn a_token_that_nobody_can_pay_for_is_not_born() {
    let mut world = World::new(5, Mode::Still);
    let wallet = world.market.payer.wallet;
    let mut account = world.bank.accounts().get(&wallet).unwrap().clone();
    account.lamports = 84 * SOL;
    world.bank.set_account(wallet, account);
    let count = world.bank.accounts().len();

    let born = world.market.launch(&mut world.bank, &launch(Program::Cpmm));

    assert_eq!(born, Err(NotLaunched::Wallet));
    assert_eq!(world.bank.accounts().len(), count);
    assert_eq!(lamports_of(&world.bank, wallet), 84 * SOL);
}

/// The least and the most that can be provided, with the fewest and the most decimals.
#[test]
fn pools_begin_at_any_price_that_can_be_asked_for() {
    for program in Program::ALL {
        for decimals in [0, DECIMALS_MAX] {
            for liquidity_lamports in [1_000_000, 1_000_000 * SOL] {
                let mut world = World::new(5, Mode::Still);
                let wanted = Launch {
                    decimals,
                    liquidity_lamports,
                    ..launch(program)
                };

                let born = world.market.launch(&mut world.bank, &wanted).unwrap();

                let pool = read_pool(&world.bank, &born.pool).unwrap();
                assert!(pool.price().is_ok());
                check_totals(&world.bank);
                let holding = Token::SOL.account_of(&world.market.payer.wallet);
                let holding = &world.bank.accounts().get(&holding).unwrap().data;
                assert!(TokenAccount::read(holding).unwrap().amount > 0);
            }
        }
    }
}

#[test]
fn a_starting_fee_falls_to_the_usual_one_and_is_dammv2s_alone() {
    let mut world = World::new(5, Mode::Still);
    let wanted = Launch {
        starting_fee: Some(StartingFee {
            bps: 5_000,
            falls_for_seconds: 20,
        }),
        ..launch(Program::DammV2)
    };
    let born = world.market.launch(&mut world.bank, &wanted).unwrap();
    let fee_ppm = |world: &World| {
        let pool = read_pool(&world.bank, &born.pool).unwrap();
        let at = conditions(&world.bank, &pool, Direction::SecondToFirst);
        pool.quote_in(SOL, &at).unwrap().fee_ppm().unwrap()
    };
    // It was opened long ago by the chain's clock, so that all of it has fallen.
    assert!((2_990..=3_010).contains(&fee_ppm(&world)));
    let now = u64::try_from(world.bank.environment().clock.unix_timestamp).unwrap();
    let wanted = Launch {
        opens_at: now,
        ..wanted
    };
    let born = world.market.launch(&mut world.bank, &wanted).unwrap();
    let fee_ppm = |world: &World| {
        let pool = read_pool(&world.bank, &born.pool).unwrap();
        let at = conditions(&world.bank, &pool, Direction::SecondToFirst);
        pool.quote_in(SOL, &at).unwrap().fee_ppm().unwrap()
    };

    let first = fee_ppm(&world);
    world.pass(25);
    let later = fee_ppm(&world);
    world.pass(50);
    let last = fee_ppm(&world);

    assert!((499_000..=501_000).contains(&first), "{first}");
    assert!(first > later && later > last, "{first} {later} {last}");
    assert!((2_990..=3_010).contains(&last), "{last}");
    for (program, bps) in [
        (Program::Cpmm, 5_000),
        (Program::DammV2, 30),
        (Program::DammV2, 9_901),
    ] {
        let wanted = Launch {
            starting_fee: Some(StartingFee {
                bps,
                falls_for_seconds: 20,
            }),
            ..launch(program)
        };
        let refused = world.market.launch(&mut world.bank, &wanted);
        assert_eq!(refused, Err(NotLaunched::StartingFee));
    }
}

#[test]
fn who_keeps_most_of_a_token_can_drain_its_pool() {
    // A sale takes a few of a DLMM pair's bin arrays along.
    for program in [Program::Cpmm, Program::AmmV4, Program::DammV2] {
        let mut world = World::new(5, Mode::Still);
        let wanted = Launch {
            held_percent: Some(99),
            mint_authority: true,
            ..launch(program)
        };
        let born = world.market.launch(&mut world.bank, &wanted).unwrap();
        let data = &world.bank.accounts().get(&born.mint).unwrap().data;
        assert!(Mint::read(data).unwrap().authority.is_some());
        let supply = 1_000_000_000 * 10_u64.pow(6);
        let of_pool = |world: &World| {
            let pool = read_pool(&world.bank, &born.pool).unwrap();
            let at = conditions(&world.bank, &pool, direction_of(&pool, &WRAPPED_SOL));
            pool.quote_in(SOL, &at).unwrap().amount_out
        };
        let before = of_pool(&world);

        let sale = Trade {
            pool: born.pool,
            mint_in: born.mint,
            amount_in: supply / 100 * 99,
        };
        world.market.trade(&mut world.bank, &sale).unwrap();

        // One SOL buys many times what it bought: hardly any other SOL is left there.
        let after = of_pool(&world);
        assert!(after > before * 20, "{program:?}: {before} {after}");
    }
    let mut world = World::new(5, Mode::Still);
    let greedy = Launch {
        held_percent: Some(100),
        ..launch(Program::Cpmm)
    };
    let refused = world.market.launch(&mut world.bank, &greedy);
    assert_eq!(refused, Err(NotLaunched::Held));
}

fn direction_of(pool: &amm::Pool, mint_in: &Address) -> Direction {
    match pool.mints().0 == to_amm(mint_in) {
        true => Direction::FirstToSecond,
        false => Direction::SecondToFirst,
    }
}

#[test]
fn a_token_may_be_born_before_its_pool() {
    for program in Program::ALL {
        let mut world = World::new(5, Mode::Moving);
        let before = lamports(&world.bank);
        let alone = Launch {
            part: Part::Mint,
            liquidity_lamports: 0,
            freeze_authority: true,
            decimals: 4,
            ..launch(program)
        };

        let born = world.market.launch(&mut world.bank, &alone).unwrap();
        world.pass(1);

        assert!(read_pool(&world.bank, &born.pool).is_err());
        let pool_of = Launch {
            part: Part::PoolOf(born.mint),
            ..launch(program)
        };
        let opened = world.market.launch(&mut world.bank, &pool_of).unwrap();
        assert_eq!(opened, born);
        assert!(read_pool(&world.bank, &born.pool).is_ok());
        let data = &world.bank.accounts().get(&born.mint).unwrap().data;
        let mint = Mint::read(data).unwrap();
        // A DLMM pair takes no fractions of its bins.
        let missing = 1_000_000_000 * 10_u64.pow(4) - mint.supply;
        assert!(missing < 1_000, "{missing}");
        assert!(mint.freeze_authority.is_some());
        assert_eq!(lamports(&world.bank), before);
        check_totals(&world.bank);
        for mint in [born.mint, WRAPPED_SOL, Address::from([9; 32])] {
            let again = Launch {
                part: Part::PoolOf(mint),
                ..launch(program)
            };
            let refused = world.market.launch(&mut world.bank, &again);
            assert_eq!(refused, Err(NotLaunched::Mint));
        }
    }
}
