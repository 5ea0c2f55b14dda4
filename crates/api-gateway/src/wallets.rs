//! Which wallets trade, which of them an order may be paid from, and whether a worker has them now.
//!
//! Workers write the names and addresses of their wallets into the store. A gateway with the keys in its own process
//! knows them without asking; any other one remembers what it has seen, so that it knows a wallet also while no worker
//! has it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::{Address, ClientId, NamedWallet, WalletName};

use crate::error::{ApiError, Code, Result};
use crate::settings::WalletSettings;
use crate::stats::Stats;

/// How old may be what workers have told, while they can be asked.
const FRESH: Duration = Duration::from_secs(5);
/// The same where what is looked for is not among it: a worker may have started since.
const FRESHER: Duration = Duration::from_secs(1);
/// A store that needs longer is not waited for: what is remembered will do.
const PATIENCE: Duration = Duration::from_millis(250);
/// Wallets that are remembered. An engine has a few.
const KNOWN_MAX: usize = 256;
/// When a worker may have told of its wallets.
const RETRY_UNTOLD: Duration = Duration::from_secs(5);

/// How a request names a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Name(WalletName),
    Address(Address),
}

impl Asked {
    /// Reads a name or an address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let name = || WalletName::parse(text).ok().map(Self::Name);
        text.parse().ok().map(Self::Address).or_else(name)
    }

    fn is(&self, wallet: &NamedWallet) -> bool {
        match self {
            Self::Name(name) => wallet.name == *name,
            Self::Address(address) => wallet.address == *address,
        }
    }
}

/// The wallets that trade.
#[derive(Debug)]
pub(crate) struct Wallets {
    stats: Arc<Stats>,
    /// Those that live workers have first, in the workers' own order.
    known: RwLock<Arc<[NamedWallet]>>,
    are_all_here: bool,
    /// The only addresses that the operator allows, if he names any.
    allowed: Vec<Address>,
    bound: HashMap<ClientId, WalletName>,
}

impl Wallets {
    /// What the settings tell.
    pub(crate) fn new(settings: &WalletSettings, stats: Arc<Stats>) -> Self {
        Self {
            stats,
            known: RwLock::new(settings.known.clone().into()),
            are_all_here: settings.are_all_here,
            allowed: settings.allowed.clone(),
            bound: settings.bound.iter().cloned().collect(),
        }
    }

    /// Whether an order can be refused for its wallet although it asks for none.
    pub(crate) fn are_bound(&self) -> bool {
        !self.bound.is_empty()
    }

    /// The wallet that pays for an order of this client, who may ask for one. A wallet that clients are bound to is
    /// theirs alone. Nothing where nobody has told of any: then a worker pays from the one that it has.
    pub(crate) async fn payer(
        &self,
        client: &ClientId,
        asked: Option<&Asked>,
    ) -> Result<Option<Address>> {
        let own = self.bound.get(client);
        let known = self.known_with(|it| match (own, asked) {
            (Some(own), _) => it.name == *own,
            (None, Some(asked)) => asked.is(it),
            (None, None) => !self.is_bound(&it.name),
        });
        let known = known.await;
        let mut all = known.iter();
        let found = match (own, asked) {
            (Some(own), asked) => {
                let found = all.find(|it| it.name == *own).ok_or_else(untold)?;
                if asked.is_some_and(|asked| !asked.is(found)) {
                    return Err(ApiError::of_field(
                        Code::WalletNotAllowed,
                        "wallet",
                        "is not the wallet of this client",
                    ));
                }
                Some(found)
            }
            (None, Some(asked)) => {
                let found = match all.find(|it| asked.is(it)) {
                    Some(found) => found,
                    None if known.is_empty() => return Err(untold()),
                    None => {
                        return Err(ApiError::of_field(
                            Code::UnknownWallet,
                            "wallet",
                            "is no wallet of this engine",
                        ));
                    }
                };
                if self.is_taken(found, &known) {
                    return Err(ApiError::of_field(
                        Code::WalletNotAllowed,
                        "wallet",
                        "is a wallet that other clients have for themselves",
                    ));
                }
                Some(found)
            }
            (None, None) => match all.find(|it| !self.is_taken(it, &known)) {
                Some(found) => Some(found),
                None if self.bound.is_empty() => None,
                None if known.is_empty() => return Err(untold()),
                None => {
                    let detail = "every wallet is one that other clients have for themselves";
                    return Err(ApiError::new(Code::WalletNotAllowed, detail));
                }
            },
        };
        // What the operator allows is known although no worker has told of it yet.
        let only = match self.allowed[..] {
            [only] => Some(only),
            _ => None,
        };
        Ok(found.map(|it| it.address).or(only))
    }

    /// All that are known, the one that is used unasked first.
    pub(crate) async fn known(&self) -> Arc<[NamedWallet]> {
        self.known_with(|_| true).await
    }

    /// The same, with what workers have told lately if this is not among them.
    async fn known_with(&self, is_wanted: impl Fn(&NamedWallet) -> bool) -> Arc<[NamedWallet]> {
        if self.are_all_here {
            return self.remembered();
        }
        for age in [FRESH, FRESHER] {
            if let Some(told) = self.told(age).await {
                self.learn(&told);
            }
            if self.remembered().iter().any(&is_wanted) {
                break;
            }
        }
        self.remembered()
    }

    fn remembered(&self) -> Arc<[NamedWallet]> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }

    /// The one that a request names.
    pub(crate) async fn find(&self, asked: &Asked) -> Option<NamedWallet> {
        let known = self.known_with(|it| asked.is(it)).await;
        known.iter().find(|it| asked.is(it)).cloned()
    }

    /// Whether a live worker may sign for a wallet; nothing where nobody can tell.
    pub(crate) async fn is_here(&self, wallet: Address) -> Option<bool> {
        let recent = tokio::time::timeout(PATIENCE, self.stats.recent()).await;
        let snapshot = recent.ok()?.ok()?;
        let mut workers = snapshot.workers.iter();
        Some(workers.any(|worker| worker.signs_for(wallet)))
    }

    fn is_bound(&self, name: &WalletName) -> bool {
        self.bound.values().any(|bound| bound == name)
    }

    /// Whether clients have it for themselves, under whichever of its names.
    fn is_taken(&self, wallet: &NamedWallet, known: &[NamedWallet]) -> bool {
        let mut names = known.iter().filter(|it| it.address == wallet.address);
        names.any(|it| self.is_bound(&it.name))
    }

    /// What live workers tell, those that started last first: a wallet that got another key is where the newest has it.
    async fn told(&self, age: Duration) -> Option<Vec<NamedWallet>> {
        let recent = match self.stats.within(age) {
            Some(recent) => recent,
            None => {
                let asking = tokio::time::timeout(PATIENCE, self.stats.recent());
                asking.await.ok()?.ok()?
            }
        };
        let mut told: Vec<NamedWallet> = Vec::new();
        for wallet in recent
            .workers
            .iter()
            .rev()
            .flat_map(|worker| &worker.wallets)
        {
            let is_allowed = self.allowed.is_empty() || self.allowed.contains(&wallet.address);
            if is_allowed && !told.iter().any(|it| it.name == wallet.name) {
                told.push(wallet.clone());
            }
        }
        Some(told)
    }

    fn learn(&self, told: &[NamedWallet]) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.starts_with(told) {
            return;
        }
        let others = known.iter();
        let others = others.filter(|it| !told.iter().any(|told| told.name == it.name));
        let all = told.iter().chain(others).take(KNOWN_MAX);
        *known = all.cloned().collect();
    }
}

fn untold() -> ApiError {
    let detail = "no worker has told of this wallet yet";
    ApiError::new(Code::WalletUnavailable, detail).retry_after(RETRY_UNTOLD)
}
