//! How an amount is divided between pools so that it pays most, by their exact quotes alone.
//!
//! What a pool pays for one unit more falls with every unit, so the best division is the one from which no unit is
//! better moved to another pool. It is looked for in three steps: which pools can help at all, by what each pays for a
//! first part; which of them together, by a table of each pool's quotes in equal steps; and how much each, by moving
//! ever smaller amounts from one to another, down to single units.

use std::cmp::Reverse;

#[cfg(test)]
mod tests;

/// A pool helps where it pays more for this part of the amount than the best pool does for the last such part.
const FIRST_PART: u64 = 256;
/// Below so many units quotes are too coarse to tell which pool helps.
const COARSE: u64 = 65_536;
/// Pools that are looked at together: those that pay most for a first part.
const POOLS_MAX: usize = 8;
/// So many sets of pools are looked at closely where their quotes are coarse.
const COARSE_SETS: usize = 8;
/// Up to so many units every division between two pools is tried.
const TRIED_MAX: u64 = 4_096;
/// Steps of a table.
const STEPS: usize = 32;
/// Moves of one size between two pools, which the steps before it have brought close to their best.
const MOVES_MAX: u32 = 64;
/// Rounding hides a gain from single moves: at the end so many units are tried either way.
const LAST_UNITS: u64 = 8;
const BASIS_POINTS: u128 = 10_000;

/// A pool that can be asked for a quote.
pub trait Pays {
    /// What it pays for so many units; nothing where it cannot take so many.
    fn pays(&self, amount_in: u64) -> Option<u64>;
}

impl<F: Fn(u64) -> Option<u64>> Pays for F {
    fn pays(&self, amount_in: u64) -> Option<u64> {
        self(amount_in)
    }
}

/// What a division must keep to.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Pools at most.
    pub parts_max: usize,
    /// What each further part costs, in units of what is received.
    pub part_cost: u64,
    /// What each further part must gain beyond that, in hundredths of a percent.
    pub gain_min_bps: u16,
    /// Whether these pools can be used together.
    pub fits: &'a dyn Fn(&[usize]) -> bool,
}

impl std::fmt::Debug for Rules<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rules")
    }
}

/// What goes through one pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its place among the pools.
    pub pool: usize,
    pub amount_in: u64,
    pub amount_out: u64,
}

/// The parts that together pay most, the largest first; nothing where no pools together take the amount.
#[must_use]
pub fn divide<P: Pays>(pools: &[P], amount: u64, rules: Rules<'_>) -> Option<Vec<Part>> {
    let single = best_single(pools, amount);
    if rules.parts_max < 2 || pools.len() < 2 || amount < 2 {
        return single.map(|it| vec![it]);
    }
    let helping = helping(pools, amount, single, rules);
    if helping.len() < 2 {
        return single.map(|it| vec![it]);
    }
    let steps = Steps::of(amount);
    let tables = helping
        .iter()
        .map(|pool| (*pool, steps.table(&pools[*pool])));
    let tables: Vec<(usize, Table)> = tables.collect();
    let mut best = single.map(|it| vec![it]);
    for parts in 2..=rules.parts_max.min(tables.len()) {
        let begun = best_together(&tables, steps, parts, rules);
        let found = begun.into_iter().filter_map(|it| refined(pools, it, steps));
        let Some(mut found) = found.max_by_key(|parts| paid(parts)) else {
            continue;
        };
        found.retain(|part| part.amount_in > 0);
        found.sort_by_key(|part| (Reverse(part.amount_in), part.pool));
        if is_worth(best.as_deref(), &found, rules) {
            best = Some(found);
        }
    }
    best
}

/// What parts pay together.
#[must_use]
pub fn paid(parts: &[Part]) -> u128 {
    parts.iter().map(|part| u128::from(part.amount_out)).sum()
}

fn best_single<P: Pays>(pools: &[P], amount: u64) -> Option<Part> {
    let all = pools.iter().enumerate();
    let all = all.filter_map(|(pool, it)| {
        Some(Part {
            pool,
            amount_in: amount,
            amount_out: it.pays(amount)?,
        })
    });
    all.max_by_key(|it| (it.amount_out, Reverse(it.pool)))
}

/// Whether more parts pay for themselves. A pool that takes its part and gives nothing is no part.
fn is_worth(before: Option<&[Part]>, found: &[Part], rules: Rules<'_>) -> bool {
    if found.iter().any(|part| part.amount_out == 0) {
        return false;
    }
    let Some(before) = before else {
        return true;
    };
    let more = u128::try_from(found.len().saturating_sub(before.len())).unwrap_or(u128::MAX);
    let (had, has) = (paid(before), paid(found));
    let gain_min = (had * u128::from(rules.gain_min_bps)).div_ceil(BASIS_POINTS);
    let each = gain_min + u128::from(rules.part_cost);
    more > 0 && has > had && has - had >= more.saturating_mul(each)
}

/// The pools that may add to what the best one pays, that one first.
fn helping<P: Pays>(
    pools: &[P],
    amount: u64,
    single: Option<Part>,
    rules: Rules<'_>,
) -> Vec<usize> {
    let part = (amount / FIRST_PART).max(1);
    let first = |pool: usize| pools[pool].pays(part).unwrap_or(0);
    let Some(single) = single else {
        return by_first_part(0..pools.len(), first);
    };
    let others = (0..pools.len()).filter(|pool| *pool != single.pool);
    let others = if amount < COARSE || single.amount_out < COARSE {
        by_first_part(others, first)
    } else {
        let before = pools[single.pool].pays(amount - part).unwrap_or(0);
        let last = u128::from(single.amount_out.saturating_sub(before));
        let least = last * (BASIS_POINTS + u128::from(rules.gain_min_bps));
        let mut better = by_first_part(others, first);
        better.retain(|pool| u128::from(first(*pool)) * BASIS_POINTS > least);
        better
    };
    let all = [single.pool].into_iter().chain(others);
    all.take(POOLS_MAX).collect()
}

/// Those that pay most for a first part come first.
fn by_first_part(pools: impl Iterator<Item = usize>, first: impl Fn(usize) -> u64) -> Vec<usize> {
    let mut pools: Vec<usize> = pools.collect();
    pools.sort_by_cached_key(|pool| (Reverse(first(*pool)), *pool));
    pools.truncate(POOLS_MAX);
    pools
}

/// What a pool pays for one step of the amount, for two and so on, as far as it takes them.
struct Table(Vec<u64>);

/// The amount in equal steps, but for a rest.
#[derive(Clone, Copy)]
struct Steps {
    amount: u64,
    size: u64,
    count: usize,
}

impl Steps {
    fn of(amount: u64) -> Self {
        let count = usize::try_from(amount).map_or(STEPS, |amount| amount.min(STEPS));
        let size = u64::try_from(count).map_or(amount, |count| amount / count.max(1));
        Self {
            amount,
            size,
            count,
        }
    }

    fn so_many(self, steps: usize) -> u64 {
        u64::try_from(steps).map_or(self.amount, |steps| self.size.saturating_mul(steps))
    }

    fn table<P: Pays>(self, pool: &P) -> Table {
        let quotes = (1..=self.count).map_while(|steps| pool.pays(self.so_many(steps)));
        Table([0].into_iter().chain(quotes).collect())
    }
}

/// So many pools that together pay most by their tables, and how much each takes: the best of all sets, or several
/// where the tables are too coarse to tell.
fn best_together(
    tables: &[(usize, Table)],
    steps: Steps,
    parts: usize,
    rules: Rules<'_>,
) -> Vec<Vec<Part>> {
    let sets = 1_u32..(1 << tables.len());
    let sets = sets.filter(|set| usize::try_from(set.count_ones()) == Ok(parts));
    let filled = sets.filter_map(|set| {
        let chosen = tables.iter().enumerate();
        let chosen = chosen.filter(|(place, _)| set & (1 << place) != 0);
        let chosen: Vec<&(usize, Table)> = chosen.map(|(_, it)| it).collect();
        filled(&chosen, steps)
    });
    let mut filled: Vec<Vec<Part>> = filled.collect();
    filled.sort_by_cached_key(|parts| Reverse(paid(parts)));
    let fitting = filled.into_iter().filter(|parts| {
        let pools: Vec<usize> = parts.iter().map(|part| part.pool).collect();
        (rules.fits)(&pools)
    });
    let sets = if steps.amount < COARSE {
        COARSE_SETS
    } else {
        1
    };
    fitting.take(sets).collect()
}

/// Gives each step to the pool that pays most for it; nothing where these pools do not take all.
fn filled(tables: &[&(usize, Table)], steps: Steps) -> Option<Vec<Part>> {
    let mut taken = vec![0_usize; tables.len()];
    for _ in 0..steps.count {
        let gains = tables.iter().zip(&taken).enumerate();
        let gains = gains.filter_map(|(place, ((_, Table(quotes)), taken))| {
            let more = quotes.get(taken + 1)?.saturating_sub(quotes[*taken]);
            Some((more, Reverse(place)))
        });
        let (_, Reverse(place)) = gains.max()?;
        taken[place] += 1;
    }
    let parts = tables.iter().zip(taken);
    let parts = parts.map(|((pool, Table(quotes)), taken)| Part {
        pool: *pool,
        amount_in: steps.so_many(taken),
        amount_out: quotes[taken],
    });
    Some(parts.collect())
}

/// The same parts, each as large as pays most. What the steps have left over goes where it pays most.
fn refined<P: Pays>(pools: &[P], mut parts: Vec<Part>, steps: Steps) -> Option<Vec<Part>> {
    let rest = steps.amount - parts.iter().map(|part| part.amount_in).sum::<u64>();
    if rest > 0 {
        let larger = parts.iter().enumerate();
        let larger = larger.filter_map(|(place, part)| {
            let larger = with(pools, *part, part.amount_in.checked_add(rest)?)?;
            Some((
                larger.amount_out.saturating_sub(part.amount_out),
                place,
                larger,
            ))
        });
        let (_, place, larger) = larger.max_by_key(|(gain, place, _)| (*gain, Reverse(*place)))?;
        parts[place] = larger;
    }
    let mut size = steps.size;
    while size > 0 {
        exchange(pools, &mut parts, size);
        size /= 2;
    }
    let last_units = match steps.amount {
        few @ ..=TRIED_MAX => few,
        _ => LAST_UNITS,
    };
    for units in (1..=last_units).rev() {
        exchange(pools, &mut parts, units);
    }
    Some(parts)
}

/// Moves so many units from one part to another for as long as that pays more.
fn exchange<P: Pays>(pools: &[P], parts: &mut [Part], units: u64) {
    for from in 0..parts.len() {
        for to in (0..parts.len()).filter(|to| *to != from) {
            for _ in 0..MOVES_MAX {
                let Some((less, more)) = moved(pools, (parts[from], parts[to]), units) else {
                    break;
                };
                (parts[from], parts[to]) = (less, more);
            }
        }
    }
}

/// Two parts after such a move, where it pays more.
fn moved<P: Pays>(pools: &[P], (from, to): (Part, Part), units: u64) -> Option<(Part, Part)> {
    let less = with(pools, from, from.amount_in.checked_sub(units)?)?;
    let more = with(pools, to, to.amount_in.checked_add(units)?)?;
    (paid(&[less, more]) > paid(&[from, to])).then_some((less, more))
}

/// The part with another amount.
fn with<P: Pays>(pools: &[P], part: Part, amount_in: u64) -> Option<Part> {
    let amount_out = match amount_in {
        0 => 0,
        _ => pools[part.pool].pays(amount_in)?,
    };
    Some(Part {
        amount_in,
        amount_out,
        ..part
    })
}
