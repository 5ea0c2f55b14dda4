//! A wallet from a file as `solana-keygen` writes it: 64 numbers in brackets, the secret half and the public one. Hosts
//! without files give the same as a text.
//!
//! Everything is asked of the opened file, never of its path again, which may lead elsewhere by then.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use ed25519_dalek::SigningKey;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use zeroize::Zeroizing;

use super::{Wallet, scrub};

/// Numbers, commas and spaces of 64 bytes take less.
const FILE_BYTES_MAX: u16 = 1_024;
/// What others may do with a file.
const GROUP_AND_OTHERS: u32 = 0o077;

/// Why a key file is not used. No variant holds anything of its content.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be opened or read.
    #[error("cannot be read")]
    Unreadable(#[source] io::Error),
    /// Its path is a link, whose target somebody may change.
    #[error("is a link; name the file itself")]
    Link,
    /// It is a folder, a pipe or a device.
    #[error("is no file")]
    NotAFile,
    /// Somebody else owns it.
    #[error("belongs to user {owner}, and this process runs as user {process}")]
    OtherOwner {
        /// The file's.
        owner: u32,
        /// Ours.
        process: u32,
    },
    /// Others can read or write it.
    #[error("is open to others (mode {mode:03o}); run chmod 600 on it")]
    OpenToOthers {
        /// Its permissions.
        mode: u32,
    },
    /// It does not hold a key.
    #[error("does not hold 64 numbers in brackets as solana-keygen writes them")]
    NotAKey,
    /// Its two halves do not belong together.
    #[error("holds a public key that is not its secret key's")]
    Mismatch,
}

/// Why a text is no key. No variant holds anything of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// It does not hold a key.
    #[error("neither 64 bytes in base58 nor 64 numbers in brackets")]
    NotAKey,
    /// Its two halves do not belong together.
    #[error("a public key that is not its secret key's")]
    Mismatch,
}

/// Reads a wallet's key from a text: its 64 bytes in base58, or as a key file has them.
pub fn from_text(text: &str) -> Result<Wallet, KeyTextError> {
    let read = parse_text(text.trim());
    scrub();
    read
}

#[inline(never)]
fn parse_text(text: &str) -> Result<Wallet, KeyTextError> {
    let keypair = match text.starts_with('[') {
        true => parse(text.as_bytes()),
        false => base58(text),
    };
    let keypair = keypair.ok_or(KeyTextError::NotAKey)?;
    wallet(&keypair).ok_or(KeyTextError::Mismatch)
}

/// Reads a wallet's key file.
pub fn read(path: &Path) -> Result<Wallet, KeyFileError> {
    let read = read_file(path);
    scrub();
    read
}

#[inline(never)]
fn read_file(path: &Path) -> Result<Wallet, KeyFileError> {
    let file = open(path)?;
    let about = file.metadata().map_err(KeyFileError::Unreadable)?;
    check(&about, geteuid().as_raw())?;
    // Twice what is read, so that it never grows, which would leave a copy behind.
    let mut text = Zeroizing::new(Vec::with_capacity(2 * usize::from(FILE_BYTES_MAX)));
    file.take(FILE_BYTES_MAX.into())
        .read_to_end(&mut text)
        .map_err(KeyFileError::Unreadable)?;
    let keypair = parse(&text).ok_or(KeyFileError::NotAKey)?;
    wallet(&keypair).ok_or(KeyFileError::Mismatch)
}

/// The wallet of both halves, if they belong together.
fn wallet(keypair: &[u8; 64]) -> Option<Wallet> {
    SigningKey::from_keypair_bytes(keypair)
        .ok()
        .map(Wallet::new)
}

/// Reads the bytes into one array, as the numbers are.
fn base58(text: &str) -> Option<Zeroizing<[u8; 64]>> {
    let mut bytes = Zeroizing::new([0; 64]);
    let length = bs58::decode(text).onto(bytes.as_mut_slice()).ok()?;
    (length == 64).then_some(bytes)
}

fn open(path: &Path) -> Result<File, KeyFileError> {
    // A pipe must not keep us waiting for its writer.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path);
    opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == nix::errno::Errno::ELOOP as i32 => KeyFileError::Link,
        _ => KeyFileError::Unreadable(error),
    })
}

fn check(about: &Metadata, process: u32) -> Result<(), KeyFileError> {
    if !about.is_file() {
        return Err(KeyFileError::NotAFile);
    }
    if about.uid() != process {
        return Err(KeyFileError::OtherOwner {
            owner: about.uid(),
            process,
        });
    }
    let mode = about.mode() & 0o777;
    match mode & GROUP_AND_OTHERS {
        0 => Ok(()),
        _ => Err(KeyFileError::OpenToOthers { mode }),
    }
}

/// Reads the numbers into one array: a JSON reader would leave copies of them.
fn parse(text: &[u8]) -> Option<Zeroizing<[u8; 64]>> {
    let inner = text.trim_ascii().strip_prefix(b"[")?.strip_suffix(b"]")?;
    let mut bytes = Zeroizing::new([0; 64]);
    let mut numbers = inner.split(|byte| *byte == b',');
    for byte in bytes.iter_mut() {
        *byte = number(numbers.next()?.trim_ascii())?;
    }
    numbers.next().is_none().then_some(bytes)
}

fn number(digits: &[u8]) -> Option<u8> {
    if digits.is_empty() || digits.len() > 3 {
        return None;
    }
    digits.iter().try_fold(0_u8, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests;
