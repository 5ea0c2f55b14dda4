//! Raydium CPMM's accounts: the pool, the configuration it points to, and its price observations.

use super::quote::{CreatorFee, CreatorFeeOn, Pool};
use crate::Address;
use crate::layout::{Account, DecodeError, Field, Layout};

/// Bit of the status that switches swaps off.
const SWAPS_OFF: u8 = 1 << 2;

/// The layout of a pool account.
#[derive(Debug)]
pub enum PoolLayout {}

impl Layout for PoolLayout {
    const LENGTH: usize = 637;
    const DISCRIMINATOR: Option<[u8; 8]> = Some([247, 237, 227, 245, 215, 195, 222, 70]);
}

/// A pool account. Its reserves are not in it: they are the balances of the two vaults.
pub type PoolAccount = Account<PoolLayout>;

type InPool<T> = Field<PoolLayout, T>;

impl PoolAccount {
    /// The configuration account.
    pub const CONFIG: InPool<Address> = Field::at(8);
    /// Who opened the pool.
    pub const CREATOR: InPool<Address> = Field::at(40);
    /// Vault of the first token.
    pub const VAULT_FIRST: InPool<Address> = Field::at(72);
    /// Vault of the second token.
    pub const VAULT_SECOND: InPool<Address> = Field::at(104);
    /// Mint of the shares of liquidity providers.
    pub const SHARE_MINT: InPool<Address> = Field::at(136);
    /// Mint of the first token.
    pub const MINT_FIRST: InPool<Address> = Field::at(168);
    /// Mint of the second token.
    pub const MINT_SECOND: InPool<Address> = Field::at(200);
    /// Token program of the first token.
    pub const TOKEN_PROGRAM_FIRST: InPool<Address> = Field::at(232);
    /// Token program of the second token.
    pub const TOKEN_PROGRAM_SECOND: InPool<Address> = Field::at(264);
    /// The account of price observations.
    pub const OBSERVATION: InPool<Address> = Field::at(296);
    /// Bump of the program's authority.
    pub const AUTHORITY_BUMP: InPool<u8> = Field::at(328);
    /// Status bits.
    pub const STATUS: InPool<u8> = Field::at(329);
    /// Decimals of the shares.
    pub const DECIMALS_SHARE: InPool<u8> = Field::at(330);
    /// Decimals of the first token.
    pub const DECIMALS_FIRST: InPool<u8> = Field::at(331);
    /// Decimals of the second token.
    pub const DECIMALS_SECOND: InPool<u8> = Field::at(332);
    /// Shares that there are.
    pub const SHARE_SUPPLY: InPool<u64> = Field::at(333);
    /// The protocol's fees waiting in the first vault.
    pub const PROTOCOL_FEES_FIRST: InPool<u64> = Field::at(341);
    /// The protocol's fees waiting in the second vault.
    pub const PROTOCOL_FEES_SECOND: InPool<u64> = Field::at(349);
    /// The fund's fees waiting in the first vault.
    pub const FUND_FEES_FIRST: InPool<u64> = Field::at(357);
    /// The fund's fees waiting in the second vault.
    pub const FUND_FEES_SECOND: InPool<u64> = Field::at(365);
    /// Unix time from which swaps are allowed.
    pub const OPEN_TIME: InPool<u64> = Field::at(373);
    /// The epoch of the last swap.
    pub const RECENT_EPOCH: InPool<u64> = Field::at(381);
    /// Where a creator fee is taken.
    pub const CREATOR_FEE_ON: InPool<u8> = Field::at(389);
    /// Whether there is a creator fee.
    pub const CREATOR_FEE_ENABLED: InPool<u8> = Field::at(390);
    /// The creator's fees waiting in the first vault.
    pub const CREATOR_FEES_FIRST: InPool<u64> = Field::at(397);
    /// The creator's fees waiting in the second vault.
    pub const CREATOR_FEES_SECOND: InPool<u64> = Field::at(405);

    /// The pool these accounts and the balances of its vaults describe.
    pub fn pool(
        &self,
        config: &ConfigAccount,
        (vault_first, vault_second): (u64, u64),
    ) -> Result<Pool, DecodeError> {
        let on = match self.get(Self::CREATOR_FEE_ON) {
            0 => CreatorFeeOn::Input,
            1 => CreatorFeeOn::First,
            2 => CreatorFeeOn::Second,
            other => return Err(DecodeError::unknown("creator_fee_on", other)),
        };
        let rate = match self.get(Self::CREATOR_FEE_ENABLED) {
            0 => 0,
            _ => config.get(ConfigAccount::CREATOR_FEE_RATE),
        };
        // Sums beyond the width of a token amount cannot be honest; they leave no reserve.
        let held = |fees: [InPool<u64>; 3]| {
            fees.into_iter()
                .map(|field| self.get(field))
                .fold(0, u64::saturating_add)
        };
        Ok(Pool {
            vault_first: vault_first.into(),
            vault_second: vault_second.into(),
            accrued_first: held([
                Self::PROTOCOL_FEES_FIRST,
                Self::FUND_FEES_FIRST,
                Self::CREATOR_FEES_FIRST,
            ]),
            accrued_second: held([
                Self::PROTOCOL_FEES_SECOND,
                Self::FUND_FEES_SECOND,
                Self::CREATOR_FEES_SECOND,
            ]),
            trade_fee_rate: config.get(ConfigAccount::TRADE_FEE_RATE),
            protocol_fee_rate: config.get(ConfigAccount::PROTOCOL_FEE_RATE),
            fund_fee_rate: config.get(ConfigAccount::FUND_FEE_RATE),
            creator_fee: CreatorFee { rate, on },
            swaps_enabled: self.get(Self::STATUS) & SWAPS_OFF == 0,
            open_time: self.get(Self::OPEN_TIME),
        })
    }
}

/// The layout of a configuration account.
#[derive(Debug)]
pub enum ConfigLayout {}

impl Layout for ConfigLayout {
    const LENGTH: usize = 236;
    const DISCRIMINATOR: Option<[u8; 8]> = Some([218, 244, 33, 104, 203, 203, 43, 111]);
}

/// A configuration account.
pub type ConfigAccount = Account<ConfigLayout>;

type InConfig<T> = Field<ConfigLayout, T>;

impl ConfigAccount {
    /// Bump of the configuration's own address.
    pub const BUMP: InConfig<u8> = Field::at(8);
    /// Number of the configuration.
    pub const INDEX: InConfig<u16> = Field::at(10);
    /// Trade fee.
    pub const TRADE_FEE_RATE: InConfig<u64> = Field::at(12);
    /// The protocol's part of the trade fee.
    pub const PROTOCOL_FEE_RATE: InConfig<u64> = Field::at(20);
    /// The fund's part of the trade fee.
    pub const FUND_FEE_RATE: InConfig<u64> = Field::at(28);
    /// What opening a pool costs.
    pub const OPENING_FEE: InConfig<u64> = Field::at(36);
    /// Who may take the protocol's fees.
    pub const PROTOCOL_OWNER: InConfig<Address> = Field::at(44);
    /// Who may take the fund's fees.
    pub const FUND_OWNER: InConfig<Address> = Field::at(76);
    /// The creator's fee, for pools that have it enabled.
    pub const CREATOR_FEE_RATE: InConfig<u64> = Field::at(108);
}
