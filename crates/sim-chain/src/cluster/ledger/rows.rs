//! Lines of the ledger in a database.

use domain::asset::TokenProgram;
use domain::transaction::{Blockhash, Height, Signature};
use domain::{Address, Asset, BaseUnits, Mint, Timestamp, Venue};
use ports::ledger::{LedgerEntry, LedgerFilter, LedgerPage};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use super::line::Line;

pub(crate) const SCHEMA: &str = "
create table ledger (
    place integer primary key,
    -- The signature's first eight bytes, in an index a fraction of the size of that of all of it.
    head integer not null,
    signature blob not null,
    venue text not null,
    mint_in blob not null,
    decimals_in integer not null,
    program_in text not null,
    mint_out blob not null,
    decimals_out integer not null,
    program_out text not null,
    amount_in integer not null,
    amount_out integer not null,
    slot integer not null,
    height integer not null,
    landed_at integer not null,
    ok integer not null,
    blockhash blob not null
) strict;

create index ledger_by_signature on ledger (head, place);
";

/// The longest page, whatever is asked for.
const PAGE_MAX: usize = 1_000;

/// Adds a line.
pub(crate) fn append(db: &Connection, line: &Line) -> rusqlite::Result<()> {
    let entry = &line.entry;
    let (asset_in, asset_out) = (entry.asset_in, entry.asset_out);
    db.prepare_cached(
        "-- append_to_ledger
        insert into ledger (head, signature, venue, mint_in, decimals_in, program_in, mint_out,
            decimals_out, program_out, amount_in, amount_out, slot, height, landed_at, ok,
            blockhash)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        head(&line.signature),
        line.signature.as_slice(),
        entry.venue.name(),
        asset_in.mint.address().bytes(),
        asset_in.decimals,
        asset_in.program.name(),
        asset_out.mint.address().bytes(),
        asset_out.decimals,
        asset_out.program.name(),
        // SQLite's integers are signed; they keep the same 64 bits.
        entry.amount_in.get().cast_signed(),
        entry.amount_out.get().cast_signed(),
        line.slot.cast_signed(),
        entry.height.get().cast_signed(),
        entry.landed_at.as_millis(),
        entry.ok,
        entry.blockhash.bytes(),
    ])?;
    Ok(())
}

/// Removes the lines of blocks that have vanished, from this slot on.
pub(crate) fn remove_from(db: &Connection, slot: u64) -> rusqlite::Result<()> {
    db.prepare_cached(
        "-- remove_from_ledger
        delete from ledger where slot >= ?1",
    )?
    .execute([slot.cast_signed()])?;
    Ok(())
}

/// A page of the ledger, oldest line first.
pub(crate) fn page(db: &Connection, filter: &LedgerFilter) -> rusqlite::Result<LedgerPage> {
    let limit = filter.limit.clamp(1, PAGE_MAX);
    let after = i64::try_from(filter.after.unwrap_or(0)).unwrap_or(i64::MAX);
    // One more than asked for shows whether there is a further page.
    let rows = i64::try_from(limit).unwrap_or(i64::MAX) + 1;
    let mut entries = match &filter.signatures {
        None => db
            .prepare_cached(
                "-- list_ledger
                select place, signature, venue, mint_in, decimals_in, program_in, mint_out,
                    decimals_out, program_out, amount_in, amount_out, height, landed_at, ok, blockhash
                from ledger where place > ?1 order by place limit ?2",
            )?
            .query_map(params![after, rows], read_entry)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
        Some(signatures) => db
            .prepare_cached(
                "-- list_ledger_of_signatures
                select place, signature, venue, mint_in, decimals_in, program_in, mint_out,
                    decimals_out, program_out, amount_in, amount_out, height, landed_at, ok, blockhash
                from ledger where place > ?1 and head in (select value from json_each(?2))
                order by place limit ?3",
            )?
            .query_map(params![after, heads(signatures), rows], read_entry)?
            .collect::<rusqlite::Result<Vec<_>>>()?,
    };
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|(place, _)| *place);
    let mut entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
    if let Some(signatures) = &filter.signatures {
        // Others may begin with the same bytes.
        let asked: std::collections::HashSet<_> = signatures.iter().collect();
        entries.retain(|entry| asked.contains(&entry.signature));
    }
    Ok(LedgerPage { entries, next })
}

fn head(signature: &[u8; 64]) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *signature;
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn heads(signatures: &[Signature]) -> String {
    let heads = signatures.iter().map(|signature| {
        let mut bytes = [0; 64];
        // A signature was checked when it was read.
        let _ = bs58::decode(signature.as_str()).onto(&mut bytes);
        head(&bytes).to_string()
    });
    format!("[{}]", heads.collect::<Vec<_>>().join(","))
}

fn read_entry(row: &Row<'_>) -> rusqlite::Result<(u64, LedgerEntry)> {
    let signature: [u8; 64] = row.get(1)?;
    let entry = LedgerEntry {
        signature: Signature::from_bytes(&signature),
        blockhash: Blockhash::new(row.get(14)?),
        venue: parsed(row, 2, Venue::parse)?,
        asset_in: asset(row, 3)?,
        asset_out: asset(row, 6)?,
        amount_in: number(row, 9).map(BaseUnits::new)?,
        amount_out: number(row, 10).map(BaseUnits::new)?,
        height: number(row, 11).map(Height::new)?,
        landed_at: Timestamp::from_millis(row.get(12)?),
        ok: row.get(13)?,
    };
    Ok((number(row, 0)?, entry))
}

/// An asset that stands in this column and the next two.
fn asset(row: &Row<'_>, column: usize) -> rusqlite::Result<Asset> {
    Ok(Asset {
        mint: Mint::new(Address::new(row.get(column)?)),
        decimals: row.get(column + 1)?,
        program: parsed(row, column + 2, TokenProgram::parse)?,
    })
}

/// SQLite's integers are signed; they keep the same 64 bits.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::cast_unsigned)
}

fn parsed<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| {
        let message = format!("{text:?} is not what this column holds");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, message.into())
    })
}
