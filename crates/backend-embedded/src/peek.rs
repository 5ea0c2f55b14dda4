//! A look at a store for people who ask what stands in their way, also while an engine has it: nothing is made, changed
//! or waited for.

use std::path::Path;

use domain::Address;
use domain::spending::{Purpose, WalletUse};
use ports::safety::Peeked;

use crate::error::Fault;
use crate::reading::{safety, wallet_uses};
use crate::schema::STORE_FILE;
use crate::store::DATABASE_FILE;

/// Why a store cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("the store cannot be read")]
pub struct Unreadable(#[source] Fault);

/// What holds the engine of this folder back, and what is counted of a wallet; nothing where there is no store.
pub fn peek(
    folder: &Path,
    wallet: Option<Address>,
    of: &[Purpose],
) -> Result<Option<Peeked>, Unreadable> {
    let path = folder.join(DATABASE_FILE);
    if !path.is_file() {
        return Ok(None);
    }
    read(&path, wallet, of).map(Some).map_err(Unreadable)
}

fn read(path: &Path, wallet: Option<Address>, of: &[Purpose]) -> Result<Peeked, Fault> {
    let db = STORE_FILE.open_reader(path)?;
    let paused = "-- is_paused\nselect paused from engine where id = 1";
    let uses: Vec<WalletUse> = match wallet {
        Some(wallet) => wallet_uses::uses(&db, wallet, of)?,
        None => Vec::new(),
    };
    Ok(Peeked {
        is_paused: db.query_row(paused, [], |row| row.get(0))?,
        halt: safety::halted(&db)?,
        uses,
    })
}
