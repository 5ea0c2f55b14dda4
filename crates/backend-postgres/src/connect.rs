//! Opens a store: waits for the server, refuses an unsafe one, migrates, opens the pools.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    BuildError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts,
};
use ports::retry::Policy;
use ports::{Random, SystemClock};
use tokio::time::Instant;
use tokio_postgres::Config;

use crate::address::{CONNECT_LIMIT, ConnectError, server_of};
use crate::db::{CALL_LIMIT, Db, Pools};
use crate::migrate::migrate;
use crate::settings::{PgSettings, StatementCache};
use crate::tls::{Connector, read_address};

/// Between two tries to reach a server at the start.
const PAUSES: Policy = Policy {
    base_delay: Duration::from_millis(100),
    max_delay: Duration::from_secs(2),
};

/// Every statement finds its rows through an index. With these settings the planner cannot keep a
/// plan that reads a whole table, made at a time when the table was empty.
const SESSION: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
                       -c default_transaction_isolation=read\\ committed \
                       -c jit=off -c statement_timeout=5000 -c idle_in_transaction_session_timeout=10000";

/// For writes, whose plans are kept: each is planned once, because planning took longer than
/// execution. `place = place + 0` in the statements tells the planner to expect one input row. So a
/// plan begins with that row and looks up the rest by index, even a plan from a time when the
/// tables were nearly empty.
const KEPT_PLANS: &str = " -c plan_cache_mode=force_generic_plan";

/// For reads of due orders, which take the first rows of an index in its order. A planner that
/// believes the table is nearly empty, as it was at the last count, would read all rows and sort
/// them.
const IN_ORDER: &str = " -c enable_sort=off";

/// Opens a store's connections, waiting for a server that cannot be reached.
pub(crate) async fn connect(settings: &PgSettings) -> Result<Arc<Db>, ConnectError> {
    let deadline = Instant::now() + settings.patience;
    let accept = |answer, failures| match answer {
        Err(error @ ConnectError::Unreachable { .. }) if Instant::now() < deadline => {
            if failures == 0 {
                tracing::warn!("{error} ({}); waiting for it", innermost(&error));
            }
            None
        }
        other => Some(other),
    };
    let (clock, random) = (SystemClock::new(), Random::from_system());
    PAUSES
        .repeat_until(&clock, &random, || connect_once(settings), accept)
        .await
}

/// The root cause.
fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

async fn connect_once(settings: &PgSettings) -> Result<Arc<Db>, ConnectError> {
    let (mut config, tls) = read_address(&settings.url)?;
    config
        .application_name("order-engine")
        .connect_timeout(CONNECT_LIMIT)
        .tcp_user_timeout(CALL_LIMIT)
        .keepalives_idle(Duration::from_secs(10));
    let (mut of_readers, mut of_writers) = (config.clone(), config.clone());
    if settings.statement_cache == StatementCache::On {
        // Poolers refuse settings of a session that they share.
        let options = with_session(config.get_options());
        of_writers.options(options.clone() + KEPT_PLANS);
        of_readers.options(options.clone() + IN_ORDER);
        config.options(options);
    }
    let server = server_of(&config);
    let pool = |config, size| pool(config, &tls, size).map_err(ConnectError::unreachable(&server));
    let pools = Pools {
        readers: pool(&of_readers, settings.pool_size)?,
        writers: pool(&of_writers, settings.writers)?,
        lists: pool(&config, settings.lists)?,
    };
    let db = Arc::new(Db::new(pools, settings));
    refuse_unsafe(&db, &server).await?;
    migrate(settings).await?;
    Ok(db)
}

/// The address' own options, such as a search path, followed by ours, which win.
fn with_session(own: Option<&str>) -> String {
    own.map_or_else(|| SESSION.to_owned(), |own| format!("{own} {SESSION}"))
}

fn pool(config: &Config, tls: &Connector, size: usize) -> Result<Pool, BuildError> {
    let manager_config = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config.clone(), tls.clone(), manager_config);
    Pool::builder(manager)
        .max_size(size.max(1))
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(CALL_LIMIT),
            create: Some(CONNECT_LIMIT),
            recycle: Some(CONNECT_LIMIT),
        })
        .build()
}

const DURABILITY: &str = "-- read_durability
select current_setting('fsync'), current_setting('synchronous_commit'),
       current_setting('transaction_isolation')";

/// CONTRACT.md: an order answered with 201 survives every crash. With these settings it would not.
async fn refuse_unsafe(db: &Db, server: &str) -> Result<(), ConnectError> {
    let connection = db.reader().await.map_err(ports::Error::from);
    let connection = connection.map_err(ConnectError::unreachable(server))?;
    let found = db
        .within_limit(connection.query(DURABILITY, &[]))
        .await
        .map_err(ConnectError::unreachable(server))?
        .map_err(ConnectError::unreachable(server))?;
    let is_off = |column| {
        found
            .first()
            .is_none_or(|row| row.get::<_, &str>(column) == "off")
    };
    for (column, setting) in ["fsync", "synchronous_commit"].into_iter().enumerate() {
        if is_off(column) {
            return Err(ConnectError::NotDurable { setting });
        }
    }
    // Our own sessions set the level; sessions that a pooler shares cannot.
    let level = found.first().map_or("unknown", |row| row.get::<_, &str>(2));
    if level != "read committed" {
        return Err(ConnectError::Isolation {
            level: level.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_address_stand_before_our_own() {
        let url = "postgres://h/d?options=-c%20search_path%3Dengine";
        let (config, _) = read_address(url).expect("an address");

        let options = with_session(config.get_options());

        assert_eq!(options, format!("-c search_path=engine {SESSION}"));
        assert_eq!(with_session(None), SESSION);
    }
}
