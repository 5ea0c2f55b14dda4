//! Promises 1 and 2, measured on what the pools' accounts say.

use super::*;

const BASIS_POINT: i64 = ONE / 10_000;
/// From a quote to its execution: three and a bit seconds, and the block being made.
const BLOCKS_TO_EXECUTION: u64 = 9;
const SEEDS: [u64; 3] = [1, 42, 20_261_128];

/// Pools of a pair beside each other: CPMM and DAMM v2 of every pair.
fn pairs(world: &World) -> Vec<(Listed, Listed)> {
    let listed = world.listed();
    let key = |pool: &Listed| {
        let (first, second) = (pool.tokens.0.mint, pool.tokens.1.mint);
        (first.min(second), first.max(second))
    };
    let of = |kind| move |pool: &&Listed| pool.kind == kind;
    let cpmm = listed.iter().filter(of(opening::Kind::Cpmm));
    cpmm.map(|one| {
        let mut other = listed.iter().filter(of(opening::Kind::DammV2));
        (*one, *other.find(|pool| key(pool) == key(one)).unwrap())
    })
    .collect()
}

/// Which basis points part the pools of every pair.
fn apart(world: &World) -> Vec<i64> {
    let mut apart: Vec<i64> = pairs(world)
        .iter()
        .map(|(one, other)| change(world.premium(one), world.premium(other)) / BASIS_POINT)
        .collect();
    apart.sort_unstable();
    apart
}

#[test]
fn pools_of_a_pair_differ_by_some_tenths_of_a_percent_from_the_first_block_on() {
    for seed in SEEDS {
        let world = World::new(seed, Mode::Still);

        let apart = apart(&world);

        let median = apart[apart.len() / 2];
        assert!((20..=150).contains(&median), "median {median}");
        let equal = apart.iter().filter(|it| **it < 10).count();
        assert!(equal * 5 < apart.len(), "{equal} of {}", apart.len());
    }
}

#[test]
fn pools_of_a_pair_differ_by_two_to_five_percent_at_times_and_never_by_more() {
    for seed in SEEDS {
        let mut world = World::new(seed, Mode::Moving);
        let (mut wide, mut count) = (0, 0);
        for _ in 0..6 {
            world.pass(601);
            for pool in world.market.pools().collect::<Vec<_>>() {
                world.touch(&pool);
            }
            for apart in apart(&world) {
                assert!(apart <= 500, "{apart} basis points");
                count += 1;
                wide += i32::from(apart >= 200);
            }
        }
        let percent = wide * 100 / count;
        assert!((3..50).contains(&percent), "{percent} %");
    }
}

#[test]
fn between_quote_and_execution_prices_move_a_few_basis_points() {
    for seed in SEEDS {
        let mut world = World::new(seed, Mode::Moving);
        // A few of each program.
        let listed = world.listed();
        let some = listed.iter().step_by(15).chain(listed.iter().rev().take(4));
        let some: Vec<Listed> = some.copied().collect();
        let mut moves = Vec::new();
        for _ in 0..40 {
            world.pass(97);
            for pool in &some {
                world.touch(&pool.address);
            }
            let quoted: Vec<i64> = some.iter().map(|pool| world.premium(pool)).collect();
            world.pass(BLOCKS_TO_EXECUTION);
            for (pool, quoted) in some.iter().zip(quoted) {
                world.touch(&pool.address);
                moves.push(change(quoted, world.premium(pool)));
            }
        }
        moves.sort_unstable();

        let (median, high) = (moves[moves.len() / 2], moves[moves.len() * 99 / 100]);
        // With a basis point for what is left of the gap and for rounding to bins.
        assert!(median <= 10 * BASIS_POINT, "median {median}");
        assert!(high <= 40 * BASIS_POINT, "99 % {high}");
        assert!(median > BASIS_POINT / 2, "nothing moved: {median}");
    }
}

#[test]
fn the_next_block_pays_less_about_as_often_as_not() {
    let mut world = World::new(3, Mode::Moving);
    let some: Vec<Listed> = world.listed().into_iter().step_by(13).collect();
    let (mut worse, mut moved) = (0, 0);
    for _ in 0..40 {
        world.pass(97);
        for pool in &some {
            world.touch(&pool.address);
        }
        let before: Vec<i64> = some.iter().map(|pool| world.premium(pool)).collect();
        world.pass(1);
        for (pool, before) in some.iter().zip(before) {
            world.touch(&pool.address);
            let now = world.premium(pool);
            moved += i32::from(now != before);
            worse += i32::from(now < before);
        }
    }

    assert!(moved > 500, "only {moved} moved");
    let percent = worse * 100 / moved;
    assert!((40..=60).contains(&percent), "{percent} %");
}

/// However a pool keeps its tokens, and whatever its program charges.
#[test]
fn a_pool_that_was_left_alone_is_brought_to_its_fair_price() {
    let mut world = World::new(8, Mode::Moving);
    for round in 1..4 {
        world.pass(1_000 * round);
        for pool in world.listed() {
            world.touch(&pool.address);
            let fair = ONE + movement::movement(8, &pool.address, world.height);
            let fair = if pool.tokens.0.mint > pool.tokens.1.mint {
                fair
            } else {
                ONE * ONE / fair
            };

            let away = change(fair, world.premium(&pool));

            let near = match pool.kind {
                opening::Kind::Dlmm(terms) => BASIS_POINT * i64::from(terms.bin_step()),
                _ => BASIS_POINT,
            };
            assert!(away <= near, "{:?}: {away}", pool.kind);
        }
    }
}
