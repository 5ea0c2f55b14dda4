//! How an amount is divided between pools so that it sells for most, or costs least, by their exact quotes alone.
//!
//! What a pool pays for one unit more falls with every unit, and what it asks for one rises, so the best division is the
//! one from which no unit is better moved to another pool. It is looked for in three steps: which pools can help at all,
//! by their quote for a first part; which of them together, by a table of each pool's quotes in equal steps; and how much
//! each, by moving ever smaller amounts from one to another, down to single units.

use std::cmp::Reverse;

#[cfg(test)]
mod tests;

/// A pool helps where its quote for this part of the amount is better than the best pool's for the last such part.
const FIRST_PART: u64 = 256;
/// Below so many units quotes are too coarse to tell which pool helps.
const COARSE: u64 = 65_536;
/// Pools that are looked at together: those whose quotes for a first part are best.
const POOLS_MAX: usize = 8;
/// So many sets of pools are looked at closely where their quotes are coarse.
const COARSE_SETS: usize = 8;
/// Where so many quotes say what each pool has for every single unit, they are all asked for, and every move is tried:
/// rounding hides what lies between.
const KNOWN_MAX: usize = 3_072;
/// Steps of a table.
const STEPS: usize = 32;
/// Moves of one size between two pools, which the steps before it have brought close to their best.
const MOVES_MAX: u32 = 64;
/// So many units are tried either way at the end where not all are.
const LAST_UNITS: u64 = 8;
const BASIS_POINTS: u128 = 10_000;

/// What the amount is that is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// It is sold, for as much as can be.
    Sell,
    /// It is bought, for as little as can be.
    Buy,
}

impl Aim {
    /// The more, the better.
    fn worth(self, quote: u64) -> i128 {
        match self {
            Self::Sell => quote.into(),
            Self::Buy => -i128::from(quote),
        }
    }
}

/// A pool that can be asked for a quote.
pub trait Quotes {
    /// What it pays for so many units that are sold, or asks for so many that are bought; nothing where it cannot take
    /// or give so many.
    fn quote(&self, amount: u64) -> Option<u64>;
}

impl<F: Fn(u64) -> Option<u64>> Quotes for F {
    fn quote(&self, amount: u64) -> Option<u64> {
        self(amount)
    }
}

/// What a division must keep to.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub aim: Aim,
    /// Pools at most.
    pub parts_max: usize,
    /// What each further part costs, in units of the quotes.
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
    /// Its part of what is divided.
    pub amount: u64,
    /// What the pool pays or asks for that.
    pub quote: u64,
}

/// The best parts together, the largest first; nothing where no pools together take or give the amount.
#[must_use]
pub fn divide<Q: Quotes>(pools: &[Q], amount: u64, rules: Rules<'_>) -> Option<Vec<Part>> {
    let single = best_single(pools, amount, rules.aim);
    if rules.parts_max < 2 || pools.len() < 2 || amount < 2 {
        return single.map(|it| vec![it]);
    }
    let helping = helping(pools, amount, single, rules);
    if helping.len() < 2 {
        return single.map(|it| vec![it]);
    }
    match Known::of(pools, &helping, amount) {
        Some(known) => divide_between(&known, &helping, (amount, amount), single, rules),
        None => divide_between(pools, &helping, (amount, LAST_UNITS), single, rules),
    }
}

/// What is better, the best pool alone or some of these together; of those, moves of up to so many units are tried.
fn divide_between<Q: Quotes>(
    pools: &[Q],
    helping: &[usize],
    (amount, last_units): (u64, u64),
    single: Option<Part>,
    rules: Rules<'_>,
) -> Option<Vec<Part>> {
    let steps = Steps::of(amount);
    let tables = helping
        .iter()
        .map(|pool| (*pool, steps.table(&pools[*pool], rules.aim)));
    let tables: Vec<(usize, Table)> = tables.collect();
    let dividing = Dividing {
        pools,
        steps,
        last_units,
        rules,
    };
    let mut best = single.map(|it| vec![it]);
    for parts in 2..=rules.parts_max.min(tables.len()) {
        let begun = dividing.best_together(&tables, parts);
        let found = begun.into_iter().filter_map(|it| dividing.refined(it));
        let Some(mut found) = found.max_by_key(|parts| rules.worth(parts)) else {
            continue;
        };
        found.retain(|part| part.amount > 0);
        found.sort_by_key(|part| (Reverse(part.amount), part.pool));
        if is_worth(best.as_deref(), &found, rules) {
            best = Some(found);
        }
    }
    best
}

/// A pool's quotes for one unit, for two and so on.
struct Known(Vec<Option<u64>>);

impl Known {
    /// Of these pools, at their places, where they are not too many.
    fn of<Q: Quotes>(pools: &[Q], helping: &[usize], amount: u64) -> Option<Vec<Self>> {
        let units = usize::try_from(amount).ok()?;
        if units.checked_mul(helping.len())? > KNOWN_MAX {
            return None;
        }
        let of = |(place, pool): (usize, &Q)| match helping.contains(&place) {
            true => Self((1..=amount).map(|units| pool.quote(units)).collect()),
            false => Self(Vec::new()),
        };
        Some(pools.iter().enumerate().map(of).collect())
    }
}

impl Quotes for Known {
    fn quote(&self, amount: u64) -> Option<u64> {
        let place = usize::try_from(amount.checked_sub(1)?).ok()?;
        *self.0.get(place)?
    }
}

/// What parts pay or cost together.
#[must_use]
pub fn total(parts: &[Part]) -> u128 {
    parts.iter().map(|part| u128::from(part.quote)).sum()
}

fn best_single<Q: Quotes>(pools: &[Q], amount: u64, aim: Aim) -> Option<Part> {
    let all = pools.iter().enumerate();
    let all = all.filter_map(|(pool, it)| {
        Some(Part {
            pool,
            amount,
            quote: it.quote(amount)?,
        })
    });
    all.max_by_key(|it| (aim.worth(it.quote), Reverse(it.pool)))
}

impl Rules<'_> {
    fn worth(self, parts: &[Part]) -> i128 {
        parts.iter().map(|part| self.aim.worth(part.quote)).sum()
    }
}

/// Whether more parts gain what they cost. A pool that takes its part and gives nothing is no part, and what no amount
/// can hold is no sum.
fn is_worth(before: Option<&[Part]>, found: &[Part], rules: Rules<'_>) -> bool {
    if found.iter().any(|part| part.quote == 0) || u64::try_from(total(found)).is_err() {
        return false;
    }
    let Some(before) = before else {
        return true;
    };
    let more = u128::try_from(found.len().saturating_sub(before.len())).unwrap_or(u128::MAX);
    let Ok(gain) = u128::try_from(rules.worth(found) - rules.worth(before)) else {
        return false;
    };
    let gain_min = (total(before) * u128::from(rules.gain_min_bps)).div_ceil(BASIS_POINTS);
    let each = gain_min + u128::from(rules.part_cost);
    more > 0 && gain > 0 && gain >= more.saturating_mul(each)
}

/// The pools that may add to what the best one does, that one first.
fn helping<Q: Quotes>(
    pools: &[Q],
    amount: u64,
    single: Option<Part>,
    rules: Rules<'_>,
) -> Vec<usize> {
    let part = (amount / FIRST_PART).max(1);
    let first = |pool: usize| pools[pool].quote(part);
    let worth = |pool: usize| first(pool).map(|quote| rules.aim.worth(quote));
    let Some(single) = single else {
        return best_first(0..pools.len(), worth);
    };
    let others = (0..pools.len()).filter(|pool| *pool != single.pool);
    let mut others = best_first(others, worth);
    if amount >= COARSE && single.quote >= COARSE {
        let before = pools[single.pool].quote(amount - part).unwrap_or(0);
        let last = u128::from(single.quote.saturating_sub(before));
        let margin = BASIS_POINTS + u128::from(rules.gain_min_bps);
        others.retain(|pool| {
            let first = first(*pool).map(u128::from);
            first.is_some_and(|first| match rules.aim {
                Aim::Sell => first * BASIS_POINTS > last * margin,
                Aim::Buy => first * margin < last * BASIS_POINTS,
            })
        });
    }
    let all = [single.pool].into_iter().chain(others);
    all.take(POOLS_MAX).collect()
}

/// Those whose first part is worth most come first.
fn best_first(
    pools: impl Iterator<Item = usize>,
    worth: impl Fn(usize) -> Option<i128>,
) -> Vec<usize> {
    let mut pools: Vec<usize> = pools.collect();
    pools.sort_by_cached_key(|pool| (Reverse(worth(*pool)), *pool));
    pools.truncate(POOLS_MAX);
    pools
}

/// A pool's quotes for one step of the amount, for two and so on, as far as it has any.
struct Table {
    quotes: Vec<u64>,
    /// What each step is worth beyond those before it.
    gains: Vec<i128>,
}

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

    fn table<Q: Quotes>(self, pool: &Q, aim: Aim) -> Table {
        let quotes = (1..=self.count).map_while(|steps| pool.quote(self.so_many(steps)));
        let quotes: Vec<u64> = [0].into_iter().chain(quotes).collect();
        let worths = quotes.iter().map(|quote| aim.worth(*quote));
        Table {
            gains: worths
                .clone()
                .skip(1)
                .zip(worths)
                .map(|(next, it)| next - it)
                .collect(),
            quotes,
        }
    }
}

/// An amount that is being divided.
struct Dividing<'a, Q> {
    pools: &'a [Q],
    steps: Steps,
    /// Moves of up to so many units are tried at the end.
    last_units: u64,
    rules: Rules<'a>,
}

impl<Q: Quotes> Dividing<'_, Q> {
    /// So many pools that are best together by their tables, and how much each has: the best of all sets, or several
    /// where the tables are too coarse to tell.
    fn best_together(&self, tables: &[(usize, Table)], parts: usize) -> Vec<Vec<Part>> {
        let sets = 1_u32..(1 << tables.len());
        let sets = sets.filter(|set| usize::try_from(set.count_ones()) == Ok(parts));
        let filled = sets.filter_map(|set| {
            let chosen = tables.iter().enumerate();
            let chosen = chosen.filter(|(place, _)| set & (1 << place) != 0);
            let chosen: Vec<&(usize, Table)> = chosen.map(|(_, it)| it).collect();
            self.filled(&chosen)
        });
        let mut filled: Vec<Vec<Part>> = filled.collect();
        filled.sort_by_cached_key(|parts| Reverse(self.rules.worth(parts)));
        let fitting = filled.into_iter().filter(|parts| {
            let pools: Vec<usize> = parts.iter().map(|part| part.pool).collect();
            (self.rules.fits)(&pools)
        });
        let sets = if self.steps.amount < COARSE {
            COARSE_SETS
        } else {
            1
        };
        fitting.take(sets).collect()
    }

    /// Gives each step to the pool whose quote for it is best; nothing where these pools do not have all.
    fn filled(&self, tables: &[&(usize, Table)]) -> Option<Vec<Part>> {
        let mut taken = vec![0_usize; tables.len()];
        for _ in 0..self.steps.count {
            let gains = tables.iter().zip(&taken).enumerate();
            let gains = gains.filter_map(|(place, ((_, table), taken))| {
                Some((*table.gains.get(*taken)?, Reverse(place)))
            });
            let (_, Reverse(place)) = gains.max()?;
            taken[place] += 1;
        }
        let parts = tables.iter().zip(taken);
        let parts = parts.map(|((pool, table), taken)| Part {
            pool: *pool,
            amount: self.steps.so_many(taken),
            quote: table.quotes[taken],
        });
        Some(parts.collect())
    }

    /// The same parts, each as large as is best. What the steps have left over goes where it is worth most.
    fn refined(&self, mut parts: Vec<Part>) -> Option<Vec<Part>> {
        let rest = self.steps.amount - parts.iter().map(|part| part.amount).sum::<u64>();
        if rest > 0 {
            let larger = parts.iter().enumerate();
            let larger = larger.filter_map(|(place, part)| {
                let larger = self.with(*part, part.amount.checked_add(rest)?)?;
                let gain = self.rules.worth(&[larger]) - self.rules.worth(&[*part]);
                Some((gain, place, larger))
            });
            let (_, place, larger) =
                larger.max_by_key(|(gain, place, _)| (*gain, Reverse(*place)))?;
            parts[place] = larger;
        }
        let mut size = self.steps.size;
        while size > 0 {
            self.exchange(&mut parts, size);
            size /= 2;
        }
        for units in (1..=self.last_units).rev() {
            self.exchange(&mut parts, units);
        }
        Some(parts)
    }

    /// Moves so many units from one part to another for as long as that is better.
    fn exchange(&self, parts: &mut [Part], units: u64) {
        for from in 0..parts.len() {
            for to in (0..parts.len()).filter(|to| *to != from) {
                for _ in 0..MOVES_MAX {
                    let Some((less, more)) = self.moved((parts[from], parts[to]), units) else {
                        break;
                    };
                    (parts[from], parts[to]) = (less, more);
                }
            }
        }
    }

    /// Two parts after such a move, where it is better.
    fn moved(&self, (from, to): (Part, Part), units: u64) -> Option<(Part, Part)> {
        let less = self.with(from, from.amount.checked_sub(units)?)?;
        let more = self.with(to, to.amount.checked_add(units)?)?;
        (self.rules.worth(&[less, more]) > self.rules.worth(&[from, to])).then_some((less, more))
    }

    /// The part with another amount.
    fn with(&self, part: Part, amount: u64) -> Option<Part> {
        let quote = match amount {
            0 => 0,
            _ => self.pools[part.pool].quote(amount)?,
        };
        Some(Part {
            amount,
            quote,
            ..part
        })
    }
}
