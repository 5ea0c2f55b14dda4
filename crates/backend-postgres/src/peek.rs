//! A look at a database for people who ask what stands in their way: nothing is made, changed or waited for.

use std::time::Duration;

use domain::Address;
use domain::spending::Purpose;
use ports::safety::Peeked;
use tokio::task::JoinSet;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use crate::address::{CONNECT_LIMIT, ConnectError, server_of};
use crate::failure::Failure;
use crate::rows;
use crate::safety::halt;
use crate::settings::PgSettings;
use crate::tls::read_address;
use crate::wallet_uses::{USES, of_each};

/// How long the server has.
const PATIENCE: Duration = Duration::from_secs(5);

const STATE: &str = "-- peek_at_engine
select paused, halted_at is not null as is_halted, halted_at, halted_by, halt_reason from engine_state";

const LIMITS: &str = "-- list_limits_of_workers
select distinct w.host, w.limits from workers w where w.seen_at > now_ms() - $1 order by w.host, w.limits";

/// The limits on spending that each live worker holds to, by its host; none where the database has no tables yet.
pub async fn limits_of_workers(
    settings: &PgSettings,
) -> Result<Vec<(String, String)>, ConnectError> {
    let lease = rows::millis(settings.lease);
    let rows = read(settings, LIMITS, &[&lease]).await?;
    let rows = rows.iter().flatten();
    Ok(rows.map(|row| (row.get(0), row.get(1))).collect())
}

/// What holds the engine of this database back, and what is counted of a wallet; nothing where it has no tables yet.
pub async fn peek(
    settings: &PgSettings,
    wallet: Option<Address>,
    of: &[Purpose],
) -> Result<Option<Peeked>, ConnectError> {
    let Some(states) = read(settings, STATE, &[]).await? else {
        return Ok(None);
    };
    let mut peeked = Peeked::default();
    for row in &states {
        peeked.is_paused = row.get("paused");
        let is_halted: bool = row.get("is_halted");
        peeked.halt = is_halted
            .then(|| halt(row))
            .transpose()
            .map_err(unreadable)?;
    }
    let Some(wallet) = wallet else {
        return Ok(Some(peeked));
    };
    let mints: Vec<Vec<u8>> = of.iter().map(|it| it.key().bytes().to_vec()).collect();
    let wallet = wallet.bytes().to_vec();
    let found = read(settings, USES, &[&wallet, &mints]).await?;
    peeked.uses = of_each(&found.unwrap_or_default(), of).map_err(unreadable)?;
    Ok(Some(peeked))
}

fn unreadable(failure: Failure) -> ConnectError {
    ConnectError::unreachable("the given address")(ports::Error::from(failure))
}

/// The rows of one statement; nothing where the database has no such table yet.
async fn read(
    settings: &PgSettings,
    statement: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Option<Vec<Row>>, ConnectError> {
    let (mut config, tls) = read_address(&settings.url)?;
    config.application_name("order-engine doctor");
    config.connect_timeout(CONNECT_LIMIT);
    let server = server_of(&config);
    let asking = async {
        let (client, connection) = config
            .connect(tls)
            .await
            .map_err(ConnectError::unreachable(&server))?;
        // Ends, with the connection, when the answer is there.
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            let _ = connection.await;
        });
        match client.query(statement, parameters).await {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if has_no_such_table(&error) => Ok(None),
            Err(error) => Err(ConnectError::unreachable(&server)(error)),
        }
    };
    let asked = tokio::time::timeout(PATIENCE, asking).await;
    asked.map_err(ConnectError::unreachable(&server))?
}

fn has_no_such_table(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    code == Some(&SqlState::UNDEFINED_TABLE)
        || code == Some(&SqlState::UNDEFINED_COLUMN)
        || code == Some(&SqlState::UNDEFINED_FUNCTION)
}
