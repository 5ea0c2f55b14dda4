//! How many rows a store has, for tests that show that something left no trace.

use std::collections::BTreeMap;
use std::path::Path;

use ports::Result;

use super::DATABASE_FILE;
use crate::error::Fault;
use crate::schema::STORE_FILE;

/// The row count of every table of the store in this folder, read while another process has it
/// locked.
pub fn row_counts(folder: &Path) -> Result<BTreeMap<String, u64>> {
    Ok(count(folder)?)
}

fn count(folder: &Path) -> std::result::Result<BTreeMap<String, u64>, Fault> {
    let db = STORE_FILE.open_reader(&folder.join(DATABASE_FILE))?;
    let mut tables =
        db.prepare("-- tables\nselect name from sqlite_schema where type = 'table'")?;
    let names = tables.query_map((), |row| row.get::<_, String>(0))?;
    let mut counts = BTreeMap::new();
    for name in names {
        let name = name?;
        let statement = format!("-- rows_of_table\nselect count(*) from \"{name}\"");
        let rows: i64 = db.query_row(&statement, (), |row| row.get(0))?;
        counts.insert(name, u64::try_from(rows).unwrap_or_default());
    }
    Ok(counts)
}
