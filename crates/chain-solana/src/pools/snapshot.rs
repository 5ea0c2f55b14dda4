//! Accounts of one slot, with the chain's clock among them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use amm::snapshot::{self, AccountRef, StoredAccount};
use amm::{Address, ChainTime};
use futures_util::FutureExt as _;
use ports::Clock;

use crate::address::CLOCK;
use crate::in_flight::InFlight;
use crate::rpc::{ACCOUNTS_MAX, Account, At, Error, Rpc, Slot, View};

/// The most addresses of one snapshot, beside the clock's.
pub const ADDRESSES_MAX: usize = ACCOUNTS_MAX - 1;

/// Accounts as they stood in one slot.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Which slot.
    pub slot: Slot,
    /// The chain's time in it.
    pub now: ChainTime,
    asked_at: Duration,
    /// Which endpoint showed it, where there are several.
    pub(super) by: Option<usize>,
    accounts: BTreeMap<Address, StoredAccount>,
}

impl Snapshot {
    /// Those of a recording, the chain's clock among them.
    pub(crate) fn recorded(slot: Slot, accounts: BTreeMap<Address, StoredAccount>) -> Option<Self> {
        Some(Self {
            slot,
            now: accounts.get(&CLOCK).and_then(|clock| time(&clock.data))?,
            asked_at: Duration::ZERO,
            by: None,
            accounts,
        })
    }

    /// When it was asked for, by our own clock's monotonic time: it is at least as old as that.
    #[must_use]
    pub const fn asked_at(&self) -> Duration {
        self.asked_at
    }
}

impl snapshot::Snapshot for Snapshot {
    fn account(&self, address: &Address) -> Option<AccountRef<'_>> {
        self.accounts.account(address)
    }
}

type Taken = Result<Arc<Snapshot>, Error>;

/// Takes snapshots. Of one set of accounts there is one request in flight: who asks meanwhile waits for the same
/// answer.
#[derive(Debug)]
pub struct Snapshots {
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    in_flight: InFlight<(View, Option<usize>, Vec<Address>), Taken>,
}

impl Snapshots {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>) -> Self {
        Self {
            rpc,
            clock,
            in_flight: InFlight::default(),
        }
    }

    /// These accounts, at most [`ADDRESSES_MAX`]; those that do not exist are left out.
    ///
    /// Cancel safety: may be dropped; whoever shares the request goes on with it.
    pub async fn take(&self, addresses: BTreeSet<Address>, view: View) -> Taken {
        self.take_beside(addresses, view, None).await
    }

    /// The same from another endpoint than this one, where there is one.
    ///
    /// Cancel safety: as above.
    pub(super) async fn take_beside(
        &self,
        addresses: BTreeSet<Address>,
        view: View,
        beside: Option<usize>,
    ) -> Taken {
        let mut addresses: Vec<_> = addresses.into_iter().collect();
        if addresses.len() > ADDRESSES_MAX {
            let asked = addresses.len();
            let why = format!("{asked} accounts in one snapshot, of at most {ADDRESSES_MAX}");
            return Err(Error::Refused(why));
        }
        addresses.push(CLOCK);
        let (rpc, clock) = (Arc::clone(&self.rpc), Arc::clone(&self.clock));
        let key = (view, beside, addresses.clone());
        let ask = || async move { ask(&*rpc, &*clock, &addresses, (view, beside)).await }.boxed();
        self.in_flight.join(key, ask).await
    }
}

async fn ask(
    rpc: &dyn Rpc,
    clock: &dyn Clock,
    addresses: &[Address],
    (view, beside): (View, Option<usize>),
) -> Taken {
    let asked_at = clock.monotonic();
    let (At { slot, value }, by) = rpc.accounts_beside(addresses, view, beside).await?;
    let found = addresses.iter().zip(value);
    let stored = |account: Account| StoredAccount {
        owner: account.owner,
        data: account.data,
    };
    let accounts: BTreeMap<_, _> = found
        .filter_map(|(address, account)| Some((*address, stored(account?))))
        .collect();
    let now = accounts.get(&CLOCK).and_then(|clock| time(&clock.data));
    let now = now.ok_or_else(|| Error::Malformed {
        method: "accounts",
        reason: "there is no clock among them".to_owned(),
    })?;
    Ok(Arc::new(Snapshot {
        slot,
        now,
        asked_at,
        by,
        accounts,
    }))
}

/// The chain's time, as its clock's account holds it.
fn time(clock: &[u8]) -> Option<ChainTime> {
    let number = |at: usize| Some(u64::from_le_bytes(*clock.get(at..)?.first_chunk()?));
    Some(ChainTime {
        slot: number(0)?,
        epoch: number(16)?,
        // Signed, and never before 1970.
        unix_time: number(32).filter(|seconds| i64::try_from(*seconds).is_ok())?,
    })
}
