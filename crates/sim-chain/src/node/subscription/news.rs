//! What is new since a socket's last look.

use std::collections::BTreeSet;
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

/// The accounts that the transactions since the last look wrote.
pub(super) fn of_program(
    chain: Snapshot<'_>,
    program: &Address,
    filters: &[Filter],
    settings: AccountSettings,
    next: &mut u64,
) -> Vec<Value> {
    let mut written = BTreeSet::new();
    for landed in unseen(chain, next) {
        let keys = landed.outcome.keys.iter();
        written.extend(keys.filter(|key| {
            let at = chain.accounts().written_at(key);
            at.is_some_and(|at| at >= landed.slot)
        }));
    }
    let tell = |key: Address| {
        let account = chain.accounts().get(&key)?;
        let wanted =
            account.owner == *program && filters.iter().all(|filter| filter.takes(&account.data));
        let found = wanted.then(|| Found::of(chain, account, settings.encoding))?;
        let told = keyed(&key, &found, settings).ok()?;
        Some(with_context(chain.slot(), told))
    };
    written.into_iter().filter_map(tell).collect()
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
