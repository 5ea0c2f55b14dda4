//! What was traded of pairs, minute by minute.

use domain::BaseUnits;
use domain::volume::{MINUTES_MAX, VaultLook, Volume};
use ports::volumes::{KnownVolume, LOOKS_KEPT_MINUTES, NewLook};
use ports::waiting::Pair;
use tokio_postgres::types::Type;

use crate::db::Db;
use crate::failure::Failure;
use crate::rows;

const READ: &str = "-- read_volume
with clock as materialized (
    select now_ms() / 60000 as minute
)
select (select l.look from volume_looks l where l.token_in = $1 and l.token_out = $2) as look,
       coalesce(sum(m.traded) filter (where m.minute < clock.minute), 0)::text as total,
       (count(m.minute) filter (where m.minute < clock.minute))::int4 as minutes,
       coalesce(max(m.traded) filter (where m.minute = clock.minute), 0)::int8 as running
from clock
left join volume_minutes m
    on m.token_in = $1 and m.token_out = $2 and m.minute between clock.minute - $3 and clock.minute
group by clock.minute";

/// What is known of a pair.
pub(crate) async fn volume(db: &Db, pair: &Pair) -> Result<KnownVolume, Failure> {
    let minutes_max = i64::from(MINUTES_MAX);
    let found = db
        .read(
            READ,
            &[
                (&pair.sold, Type::TEXT),
                (&pair.bought, Type::TEXT),
                (&minutes_max, Type::INT8),
            ],
        )
        .await?;
    let Some(row) = found.first() else {
        return Ok(KnownVolume::default());
    };
    let look: Option<&str> = rows::column(row, "look")?;
    let look = look.map(serde_json::from_str::<VaultLook>).transpose();
    let total: &str = rows::column(row, "total")?;
    let minutes: i32 = rows::column(row, "minutes")?;
    let running: i64 = rows::column(row, "running")?;
    let of = |why: String| Failure::unreadable("the volume", &pair.sold, why);
    Ok(KnownVolume {
        last: look.map_err(|error| of(error.to_string()))?,
        volume: Volume {
            running: BaseUnits::new(u64::try_from(running).unwrap_or(0)),
            minutes: u32::try_from(minutes).unwrap_or(0),
            total: total.parse().map_err(|_| of("total".to_owned()))?,
        },
    })
}

/// A look of which the last one has been forgotten is none that follows it.
const KEEP: &str = "-- keep_volume_look
with clock as materialized (
    select now_ms() as now
),
kept as (
    insert into volume_looks as l (token_in, token_out, slot, look, looked_at)
    select $1, $2, $3, $4, clock.now from clock
    where $5::int8 is null
       or exists (select from volume_looks o where o.token_in = $1 and o.token_out = $2)
    on conflict (token_in, token_out) do update
    set slot = excluded.slot, look = excluded.look, looked_at = excluded.looked_at
    where l.slot = $5
    returning l.slot
),
counted as (
    insert into volume_minutes as m (token_in, token_out, minute, traded)
    select $1, $2, clock.now / 60000, $6 from kept, clock
    on conflict (token_in, token_out, minute) do update
    set traded = least(m.traded::numeric + excluded.traded, 9223372036854775807)::int8
),
old_looks as (
    delete from volume_looks l using clock
    where l.looked_at < clock.now - $7 * 60000 and (l.token_in, l.token_out) <> ($1, $2)
),
old_minutes as (
    delete from volume_minutes m using clock where m.minute < clock.now / 60000 - $8
)
select count(*)::int4 as kept from kept";

/// Keeps a look, unless somebody else has looked meanwhile.
pub(crate) async fn keep_look(db: &Db, pair: &Pair, look: &NewLook) -> Result<bool, Failure> {
    let integer = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let slot = integer(look.look.slot);
    let text = rows::json(&look.look)?;
    let last = look.last.map(integer);
    let traded = integer(look.traded.get());
    let looks_kept = i64::from(LOOKS_KEPT_MINUTES);
    let minutes_kept = i64::from(MINUTES_MAX);
    let kept = db
        .write(
            KEEP,
            &[
                (&pair.sold, Type::TEXT),
                (&pair.bought, Type::TEXT),
                (&slot, Type::INT8),
                (&text, Type::TEXT),
                (&last, Type::INT8),
                (&traded, Type::INT8),
                (&looks_kept, Type::INT8),
                (&minutes_kept, Type::INT8),
            ],
        )
        .await?;
    let row = kept.first();
    let count = row
        .map(|row| rows::column::<i32>(row, "kept"))
        .transpose()?;
    Ok(count == Some(1))
}
