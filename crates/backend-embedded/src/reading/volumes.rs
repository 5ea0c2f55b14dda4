//! What was traded of pairs, minute by minute.

use domain::volume::{MINUTES_MAX, VaultLook, Volume};
use domain::{BaseUnits, Timestamp};
use ports::volumes::KnownVolume;
use ports::waiting::Pair;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::Fault;

/// The minute of a time.
pub(crate) const fn minute(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(60_000)
}

/// What is known of a pair.
pub(crate) fn volume(db: &Connection, pair: &Pair, now: Timestamp) -> Result<KnownVolume, Fault> {
    let this = minute(now);
    let mut statement = db.prepare_cached(
        "-- read_volume_minutes
         select minute, traded from volume_minutes
         where token_in = ?1 and token_out = ?2 and minute between ?3 and ?4",
    )?;
    let first = this - i64::from(MINUTES_MAX);
    let mut rows = statement.query(params![pair.sold, pair.bought, first, this])?;
    let mut volume = Volume::default();
    while let Some(row) = rows.next()? {
        let traded: i64 = row.get(1)?;
        let traded = u64::try_from(traded).unwrap_or(0);
        if row.get::<_, i64>(0)? == this {
            volume.running = BaseUnits::new(traded);
        } else {
            volume.minutes += 1;
            volume.total += u128::from(traded);
        }
    }
    let last = last(db, pair)?;
    Ok(KnownVolume { last, volume })
}

/// The last look at a pair.
pub(crate) fn last(db: &Connection, pair: &Pair) -> Result<Option<VaultLook>, Fault> {
    let look: Option<String> = db
        .prepare_cached(
            "-- read_volume_look
             select look from volume_looks where token_in = ?1 and token_out = ?2",
        )?
        .query_row(params![pair.sold, pair.bought], |row| row.get(0))
        .optional()?;
    Ok(look.as_deref().map(serde_json::from_str).transpose()?)
}
