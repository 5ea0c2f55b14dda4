//! A look at a database for people who ask what stands in their way: nothing is made, changed or waited for.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_postgres::error::SqlState;

use crate::address::{CONNECT_LIMIT, ConnectError, server_of};
use crate::rows;
use crate::settings::PgSettings;
use crate::tls::read_address;

/// How long the server has.
const PATIENCE: Duration = Duration::from_secs(5);

const LIMITS: &str = "-- list_limits_of_workers
select distinct w.host, w.limits from workers w where w.seen_at > now_ms() - $1 order by w.host, w.limits";

/// The limits on spending that each live worker holds to, by its host; none where the database has no tables yet.
pub async fn limits_of_workers(
    settings: &PgSettings,
) -> Result<Vec<(String, String)>, ConnectError> {
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
        let lease = rows::millis(settings.lease);
        match client.query(LIMITS, &[&lease]).await {
            Ok(rows) => Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect()),
            Err(error) if has_no_such_table(&error) => Ok(Vec::new()),
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
