//! The former order book of an AMM v4 pool, which the pool still names and nobody trades at. Clients read it for the
//! addresses in it.

use amm::layout::{Account, Field, Layout};
use sha2::{Digest, Sha256};
use solana_address::Address;

use super::{Opening, Site};
use crate::bank::address::{program_address, to_amm};

/// Its program.
pub(super) const PROGRAM: Address =
    Address::from_str_const("srmqPvymJeFKQ4zGQed1GFppgkRHL9kaELCbyksJtPX");

/// The account's layout, between the marks at its beginning and its end.
#[derive(Debug)]
enum MarketLayout {}

impl Layout for MarketLayout {
    const LENGTH: usize = 388;
    const DISCRIMINATOR: Option<[u8; 8]> = Some(*b"serum\x03\0\0");
}

type Market = Account<MarketLayout>;

const END_AT: usize = 381;
const END: &[u8] = b"padding";

const OWN_ADDRESS: Field<MarketLayout, amm::Address> = Field::at(13);
const SIGNER_NONCE: Field<MarketLayout, u64> = Field::at(45);
const MINT_COIN: Field<MarketLayout, amm::Address> = Field::at(53);
const MINT_PC: Field<MarketLayout, amm::Address> = Field::at(85);
const DUST_LIMIT_PC: Field<MarketLayout, u64> = Field::at(213);
const LOT_COIN: Field<MarketLayout, u64> = Field::at(349);
const LOT_PC: Field<MarketLayout, u64> = Field::at(357);

/// Its vaults, queues and sides, of which there is nothing but their addresses.
const PARTS: [(&[u8], Field<MarketLayout, amm::Address>); 6] = [
    (b"coin vault", Field::at(117)),
    (b"pc vault", Field::at(165)),
    (b"requests", Field::at(221)),
    (b"events", Field::at(253)),
    (b"bids", Field::at(285)),
    (b"asks", Field::at(317)),
];

/// Where the order book of a pair is.
pub(super) fn address((coin, pc): (Address, Address)) -> Address {
    hashed(&[b"order book", coin.as_ref(), pc.as_ref()])
}

pub(super) fn open(site: &mut Site, opening: &Opening) -> Address {
    let (coin, pc) = opening.tokens;
    let key = address((coin.mint, pc.mint));
    let signs = |nonce: &u64| program_address(&[key.as_ref(), &nonce.to_le_bytes()], &PROGRAM);
    let nonce = (0..u64::MAX).find(|nonce| signs(nonce).is_ok());

    let mut market = Market::empty();
    market.set(OWN_ADDRESS, to_amm(&key));
    market.set(SIGNER_NONCE, nonce.unwrap_or_default());
    market.set(MINT_COIN, to_amm(&coin.mint));
    market.set(MINT_PC, to_amm(&pc.mint));
    market.set(DUST_LIMIT_PC, 100);
    market.set(LOT_COIN, 1_000_000);
    market.set(LOT_PC, 1);
    for (name, field) in PARTS {
        market.set(field, to_amm(&hashed(&[name, key.as_ref()])));
    }
    let mut data = market.bytes().to_vec();
    data[END_AT..].copy_from_slice(END);
    site.put(key, PROGRAM, data);
    key
}

fn hashed(parts: &[&[u8]]) -> Address {
    let hash = parts
        .iter()
        .fold(Sha256::new(), |hash, part| hash.chain_update(part));
    Address::from(<[u8; 32]>::from(hash.finalize()))
}
