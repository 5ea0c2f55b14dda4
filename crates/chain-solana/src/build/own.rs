//! The address that one execution names and no other does.
//!
//! It is the place at which the execution's account of wrapped SOL stands while it runs. Executions without SOL name
//! it all the same and make nothing there, so that "what touched this address" asks for one execution.

use amm::Address;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::OrderId;
use sha2::{Digest, Sha256};

use crate::address::{SYSTEM_PROGRAM, TOKEN_PROGRAM, with_seed};
use crate::message::Decoded;

/// Bytes that a seed stands for: 11 characters, which keeps the instruction short. Two executions of a wallet meet
/// by chance after billions of them, and then the later one does not land.
const SEED_BYTES: usize = 8;

/// The seed of an execution.
#[must_use]
pub fn seed(order_id: OrderId, execution: u32) -> String {
    let hash = Sha256::new()
        .chain_update(order_id.uuid().as_bytes())
        .chain_update(execution.to_le_bytes())
        .finalize();
    BASE64_URL_SAFE_NO_PAD.encode(&hash[..SEED_BYTES])
}

/// The address of a seed.
#[must_use]
pub fn address(wallet: Address, seed: &str) -> Address {
    with_seed(wallet, seed, TOKEN_PROGRAM)
}

/// The address that a transaction of a wallet names for its own: beside the wallet in the first instruction to the
/// System program, which makes an account there or names it alone.
#[must_use]
pub fn of(transaction: &Decoded, wallet: Address) -> Option<Address> {
    let mut instructions = transaction.instructions.iter();
    let system = instructions.find(|it| it.program == SYSTEM_PROGRAM)?;
    let named = system.accounts.last()?.address;
    (system.accounts.first()?.address == wallet && named != wallet).then_some(named)
}
