//! How late orders fire: some are put near the price of each pair that moves, and then somebody trades with one pair after
//! the other. The store is asked for all of them at once; those that have not fired are named, with what it says of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use load::call;
use load::latency::figure;
use load::progress::Progress;
use load::report::Report;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{MOVING, ONE, POOL_SOL, SLOT, Token, WAITING, billionths, decimal, price, psql, trade};
use crate::scale_out::SCALE_OUT;

/// Rounds in which each moving pair fires so many orders.
const ROUNDS: usize = 10;
const NEAR: u64 = 5;
/// Workers hear of an order within this time.
const HEARD: Duration = Duration::from_secs(4);
/// How long the last ones may take.
const FIRED_LIMIT: Duration = Duration::from_secs(30);
/// Orders that have not fired of which it is said what the store has.
const NAMED_MAX: usize = 20;

/// An order that is to fire.
#[derive(Debug)]
struct Put {
    /// When the trade was sent that makes its condition hold.
    changed_at: u64,
    mint: String,
    trigger: String,
}

/// What the store says of an order's first firing, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Fired {
    /// When the worker was about to write it.
    seen_at: u64,
    /// When the order's first step after it was stored, by the store's clock; the firing was stored before. Nothing while
    /// there is none.
    stepped_at: Option<u64>,
}

/// All rounds, and what came of them.
pub(super) async fn run(
    report: &mut Report,
    progress: &Progress,
    (gateway, postgres): (SocketAddr, u16),
    tokens: &[Token],
    orders: u64,
) -> Result<()> {
    let mut all = BTreeMap::new();
    for round in 0..ROUNDS {
        all.extend(one_round(gateway, tokens).await?);
        let fired = fired(postgres, &all).await?;
        let text = format!(
            "round {} of {ROUNDS}: {} of {} have fired",
            round + 1,
            fired.len(),
            all.len()
        );
        progress.say(&text);
    }
    let began = Instant::now();
    let mut fired = fired(postgres, &all).await?;
    let is_done = |fired: &BTreeMap<String, Fired>| {
        fired.len() == all.len() && fired.values().all(|it| it.stepped_at.is_some())
    };
    while !is_done(&fired) && began.elapsed() < FIRED_LIMIT {
        sleep(SLOT).await;
        fired = self::fired(postgres, &all).await?;
    }
    let late = |at: fn(&Fired) -> Option<u64>| {
        let each = fired.iter().filter_map(|(id, it)| {
            let changed_at = all.get(id)?.changed_at;
            Some(at(it)?.saturating_sub(changed_at))
        });
        let mut late: Vec<u64> = each.collect();
        late.sort_unstable();
        late
    };
    let seen = late(|it| Some(it.seen_at));
    let stepped = late(|it| it.stepped_at);
    for (what, late) in [("firing", seen), ("first step", stepped)] {
        for (name, permille) in [("p50", 500), ("p90", 900), ("p99", 990), ("most", 1_000)] {
            let Some(last) = late.len().checked_sub(1) else {
                continue;
            };
            let value = late[(last * permille).div_ceil(1_000)];
            let what = format!("change to {what}, {name}, {orders} orders");
            progress.say(&format!("{what}: {value} ms"));
            report.add(SCALE_OUT, WAITING, what, figure(value), "ms");
        }
    }
    let missing: Vec<_> = all
        .iter()
        .filter(|(id, _)| !fired.contains_key(*id))
        .collect();
    report.add(
        SCALE_OUT,
        WAITING,
        format!("did not fire, {orders} orders"),
        figure(u64::try_from(missing.len())?),
        "orders",
    );
    for (id, put) in missing.into_iter().take(NAMED_MAX) {
        let told = what_is_stored(postgres, id).await?;
        // A price that nobody tells is no reason to keep silent about the rest.
        let now = match price(gateway, &Token::of(&put.mint)).await {
            Ok(now) => decimal(now),
            Err(error) => error.to_string(),
        };
        let Put {
            mint,
            trigger,
            changed_at,
        } = put;
        progress.say(&format!(
            "{id} did not fire: token {mint}, trigger {trigger}, price now {now}, changed at {changed_at}; stored: {told}"
        ));
    }
    Ok(())
}

/// Puts orders near the price of each moving pair, then moves one pair after the other.
async fn one_round(gateway: SocketAddr, tokens: &[Token]) -> Result<Vec<(String, Put)>> {
    let mut near = Vec::new();
    for token in tokens.iter().take(MOVING) {
        let now = price(gateway, token).await?;
        // A sale of 0.6 % of the pool moves the price by twice as much.
        let trigger = decimal(now * 1_005 / 1_000);
        let mut ids = Vec::new();
        for number in 0..NEAR {
            let amount = decimal(ONE / 1_000 * (1 + u128::from(number)));
            let mint = &token.mint;
            let body = format!(
                r#"{{"tokenIn":"SOL","tokenOut":"{mint}","amount":"{amount}","orderType":"take_profit","triggerPrice":"{trigger}"}}"#
            );
            let answer = call::post(gateway, "/api/orders/execute", &body).await?;
            let answer: Value = serde_json::from_str(&answer)?;
            let id = answer["orderId"].as_str().context("no orderId")?;
            ids.push(id.to_owned());
        }
        near.push((token, now, trigger, ids));
    }
    sleep(HEARD).await;
    let mut put = Vec::new();
    for (token, now, trigger, ids) in near {
        let held = now * billionths(POOL_SOL)? / ONE;
        let sold = decimal(held * 6 / 1_000);
        let changed_at = now_ms()?;
        trade(gateway, &token.pool, &token.mint, &sold).await?;
        let of_id = |id| {
            let (mint, trigger) = (token.mint.clone(), trigger.clone());
            let put = Put {
                changed_at,
                mint,
                trigger,
            };
            (id, put)
        };
        put.extend(ids.into_iter().map(of_id));
        // So that changes come at all moments of a slot.
        sleep(SLOT * 13 / 30).await;
    }
    Ok(put)
}

/// The time that PostgreSQL on this machine tells too.
#[expect(
    clippy::disallowed_methods,
    reason = "the time of a change is compared with the store's"
)]
fn now_ms() -> Result<u64> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(since_1970.as_millis())?)
}

/// Those that have fired, in one query. What an order that went back fires later does not count.
async fn fired(postgres: u16, all: &BTreeMap<String, Put>) -> Result<BTreeMap<String, Fired>> {
    let list: Vec<&str> = all.keys().map(String::as_str).collect();
    let asked = format!(
        "select o.id, coalesce(t.seen_at, o.firing::json #>> '{{seen,at}}'), e.at
         from orders o
         left join order_events e on e.order_id = o.id and e.seq = 1
         left join lateral (
             select e.data::json #>> '{{seen,at}}' as seen_at from order_events e
             where e.order_id = o.id and e.data::json ->> 'type' = 'triggered'
             order by e.seq limit 1
         ) as t on true
         where o.id in ('{}') and o.firing is not null",
        list.join("','")
    );
    let answer = psql(postgres, &asked).await?;
    let mut fired = BTreeMap::new();
    for line in answer.lines() {
        let (id, seen_at, stepped_at) = fields(line)?;
        fired.insert(
            id,
            Fired {
                seen_at,
                stepped_at,
            },
        );
    }
    Ok(fired)
}

fn fields(line: &str) -> Result<(String, u64, Option<u64>)> {
    let mut fields = line.split('|');
    let mut next = || fields.next().context("a field is missing");
    let (id, seen_at, stepped_at) = (next()?, next()?, next()?);
    let stepped_at = (!stepped_at.is_empty()).then(|| stepped_at.parse());
    Ok((id.to_owned(), seen_at.parse()?, stepped_at.transpose()?))
}

async fn what_is_stored(postgres: u16, id: &str) -> Result<String> {
    let asked = format!(
        "select json_build_object(
             'due_at', o.due_at, 'ended_at', o.ended_at, 'end_status', o.end_status, 'kind', o.kind,
             'waiting', (select row_to_json(w) from waiting_orders w where w.order_id = o.id),
             'events', (select json_agg(e.data::json order by e.seq) from order_events e where e.order_id = o.id))
         from orders o where o.id = '{id}'"
    );
    let told = psql(postgres, &asked).await?;
    Ok(match told.trim() {
        "" => "nothing".to_owned(),
        told => told.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_store_tells_when_an_order_fired() {
        assert_eq!(fields("a|17|").unwrap(), ("a".to_owned(), 17, None));
        assert_eq!(fields("a|17|19").unwrap(), ("a".to_owned(), 17, Some(19)));
        assert!(fields("a|17").is_err());
        assert!(fields("a||19").is_err());
    }
}
