//! An older file is upgraded, a newer one is refused and left alone.

use super::*;

/// A database without a table of its own.
pub(crate) const EMPTY: Database = Database {
    migrations: &[],
    version_in: VersionIn::Header,
    statements: 16,
    cache_kib: 1_024,
    busy: Duration::from_secs(2),
};

const ALL: &[&str] = &["create table a (x)", "create table b (x)"];

fn database(version_in: VersionIn, migrations: &'static [&'static str]) -> Database {
    Database {
        migrations,
        version_in,
        statements: 4,
        cache_kib: 1_024,
        busy: Duration::from_secs(2),
    }
}

fn tables(db: &Connection) -> i64 {
    let sql = "-- count_tables\nselect count(*) from sqlite_schema where name in ('a', 'b')";
    db.query_row(sql, [], |row| row.get(0)).expect("a count")
}

#[track_caller]
fn check(version_in: VersionIn) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("some.db");
    let (older, newer) = (database(version_in, &ALL[..1]), database(version_in, ALL));

    let fresh = newer.open_as_it_is(&path).expect("a fresh file");
    assert_eq!(newer.version(&fresh), Ok(0));
    assert_eq!(tables(&older.open_writer(&path).expect("an empty file")), 1);
    let as_it_is = newer.open_as_it_is(&path).expect("an older one");
    assert_eq!(newer.version(&as_it_is), Ok(1));
    assert_eq!(tables(&as_it_is), 1);
    assert_eq!(tables(&newer.open_writer(&path).expect("an older one")), 2);
    assert_eq!(tables(&newer.open_writer(&path).expect("the same")), 2);

    let refused = older.open_writer(&path).expect_err("it is newer");
    assert!(
        matches!(refused, OpenError::Newer { found: 2, known: 1 }),
        "{refused:?}"
    );
    assert_eq!(tables(&newer.open_writer(&path).expect("untouched")), 2);
}

#[test]
fn a_file_whose_version_is_in_a_table_is_migrated_once() {
    check(VersionIn::Table);
}

#[test]
fn a_file_whose_version_is_in_the_header_is_migrated_once() {
    check(VersionIn::Header);
}
