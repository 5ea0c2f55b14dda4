//! The tokens that the market knows a price of: the listed ones.

use domain::TokenList;
use domain::asset::{Asset, TokenProgram};
use domain::token_list::Listing;
use solana_address::Address;

use crate::bank::address;

/// A token, and what one whole of it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) mint: Address,
    pub(crate) decimals: u8,
    pub(crate) program: Address,
    /// In millionths of a US dollar.
    pub(crate) micro_usd: u64,
}

impl Token {
    /// SOL, wrapped.
    pub(crate) const SOL: Self = Self {
        mint: address::WRAPPED_SOL,
        decimals: 9,
        program: address::TOKEN,
        micro_usd: SOL_MICRO_USD,
    };

    /// All of `TokenList::mainnet`, in its order.
    pub(crate) fn listed() -> Vec<Self> {
        let list = TokenList::mainnet();
        list.listings().iter().map(Self::of).collect()
    }

    fn of(listing: &Listing) -> Self {
        let Asset {
            mint,
            decimals,
            program,
        } = listing.asset;
        Self {
            mint: Address::from(*mint.address().bytes()),
            decimals,
            program: match program {
                TokenProgram::Token => address::TOKEN,
                TokenProgram::Token2022 => address::TOKEN_2022,
            },
            micro_usd: reference_micro_usd(&listing.symbol),
        }
    }

    pub(crate) fn is_wrapped_sol(&self) -> bool {
        self.mint == address::WRAPPED_SOL
    }

    pub(crate) fn is_of_token_2022(&self) -> bool {
        self.program == address::TOKEN_2022
    }

    /// How many base units this many dollars buy at the reference price.
    pub(crate) fn units_worth(&self, usd: u64) -> u64 {
        let units = u128::from(usd) * 1_000_000 * self.unit() / u128::from(self.micro_usd);
        u64::try_from(units).unwrap_or(u64::MAX)
    }

    /// Base units in one whole.
    pub(crate) const fn unit(&self) -> u128 {
        10_u128.pow(self.decimals as u32)
    }

    /// The account in which a wallet holds it by convention.
    pub(crate) fn account_of(&self, wallet: &Address) -> Address {
        address::associated_token(wallet, &self.mint, &self.program)
    }
}

const SOL_MICRO_USD: u64 = 150_000_000;

/// The one reference price of a token, in millionths of a US dollar.
pub(crate) fn reference_micro_usd(symbol: &str) -> u64 {
    match symbol {
        "SOL" => SOL_MICRO_USD,
        "BONK" => 25,
        "JUP" => 850_000,
        "RAY" => 2_400_000,
        "mSOL" => 192_000_000,
        "JitoSOL" => 180_000_000,
        "WIF" => 1_100_000,
        "PYTH" => 350_000,
        "JTO" => 2_200_000,
        "ORCA" => 2_800_000,
        "W" => 250_000,
        "POPCAT" => 400_000,
        "ETH" => 3_200_000_000,
        // The dollars: USDC, USDT, PYUSD.
        _ => 1_000_000,
    }
}
