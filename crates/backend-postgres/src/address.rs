//! Where the server is, and why it cannot be used.

use std::error::Error as StdError;
use std::time::Duration;

use ports::cluster::Unfinished;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;

use crate::tls::InvalidAddress;

/// A reachable server answers long before.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Why there is no store.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the address of PostgreSQL is not valid: {0}")]
    Address(#[from] InvalidAddress),
    #[error("PostgreSQL runs with {setting}=off: what it confirms is not durable; turn it on")]
    NotDurable { setting: &'static str },
    #[error(
        "PostgreSQL runs transactions at the level {level} and the engine needs read committed: \
         alter role … set default_transaction_isolation = 'read committed'"
    )]
    Isolation { level: String },
    #[error("the schema is at version {found} and this program knows {known}; start a newer one")]
    NewerSchema { found: i32, known: i32 },
    #[error("PostgreSQL at {server} cannot be reached")]
    Unreachable {
        server: String,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
    #[error("the schema cannot be brought up to date")]
    Migration(#[source] Box<dyn StdError + Send + Sync>),
}

impl ConnectError {
    /// Makes the errors of calls to this server.
    pub(crate) fn unreachable<E: Into<Box<dyn StdError + Send + Sync>>>(
        server: &str,
    ) -> impl Fn(E) -> Self {
        move |error| Self::Unreachable {
            server: server.to_owned(),
            source: error.into(),
        }
    }

    pub(crate) fn migration(error: tokio_postgres::Error) -> Self {
        match unfinished_orders(&error) {
            Some(orders) => Unfinished { orders }.into(),
            None => Self::Migration(Box::new(error)),
        }
    }
}

/// How many orders the step that gives a store to a cluster found unfinished, if it failed for that.
fn unfinished_orders(error: &tokio_postgres::Error) -> Option<u64> {
    let error = error.as_db_error()?;
    let failed_for_it = *error.code() == SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE;
    failed_for_it
        .then(|| error.detail()?.parse().ok())
        .flatten()
}

/// The server that the address names, without the password.
pub(crate) fn server_of(config: &Config) -> String {
    let mut ports = config.get_ports().iter().copied();
    let mut port = 5_432;
    let hosts = config.get_hosts().iter().map(|host| {
        // As in libpq: a port for each host, or one for all.
        port = ports.next().unwrap_or(port);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    hosts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::read_address;

    #[track_caller]
    fn check(url: &str, server: &str) {
        let (config, _) = read_address(url).expect("an address");
        assert_eq!(server_of(&config), server);
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        check(
            "postgres://engine:secret@db.example/orders",
            "db.example:5432",
        );
        check(
            "postgres://engine:secret@a:5433,b:5434/orders",
            "a:5433,b:5434",
        );
        check("postgres://engine:secret@a,b/orders", "a:5432,b:5432");
    }
}
