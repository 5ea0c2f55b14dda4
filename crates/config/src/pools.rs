//! Which pools may be used.

use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use domain::{Address, Asset, BaseUnits, TokenList};

use crate::text_file;
use crate::values::whole;
use crate::{Config, Invalid};

/// The most pools of a file, and MiB.
const POOLS_MAX: usize = 2_000;
const FILE_MIB_MAX: u64 = 1;
const DEPTHS_ALLOWED: &str = "TOKEN:AMOUNT pairs of listed tokens, comma-separated, each token once, such as \
                              SOL:10,USDC:1500; or 0 for none";

/// Which pools may be used.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Pools")]
pub struct Pools {
    /// File with pools' addresses, one a line, that are used instead of searching for pools
    #[arg(long, env = "POOLS_FILE", value_name = "FILE", value_parser = pools_file)]
    pub pools_file: Option<Arc<[Address]>>,
    /// What a pool must hold of these tokens to be used, such as SOL:10,USDC:1500; 0 for anything
    /// [default: with sim anything, with live 20 times what the order sells]
    #[arg(long, env = "POOL_MIN_DEPTH", value_name = "TOKEN:AMOUNT", value_parser = written_depths)]
    pub pool_min_depth: Option<WrittenDepths>,
    /// How far a pool's price may be from that of the pair's other pools, in basis points; 0 for as
    /// far as it likes [default: with sim 0, with live 1000]
    #[arg(long, env = "POOL_MAX_DEVIATION_BPS", value_name = "BPS", value_parser = whole(0..=1_000_000_u32))]
    pub pool_max_deviation_bps: Option<u32>,
}

/// Amounts of tokens as they are written: what they mean follows from the token list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenDepths {
    text: String,
    depths: Vec<(String, String)>,
}

/// What a pool must hold to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MinDepth {
    /// Anything.
    Any,
    /// At least so much of each of these that is among its tokens.
    Of(Vec<(Asset, BaseUnits)>),
    /// So many times what the order sells.
    TimesOrder(u32),
}

impl Config {
    /// What a pool must hold to be used.
    pub fn min_depth(&self) -> Result<MinDepth, Invalid> {
        match &self.pools.pool_min_depth {
            Some(written) => written.read(&self.chain.tokens()),
            None => Ok(self.chain.order_venue_mode.defaults().min_depth),
        }
    }

    /// How far a pool's price may be from that of the pair's other pools; 0 = as far as it likes.
    #[must_use]
    pub fn max_deviation_bps(&self) -> u32 {
        let set = self.pools.pool_max_deviation_bps;
        set.unwrap_or_else(|| self.chain.order_venue_mode.defaults().max_deviation_bps)
    }
}

impl WrittenDepths {
    fn read(&self, tokens: &TokenList) -> Result<MinDepth, Invalid> {
        let wrong = || Invalid::MinDepth {
            value: self.text.clone(),
            allowed: DEPTHS_ALLOWED,
        };
        let mut depths: Vec<(Asset, BaseUnits)> = Vec::new();
        for (token, amount) in &self.depths {
            let asset = tokens.find(token).ok_or_else(wrong)?;
            let amount = BaseUnits::parse(amount, asset.decimals).map_err(|_| wrong())?;
            if depths.iter().any(|(other, _)| *other == asset) {
                return Err(wrong());
            }
            depths.push((asset, amount));
        }
        Ok(match depths.is_empty() {
            true => MinDepth::Any,
            false => MinDepth::Of(depths),
        })
    }
}

fn written_depths(text: &str) -> Result<WrittenDepths, String> {
    let pair = |pair: &str| {
        let (token, amount) = pair.trim().split_once(':')?;
        let [token, amount] = [token, amount].map(|text| text.trim().to_owned());
        (!token.is_empty() && !amount.is_empty()).then_some((token, amount))
    };
    let depths = match text.trim() {
        "0" => Some(Vec::new()),
        text => text.split(',').map(pair).collect(),
    };
    Ok(WrittenDepths {
        depths: depths.ok_or_else(|| DEPTHS_ALLOWED.to_owned())?,
        text: text.to_owned(),
    })
}

/// Reads the addresses in this file.
pub(super) fn pools_file(path: &str) -> Result<Arc<[Address]>, String> {
    let text = text_file::read(path, FILE_MIB_MAX);
    let text = text.map_err(|error| format!("a file with pools' addresses ({error})"))?;
    let lines = text.lines().enumerate();
    let mut addresses = Vec::new();
    for (number, line) in lines {
        // A comment may stand behind an address, or alone.
        let written = line.split('#').next().unwrap_or_default().trim();
        if written.is_empty() {
            continue;
        }
        let address = Address::from_str(written).map_err(|_| {
            let line = number + 1;
            format!("a file with one pool's address in each line, but line {line} has none")
        })?;
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    match addresses.len() {
        1..=POOLS_MAX => Ok(addresses.into()),
        0 => Err("a file with pools' addresses, but it has none".to_owned()),
        more => Err(format!(
            "a file with at most {POOLS_MAX} pools' addresses, but it has {more}"
        )),
    }
}
