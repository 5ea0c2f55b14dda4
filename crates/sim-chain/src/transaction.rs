//! The simulated chain's transactions: their content, their bytes, and decoding bytes that anybody may have
//! sent.
//!
//! Layout: signature (64), public key (32), then the signed message: version, order id, execution, salt,
//! last valid height, and the instructions. Native SOL is wrapped before and unwrapped after the swap by
//! instructions of their own. There is exactly one way to write a transaction, so decoding and encoding
//! again gives the same bytes.

use std::sync::Arc;

use domain::transaction::{Height, Signature, SignedTransaction};
use domain::venue::Program;
use domain::{Asset, BaseUnits, OrderId, Venue};
use ed25519_dalek::VerifyingKey;
use ports::chain::{Error, Swap};
use uuid::Uuid;

use crate::token::Token;
use crate::wallet::Wallet;

/// How many blocks a transaction may wait before it can no longer land.
pub const VALID_BLOCKS: u64 = 150;
/// The longest transaction that a real cluster accepts.
pub const BYTES_MAX: usize = 1_232;

const VERSION: u8 = 1;
const SIGNATURE_LENGTH: usize = 64;
const KEY_LENGTH: usize = 32;

const WRAP: u8 = 1;
const SWAP: u8 = 2;
const UNWRAP: u8 = 3;

/// Why bytes are not a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("it ends too early or is longer than its content")]
    Length,
    #[error("its version is not known here")]
    Version,
    #[error("it names an unknown {0}")]
    Unknown(&'static str),
    #[error("its instructions are not a swap with the wrapping of SOL it needs")]
    Instructions,
    #[error("its signature does not fit its content")]
    Signature,
}

/// What a transaction says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload {
    pub order_id: OrderId,
    /// Which execution of the order it is.
    pub execution: u32,
    /// Makes two transactions with the same content differ.
    pub salt: u64,
    pub last_valid_height: Height,
    pub swap: SwapInstruction,
}

/// The swap itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwapInstruction {
    pub venue: Venue,
    pub pool: Program,
    pub token_in: Token,
    pub token_out: Token,
    pub amount_in: BaseUnits,
    pub min_amount_out: BaseUnits,
}

/// One step of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instruction {
    /// Turns native SOL into the token that pools hold.
    WrapSol {
        lamports: BaseUnits,
    },
    Swap(SwapInstruction),
    /// Turns what the swap paid out back into native SOL.
    UnwrapSol,
}

/// A decoded transaction whose signature is not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<'a> {
    pub payload: Payload,
    signature: &'a [u8; SIGNATURE_LENGTH],
    public_key: &'a [u8; KEY_LENGTH],
    message: &'a [u8],
}

impl Payload {
    /// The transaction for a swap that must land by `last_valid_height`.
    pub fn new(swap: &Swap, salt: u64, last_valid_height: Height) -> Result<Self, Error> {
        let traded = |asset: Asset| {
            let token = Token::of(asset);
            token.ok_or_else(|| Error::Refused(format!("{} is not traded here", asset.mint)))
        };
        let pool = swap.choice.route.largest().pool.program;
        Ok(Self {
            order_id: swap.order_id,
            execution: swap.execution,
            salt,
            last_valid_height,
            swap: SwapInstruction {
                venue: pool.venue(),
                pool,
                token_in: traded(swap.asset_in)?,
                token_out: traded(swap.asset_out)?,
                amount_in: swap.amount_in,
                min_amount_out: swap.choice.min_amount_out,
            },
        })
    }

    /// The steps in the order in which they are carried out.
    #[must_use]
    pub fn instructions(&self) -> Vec<Instruction> {
        let lamports = self.swap.amount_in;
        let wrap = self
            .swap
            .token_in
            .is_native()
            .then_some(Instruction::WrapSol { lamports });
        let unwrap = self
            .swap
            .token_out
            .is_native()
            .then_some(Instruction::UnwrapSol);
        wrap.into_iter()
            .chain([Instruction::Swap(self.swap)])
            .chain(unwrap)
            .collect()
    }

    pub(crate) fn sign(&self, wallet: &Wallet) -> SignedTransaction {
        let message = self.message();
        let signature = wallet.sign(&message);
        let bytes = [&signature[..], wallet.public_key().as_bytes(), &message].concat();
        SignedTransaction {
            signature: Signature::from_bytes(&signature),
            bytes: Arc::from(bytes),
            last_valid_height: self.last_valid_height,
        }
    }

    fn message(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.push(VERSION);
        out.extend(self.order_id.uuid().as_bytes());
        out.extend(self.execution.to_le_bytes());
        out.extend(self.salt.to_le_bytes());
        out.extend(self.last_valid_height.get().to_le_bytes());
        let instructions = self.instructions();
        out.push(u8::try_from(instructions.len()).unwrap_or(u8::MAX));
        for instruction in &instructions {
            instruction.write(&mut out);
        }
        out
    }
}

impl Instruction {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::WrapSol { lamports } => {
                out.push(WRAP);
                out.extend(lamports.get().to_le_bytes());
            }
            Self::Swap(swap) => {
                out.push(SWAP);
                write_name(out, swap.venue.name());
                write_name(out, swap.pool.name());
                write_name(out, swap.token_in.symbol());
                write_name(out, swap.token_out.symbol());
                out.extend(swap.amount_in.get().to_le_bytes());
                out.extend(swap.min_amount_out.get().to_le_bytes());
            }
            Self::UnwrapSol => out.push(UNWRAP),
        }
    }

    fn read(bytes: &mut Reader<'_>) -> Result<Self, Malformed> {
        match bytes.byte()? {
            WRAP => Ok(Self::WrapSol {
                lamports: BaseUnits::new(bytes.number()?),
            }),
            SWAP => Ok(Self::Swap(SwapInstruction {
                venue: Venue::parse(bytes.name()?).ok_or(Malformed::Unknown("venue"))?,
                pool: pool_named(bytes.name()?)?,
                token_in: token_named(bytes.name()?)?,
                token_out: token_named(bytes.name()?)?,
                amount_in: BaseUnits::new(bytes.number()?),
                min_amount_out: BaseUnits::new(bytes.number()?),
            })),
            UNWRAP => Ok(Self::UnwrapSol),
            _ => Err(Malformed::Unknown("instruction")),
        }
    }
}

/// Decodes bytes that anybody may have sent; never panics. It checks everything but the signature, which
/// [`Decoded::verify`] does.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Malformed> {
    if bytes.len() > BYTES_MAX {
        return Err(Malformed::Length);
    }
    let (signature, rest) = bytes.split_first_chunk().ok_or(Malformed::Length)?;
    let (public_key, message) = rest.split_first_chunk().ok_or(Malformed::Length)?;
    let payload = read_message(message)?;
    Ok(Decoded {
        payload,
        signature,
        public_key,
        message,
    })
}

impl Decoded<'_> {
    /// The signature the chain knows the transaction by.
    #[must_use]
    pub fn signature(&self) -> Signature {
        Signature::from_bytes(self.signature)
    }

    /// Checks that the wallet whose key the transaction carries signed exactly this content.
    pub fn verify(&self) -> Result<(), Malformed> {
        let key = VerifyingKey::from_bytes(self.public_key).map_err(|_| Malformed::Signature)?;
        let signature = ed25519_dalek::Signature::from_bytes(self.signature);
        key.verify_strict(self.message, &signature)
            .map_err(|_| Malformed::Signature)
    }
}

fn read_message(message: &[u8]) -> Result<Payload, Malformed> {
    let mut bytes = Reader(message);
    if bytes.byte()? != VERSION {
        return Err(Malformed::Version);
    }
    let order_id = OrderId::new(Uuid::from_bytes(*bytes.chunk()?));
    let execution = u32::from_le_bytes(*bytes.chunk()?);
    let salt = bytes.number()?;
    let last_valid_height = Height::new(bytes.number()?);

    let count = usize::from(bytes.byte()?);
    // A wrap, a swap and an unwrap at the most.
    if count > 3 {
        return Err(Malformed::Instructions);
    }
    let instructions: Vec<Instruction> = (0..count)
        .map(|_| Instruction::read(&mut bytes))
        .collect::<Result<_, _>>()?;
    if !bytes.0.is_empty() {
        return Err(Malformed::Length);
    }
    let swap = instructions
        .iter()
        .find_map(|instruction| match instruction {
            Instruction::Swap(swap) => Some(*swap),
            Instruction::WrapSol { .. } | Instruction::UnwrapSol => None,
        });
    let swap = swap.ok_or(Malformed::Instructions)?;
    let payload = Payload {
        order_id,
        execution,
        salt,
        last_valid_height,
        swap,
    };
    if payload.instructions() == instructions && swap.token_in != swap.token_out {
        Ok(payload)
    } else {
        Err(Malformed::Instructions)
    }
}

fn write_name(out: &mut Vec<u8>, name: &str) {
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend(name.as_bytes());
}

fn pool_named(name: &str) -> Result<Program, Malformed> {
    Program::parse(name).ok_or(Malformed::Unknown("pool"))
}

/// Only the exact symbol counts: with other spellings the same content could have other bytes.
fn token_named(name: &str) -> Result<Token, Malformed> {
    Token::find(name).ok_or(Malformed::Unknown("token"))
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        self.chunk::<1>().map(|[byte]| *byte)
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        self.chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn name(&mut self) -> Result<&'a str, Malformed> {
        let length = usize::from(self.byte()?);
        let (name, rest) = self.0.split_at_checked(length).ok_or(Malformed::Length)?;
        self.0 = rest;
        std::str::from_utf8(name).map_err(|_| Malformed::Unknown("name"))
    }

    fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], Malformed> {
        let (chunk, rest) = self.0.split_first_chunk().ok_or(Malformed::Length)?;
        self.0 = rest;
        Ok(chunk)
    }
}

#[cfg(test)]
mod tests;
