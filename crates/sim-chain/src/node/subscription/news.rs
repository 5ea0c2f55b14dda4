//! What is new since a socket's last look.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};
use solana_address::Address;

use crate::bank::Account;
use crate::cluster::{Landed, Snapshot};
use crate::node::context::with_context;
use crate::node::filter::Filter;
use crate::node::methods::accounts::{AccountSettings, Found, keyed};

/// How many transactions one look goes through; the rest waits for the next one.
const LANDED_MAX: usize = 1_000;

/// A number that has changed, and what is told of that.
pub(super) fn moved(last: &mut u64, now: u64, result: Value) -> Vec<Value> {
    if std::mem::replace(last, now) == now {
        Vec::new()
    } else {
        vec![result]
    }
}

pub(super) fn of_account(
    chain: Snapshot<'_>,
    key: &Address,
    settings: &AccountSettings,
    last: &mut Option<Account>,
) -> Vec<Value> {
    let now = chain.accounts().get(key);
    if now == last.as_ref() {
        return Vec::new();
    }
    *last = now.cloned();
    // One that is gone is told as empty.
    let account = now.cloned().unwrap_or_else(Account::absent);
    let found = Found::of(chain, &account, settings.encoding);
    let told = found.tell(settings.encoding, settings.data_slice);
    told.ok()
        .map(|told| with_context(chain.slot(), told))
        .into_iter()
        .collect()
}

/// The accounts that were written since a look, by their owners: found once for all who follow programs.
#[derive(Debug, Default)]
pub(super) struct Written(HashMap<(u64, u64), Since>);

/// The accounts that the transactions from one on wrote, as one slot shows them.
#[derive(Debug)]
struct Since {
    next: u64,
    by_owner: HashMap<Address, Vec<Address>>,
}

impl Since {
    fn of(chain: Snapshot<'_>, mut next: u64) -> Self {
        let mut written = BTreeSet::new();
        for landed in unseen(chain, &mut next) {
            let keys = landed.outcome.keys.iter();
            written.extend(keys.filter(|key| {
                let at = chain.accounts().written_at(key);
                at.is_some_and(|at| at >= landed.slot)
            }));
        }
        let mut by_owner: HashMap<Address, Vec<Address>> = HashMap::new();
        for key in written {
            if let Some(account) = chain.accounts().get(&key) {
                by_owner.entry(account.owner).or_default().push(key);
            }
        }
        Self { next, by_owner }
    }
}

impl Written {
    /// Those of a program that the transactions since the last look wrote, `next` being the first of them.
    fn since(&mut self, chain: Snapshot<'_>, program: &Address, next: &mut u64) -> &[Address] {
        let since = self.0.entry((chain.slot(), *next));
        let since = since.or_insert_with(|| Since::of(chain, *next));
        *next = since.next;
        since.by_owner.get(program).map_or(&[], Vec::as_slice)
    }
}

/// A program's accounts that were written and pass the filters.
pub(super) fn of_program(
    chain: Snapshot<'_>,
    written: &mut Written,
    program: &Address,
    filters: &[Filter],
    settings: AccountSettings,
    next: &mut u64,
) -> Vec<Value> {
    let tell = |key: &Address| {
        let account = chain.accounts().get(key)?;
        let wanted = filters.iter().all(|filter| filter.takes(&account.data));
        let found = wanted.then(|| Found::of(chain, account, settings.encoding))?;
        let told = keyed(key, &found, settings).ok()?;
        Some(with_context(chain.slot(), told))
    };
    let written = written.since(chain, program, next);
    written.iter().filter_map(tell).collect()
}

pub(super) fn of_logs(
    chain: Snapshot<'_>,
    mention: Option<&Address>,
    next: &mut u64,
) -> Vec<Value> {
    let mut told = Vec::new();
    for landed in unseen(chain, next) {
        let keys = &landed.outcome.keys;
        if mention.is_none_or(|mention| keys.contains(mention)) {
            let value = json!({
                "signature": landed.transaction.signature().to_string(),
                "err": landed.outcome.status.as_ref().err(),
                "logs": landed.outcome.logs(),
            });
            told.push(with_context(landed.slot, value));
        }
    }
    told
}

/// The transactions since the last look, `next` being the first of them, as far as this commitment sees them.
fn unseen<'a>(chain: Snapshot<'a>, next: &mut u64) -> Vec<&'a Arc<Landed>> {
    let landed: Vec<_> = chain
        .history()
        .since(*next)
        .take_while(|landed| landed.slot <= chain.slot())
        .take(LANDED_MAX)
        .collect();
    if let Some(last) = landed.last() {
        *next = last.number + 1;
    }
    landed
}
