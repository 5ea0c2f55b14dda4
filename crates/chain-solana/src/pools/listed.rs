//! Pools at addresses that were told: by an operator's file, or by another process that found them. Nothing but the
//! addresses is believed.

use amm::{Address, Program};

use super::Candidate;
use crate::rpc::{ACCOUNTS_MAX, Error, Rpc, View};

/// Those of the addresses at which pools of these programs stand.
pub(super) async fn read(
    rpc: &dyn Rpc,
    programs: &[Program],
    addresses: &[Address],
) -> Result<Vec<Candidate>, Error> {
    let mut candidates = Vec::with_capacity(addresses.len());
    for some in addresses.chunks(ACCOUNTS_MAX) {
        let accounts = rpc.accounts(some, View::CONFIRMED).await?.value;
        let there = some.iter().zip(&accounts);
        candidates.extend(there.filter_map(|(address, account)| {
            let account = account.as_ref()?;
            let program = programs.iter().find(|it| it.id() == account.owner)?;
            Candidate::of(*program, *address, &account.data).ok()
        }));
    }
    Ok(candidates)
}

/// Those of two mints, in any order.
pub(super) fn of_pair(
    candidates: &[Candidate],
    (one, other): (Address, Address),
) -> impl Iterator<Item = &Candidate> {
    let pair = [(one, other), (other, one)];
    let of_pair = move |it: &&Candidate| pair.contains(&it.mints);
    candidates.iter().filter(of_pair)
}
