//! Which pools there are: of every pair of listed tokens one of CPMM and one of DAMM v2, of every pair with SOL one of
//! AMM v4, and of the busiest pairs one of DLMM.

use amm::Refusal;
use amm::rounding::{mul_div_floor, narrow_u64};
use solana_address::Address;

use super::movement::{ONE, mix, movement};
use super::opening::{DlmmTerms, Kind};
use super::token::Token;

/// A side of a pool is worth 12 to 20 million dollars.
const DEPTH_USD_MIN: u64 = 12_000_000;
const DEPTH_USD_SPREAD: u64 = 8_000_000;
/// Liquidity near the price is dearer: with so much less, a DLMM pair moves as little by a swap as the others do.
const DLMM_PART: u64 = 8;

/// The busiest pairs, base first, and the basis points between their bins.
const DLMM_PAIRS: [(&str, &str, u16); 4] = [
    ("SOL", "USDC", 10),
    ("SOL", "USDT", 10),
    ("JUP", "USDC", 10),
    ("BONK", "SOL", 20),
];

/// A pool that has a fair price.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) kind: Kind,
    pub(super) address: Address,
    /// In the program's own order.
    pub(super) tokens: (Token, Token),
}

/// A price of a pool's first token in base units of the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ratio {
    pub(super) numerator: u128,
    pub(super) denominator: u128,
}

/// All of them.
pub(super) fn all() -> Vec<Listed> {
    let tokens = Token::listed();
    let mut pools = Vec::new();
    for (place, one) in tokens.iter().enumerate() {
        for other in &tokens[place + 1..] {
            let (base, quote) = base_and_quote(*one, *other);
            pools.extend([Kind::Cpmm, Kind::DammV2].map(|kind| Listed::new(kind, base, quote)));
            // AMM v4 knows no Token-2022.
            let is_sol = base.is_wrapped_sol() || quote.is_wrapped_sol();
            if is_sol && ![base, quote].iter().any(Token::is_of_token_2022) {
                pools.push(Listed::new(Kind::AmmV4, base, quote));
            }
        }
    }
    let list = domain::TokenList::mainnet();
    let token = |symbol: &str| {
        let asset = list.find(symbol)?;
        let is_it = |token: &&Token| token.mint.as_array() == asset.mint.address().bytes();
        tokens.iter().find(is_it).copied()
    };
    pools.extend(DLMM_PAIRS.iter().filter_map(|(base, quote, bin_step)| {
        let terms = DlmmTerms::Permissionless {
            bin_step: *bin_step,
        };
        let kind = Kind::Dlmm(terms);
        Some(Listed::new(kind, token(base)?, token(quote)?))
    }));
    pools
}

/// Prices are named in dollars where there are any, else in SOL, else in the token that is listed first.
fn base_and_quote(earlier: Token, later: Token) -> (Token, Token) {
    let is_dollar = |token: Token| token.micro_usd == 1_000_000;
    if !is_dollar(earlier) && is_dollar(later) {
        (earlier, later)
    } else {
        (later, earlier)
    }
}

impl Listed {
    fn new(kind: Kind, base: Token, quote: Token) -> Self {
        let tokens = kind.ordered(base, quote);
        Self {
            kind,
            address: kind.address(tokens),
            tokens,
        }
    }

    /// What one base unit of the first token is worth in the second at this height.
    pub(super) fn fair_price(&self, seed: u64, height: u64) -> Ratio {
        let (first, second) = self.tokens;
        let moved = ONE + movement(seed, &self.address, height);
        let factor = u128::from(moved.unsigned_abs());
        Ratio {
            numerator: u128::from(first.micro_usd) * second.unit() * factor,
            denominator: u128::from(second.micro_usd)
                * first.unit()
                * u128::from(ONE.unsigned_abs()),
        }
    }

    /// What it is opened with.
    pub(super) fn amounts(&self, price: Ratio) -> Result<(u64, u64), Refusal> {
        let mut usd = DEPTH_USD_MIN + mix(u64::from(self.address.as_array()[0])) % DEPTH_USD_SPREAD;
        if let Kind::Dlmm(_) = self.kind {
            usd /= DLMM_PART;
        }
        let first = self.tokens.0.units_worth(usd);
        let second = mul_div_floor(first.into(), price.numerator, price.denominator)?;
        Ok((first, narrow_u64(second)?))
    }
}
