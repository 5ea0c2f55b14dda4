//! `order-engine signer`: the process that alone has the key.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use chain_solana::address::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM};
use chain_solana::keys::{self, Signer as _};
use chain_solana::rpc::Address;
use config::Signer as Settings;
use config::args::Stop;
use domain::asset::TokenProgram;
use domain::spending::SpendLimits;
use nix::unistd::{Uid, geteuid};
use ports::{Clock, Shutdown, SystemClock};
use signer::journal::Journal;
use signer::server::{check_folder, harden, moment};
use signer::{Door, Limits, Rules, Signer};

use crate::world::live::programs_of;

/// A signer that is ready to answer.
#[derive(Debug)]
pub struct Ready {
    signer: Arc<Signer>,
    door: Door,
    /// Whose key it has.
    pub address: domain::Address,
}

/// Reads the key, opens the journal and the socket.
pub fn prepare(settings: &Settings) -> anyhow::Result<Ready> {
    #[cfg(any(debug_assertions, feature = "crash-points"))]
    if let Some(point) = &settings.crash_point {
        signer::crash_point::arm(point)?;
    }
    let (key_file, limits) = settings.needed().map_err(Stop::from)?;
    harden().context("could not keep the key out of core dumps")?;
    let limits = self::limits(settings, limits)?;
    let wallet = keys::read(key_file).map_err(|error| {
        let path = key_file.display();
        Stop::Wrong(format!("SIGNER_KEY_FILE={path} is not allowed: it {error}"))
    })?;
    let address = wallet.address();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let user = settings.user.map_or_else(geteuid, Uid::from_raw);
    let journal = journal(settings, limits, user, &*clock)?;
    let rules = rules(settings, address);
    let door = Door::open(&settings.socket, user)
        .map_err(|error| wrong_path("SIGNER_SOCKET", &settings.socket, &error))?;
    Ok(Ready {
        signer: Arc::new(Signer::new(wallet, rules, journal, clock)),
        door,
        address: domain::Address::new(address.0),
    })
}

impl Ready {
    /// Answers until it is asked to stop.
    pub async fn serve(self, shutdown: &Shutdown) {
        self.door.serve(self.signer, shutdown).await;
    }
}

fn limits(settings: &Settings, text: &str) -> Result<Limits, Stop> {
    let tokens = settings.tokens();
    let wrong = |error: &dyn std::error::Error| {
        Stop::Wrong(format!("SIGNER_LIMITS={text} is not allowed: {error}"))
    };
    let written = SpendLimits::parse(text, &tokens).map_err(|error| wrong(&error))?;
    Limits::new(&written, &tokens).map_err(|error| wrong(&error))
}

/// It may be in the folder of the socket, through which another user has to get; the file itself is nobody else's.
fn journal(
    settings: &Settings,
    limits: Limits,
    user: Uid,
    clock: &dyn Clock,
) -> anyhow::Result<Journal> {
    let path = &settings.journal;
    check_folder(path, user).map_err(|error| wrong_path("SIGNER_JOURNAL", path, &error))?;
    let opened = Journal::open(path, limits, settings.max_per_minute, moment(clock));
    opened.map_err(anyhow::Error::from)
}

fn rules(settings: &Settings, wallet: Address) -> Rules {
    let programs = programs_of(settings.solana_cluster, &settings.programs);
    let tokens = settings.tokens();
    let mints = tokens.listings().iter().map(|listing| {
        let program = match listing.asset.program {
            TokenProgram::Token => TOKEN_PROGRAM,
            TokenProgram::Token2022 => TOKEN_2022_PROGRAM,
        };
        (Address(*listing.asset.mint.address().bytes()), program)
    });
    let of = |address: &domain::Address| Address(*address.bytes());
    let mut rules = Rules::new(wallet, programs, mints);
    if let Some(pools) = &settings.pools {
        rules = rules.with_pools(pools.iter().map(of).collect::<BTreeSet<_>>());
    }
    if let Some(tables) = &settings.tables {
        let tables = tables.0.iter();
        let tables = tables.map(|(table, all)| (of(table), all.iter().map(of).collect()));
        rules = rules.with_tables(tables.collect::<BTreeMap<_, _>>());
    }
    rules
}

fn wrong_path(variable: &str, path: &Path, error: &dyn std::error::Error) -> Stop {
    Stop::Wrong(format!(
        "{variable}={} is not allowed: {error}",
        path.display()
    ))
}
