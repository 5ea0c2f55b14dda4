//! What stands between a configuration and a trade: each thing is looked at by itself, and what is wrong with it is said
//! together with what to do about it. Nothing is signed, sent or stored.

mod endpoint;
mod market;
mod store;

use std::sync::Arc;

use config::args::Stop;
use config::{Config, Role};
use domain::spending::{Per, SpendLimits};
use domain::{Address, Asset, BaseUnits, Mint};
use ports::asset_source::Found;
use ports::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::backend;
use crate::world::World;
use crate::world::keys::{self, Held, Key};

/// What is to be traded.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub asset_in: Asset,
    pub asset_out: Asset,
    pub amount_in: BaseUnits,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it must be.
    Good,
    /// Trades go on without it, and worse.
    Warning,
    /// No trade while it is so.
    Bad,
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "failed",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub about: String,
    pub state: State,
    /// In one line.
    pub detail: String,
    /// What to do where it is not good.
    pub advice: Option<String>,
    /// The same for programs.
    pub facts: Value,
}

impl Finding {
    /// A finding.
    #[must_use]
    pub fn good(about: &str, detail: impl Into<String>) -> Self {
        Self {
            about: about.to_owned(),
            state: State::Good,
            detail: detail.into(),
            advice: None,
            facts: Value::Null,
        }
    }

    /// A finding.
    #[must_use]
    pub fn bad(about: &str, detail: impl Into<String>, advice: &str) -> Self {
        Self {
            state: State::Bad,
            advice: Some(advice.to_owned()),
            ..Self::good(about, detail)
        }
    }

    /// A finding.
    #[must_use]
    pub fn warning(about: &str, detail: impl Into<String>, advice: &str) -> Self {
        Self {
            state: State::Warning,
            ..Self::bad(about, detail, advice)
        }
    }

    fn with(self, facts: Value) -> Self {
        Self { facts, ..self }
    }
}

/// What a token is, by its symbol or its mint's address. A mint that no list names is asked of the cluster.
pub async fn asset(config: &Config, name: &str) -> anyhow::Result<Asset> {
    if let Some(listed) = config.chain.tokens().find(name) {
        return Ok(listed);
    }
    let wrong = |why: &str| Stop::Wrong(format!("{name} {why}"));
    let Ok(address) = name.parse::<Address>() else {
        let why = "is not in the token list; name its mint's address, or a list that has it in TOKEN_LIST";
        return Err(wrong(why).into());
    };
    let endpoints = config.endpoints();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let usable = match endpoints.is_empty() {
        true => None,
        false => endpoint::examine_all(config, &endpoints, &*clock).await?.1,
    };
    let Some(usable) = usable else {
        let why = "is not in the token list, and no endpoint can be asked what it is: set SOLANA_RPC_URL to one";
        return Err(wrong(why).into());
    };
    let world = World::through(config, &usable.asked, usable.genesis, clock)?;
    match world.assets.look_up(Mint::new(address)).await {
        Ok(Found::Asset(asset)) => Ok(asset),
        Ok(Found::NotTradable(reason)) => Err(wrong(&format!("is not traded: {reason}")).into()),
        Ok(Found::NoMint) => Err(wrong("is no mint on this cluster").into()),
        Err(error) => Err(wrong(&format!("cannot be looked up: {error}")).into()),
    }
}

/// Looks at everything.
pub async fn examine(config: &Config, question: Question) -> anyhow::Result<Vec<Finding>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut findings = vec![settings(config), limits(config, question)];
    findings.extend(limits_of_workers(config).await);
    let (wallet, payers) = wallets(config).await;
    let payer = payers.first().map(|(_, payer)| *payer);
    findings.extend(store::examine(config, payer, question, clock.now()).await);
    let endpoints = config.endpoints();
    if endpoints.is_empty() {
        findings.extend(wallet);
        if !config.chain.is_live() {
            let detail =
                "the simulated cluster is inside the engine, with a wallet that does not run out";
            findings.push(Finding::good("cluster", detail));
        }
        return Ok(findings);
    }
    let (examined, usable) = endpoint::examine_all(config, &endpoints, &*clock).await?;
    findings.extend(examined);
    findings.extend(wallet);
    let Some(usable) = usable else {
        return Ok(findings);
    };
    let world = World::through(config, &usable.asked, usable.genesis, clock)?;
    for (name, payer) in &payers {
        findings.push(market::balances(&world, name, *payer).await);
    }
    findings.extend(market::examine(&world, payer, question).await);
    Ok(findings)
}

fn settings(config: &Config) -> Finding {
    let about = "settings";
    match config.validate_to_run(Role::Engine) {
        Ok(()) => {
            let detail = match config.chain.live_cluster() {
                Some(cluster) => format!("live, on {cluster}"),
                None => "sim, on the simulated cluster".to_owned(),
            };
            Finding::good(about, detail)
        }
        Err(invalid) => Finding::bad(
            about,
            invalid.to_string(),
            "correct the setting that is named",
        ),
    }
}

/// What may be spent, and whether the trade is more than that.
fn limits(config: &Config, question: Question) -> Finding {
    let about = "limits";
    match config.spend_limits() {
        Err(invalid) => Finding::bad(
            about,
            invalid.to_string(),
            "correct it: nothing starts with it",
        ),
        Ok(limits) if limits.is_empty() && config.chain.is_live() => Finding::warning(
            about,
            "none: orders may spend all that the wallet holds",
            "set SPEND_LIMITS, such as SOL:0.01/order,SOL:0.05/day,*:0/order,fees:0.01/day",
        ),
        Ok(limits) if limits.is_empty() => Finding::good(about, "none"),
        Ok(limits) => {
            if let Some(finding) = beyond(config, &limits, question) {
                return finding;
            }
            let printed = limits.print(&config.chain.tokens());
            let facts = json!({ "limits": printed });
            Finding::good(about, printed).with(facts)
        }
    }
}

/// The trade is more than an order, or a whole day, may sell.
fn beyond(config: &Config, limits: &SpendLimits, question: Question) -> Option<Finding> {
    let Question {
        asset_in,
        amount_in,
        ..
    } = question;
    let per = |per| Some((per, limits.of_token(asset_in, per)?));
    let mut all = [Per::Order, Per::Day].into_iter().filter_map(per);
    let (per, limit) = all.find(|(_, limit)| amount_in > *limit)?;
    let print = |amount: BaseUnits| amount.to_decimal(asset_in.decimals);
    let name = config.chain.tokens().name_of(asset_in.mint);
    let detail = format!(
        "one {} may sell {} {name}, and {} are to be sold",
        per.name(),
        print(limit),
        print(amount_in)
    );
    let advice = "sell less, or raise the limit in SPEND_LIMITS in every process";
    Some(Finding::bad("limits", detail, advice))
}

/// Workers that hold to other limits than these. Each holds to its own.
async fn limits_of_workers(config: &Config) -> Option<Finding> {
    let about = "limits of workers";
    let own = config.spend_limits().ok()?;
    let own = own.print(&config.chain.tokens());
    let named = |limits: &str| match limits {
        "" => "none".to_owned(),
        limits => limits.to_owned(),
    };
    let workers = match backend::limits_of_workers(config).await {
        Ok(workers) => workers,
        Err(error) => {
            let detail = format!("not known: {error:#}");
            let advice = "set DATABASE_URL as the workers have it, and let it be reached";
            return Some(Finding::warning(about, detail, advice));
        }
    };
    let others = workers.iter().filter(|(_, limits)| *limits != own);
    let others: Vec<String> = others
        .map(|(host, limits)| format!("{host} holds to {}", named(limits)))
        .collect();
    match (others.is_empty(), workers.len()) {
        (true, 0) => None,
        (true, _) => Some(Finding::good(about, "the same")),
        (false, _) => Some(Finding::warning(
            about,
            format!("{}; here: {}", others.join("; "), named(&own)),
            "give every worker the same SPEND_LIMITS: the most generous one decides how much is spent",
        )),
    }
}

/// The keys, or what is wrong with one; and the wallets that would pay, each under the name of its findings.
async fn wallets(config: &Config) -> (Vec<Finding>, Vec<(String, Address)>) {
    let about = "key";
    let only = |address: Option<Address>| {
        let named = address.map(|address| ("wallet".to_owned(), address));
        named.into_iter().collect()
    };
    if config.chain.is_live() && !config.wallet.has_key() {
        let address = keys::address(config);
        let detail = match address {
            Some(address) => format!("none here; WALLET_ADDRESS is {address}"),
            None => "none here".to_owned(),
        };
        let advice = "set WALLET to the key file of the wallet that trades, as workers have it";
        return (vec![Finding::bad(about, detail, advice)], only(address));
    }
    match keys::keys(config) {
        Ok(keys) => {
            // One wallet needs no name.
            let is_one = config.wallet.wallets.is_empty();
            let (mut findings, mut payers) = (Vec::new(), Vec::new());
            for key in keys.iter() {
                let title = |about: &str| match is_one {
                    true => about.to_owned(),
                    false => format!("{about} {}", key.name),
                };
                let (finding, found) = signing(&title(about), key).await;
                findings.push(finding);
                let named = || keys::address(config).filter(|_| is_one);
                let payer = found.or_else(named);
                payers.extend(payer.map(|payer| (title("wallet"), payer)));
            }
            (findings, payers)
        }
        Err(stop) => {
            let advice = "correct what is named; where there is no key yet, solana-keygen new --outfile FILE makes one";
            let finding = Finding::bad(about, stop.to_string(), advice);
            (vec![finding], only(keys::address(config)))
        }
    }
}

/// Who signs with a key, and for which wallet.
async fn signing(about: &str, key: &Key) -> (Finding, Option<Address>) {
    let signs = |address: Address, detail: String| {
        let facts = json!({ "name": key.name.as_str(), "address": address.to_string() });
        (Finding::good(about, detail).with(facts), Some(address))
    };
    let socket = match &key.held {
        Held::Here(wallet) => {
            let address = keys::address_of(wallet);
            return signs(address, format!("signs for {address}"));
        }
        Held::At(socket) => socket,
    };
    let at = socket.display();
    match keys::address_at(socket).await {
        Ok(address) => signs(address, format!("the signer at {at} signs for {address}")),
        Err(error) => {
            let detail = format!("the signer at {at} does not answer: {error}");
            let advice = "start order-engine signer there, as a user whose processes it answers";
            (Finding::bad(about, detail, advice), None)
        }
    }
}
