//! Encrypted connections, as `sslmode` asks for them.

use backend_postgres::{ConnectError, PgSettings, PgStore};
use servers::{PostgresServer, tls};
use testkit::contract::Given;

use crate::{ask, meddle, settings};

/// A server that accepts only TLS. It requires that nobody else can read its key.
fn server() -> PostgresServer {
    PostgresServer::start_encrypted().expect("PostgreSQL starts")
}

fn through(server: &PostgresServer, host: &str, query: &str) -> PgSettings {
    let url = server.url().replace("127.0.0.1", host);
    PgSettings {
        url: format!("{url}?{query}"),
        patience: std::time::Duration::ZERO,
        ..settings(server)
    }
}

#[tokio::test]
async fn require_and_verify_full_encrypt() {
    let server = server();
    let authority = tls::authority();
    for query in [
        "sslmode=require".to_owned(),
        format!("sslmode=verify-full&sslrootcert={}", authority.display()),
    ] {
        let store = PgStore::connect(through(&server, "localhost", &query))
            .await
            .unwrap_or_else(|error| panic!("{query}: {error:?}"));
        let store: std::sync::Arc<dyn ports::Store> = store;
        Given::new().accepted(&store).await;
        let clear = "select count(*) from pg_stat_ssl s join pg_stat_activity a using (pid)
                     where a.application_name = 'order-engine' and not s.ssl";
        assert_eq!(ask(&server, clear).await, "0");
    }
}

#[tokio::test]
async fn verify_full_refuses_an_authority_it_does_not_know() {
    let server = server();

    let refused = PgStore::connect(through(&server, "localhost", "sslmode=verify-full")).await;

    assert!(matches!(refused, Err(ConnectError::Unreachable { .. })));
}

#[tokio::test]
async fn require_refuses_a_server_without_tls() {
    let server = PostgresServer::start().expect("PostgreSQL starts");

    let refused = PgStore::connect(through(&server, "localhost", "sslmode=require")).await;

    assert!(matches!(refused, Err(ConnectError::Unreachable { .. })));
}

/// The password proof names the server's certificate, so nobody in between can forward it.
#[tokio::test]
async fn a_password_is_proved_to_the_server_that_has_the_certificate() {
    let server = server();
    meddle(
        &server,
        "set password_encryption = 'scram-sha-256';
         create role guarded superuser login password 'open sesame';
         do $$ begin execute format(
             'copy (select unnest(array[''hostssl all guarded all scram-sha-256'',
                                        ''hostssl all all all trust''])) to %L',
             current_setting('hba_file'));
         end $$;
         select pg_reload_conf()",
    )
    .await;
    let guarded = |password: &str| {
        let with_role = through(
            &server,
            "localhost",
            "sslmode=require&channel_binding=require",
        );
        let (start, rest) = with_role.url.split_once("://").expect("an address");
        let (_, host) = rest.split_once('@').unwrap_or(("", rest));
        PgSettings {
            url: format!("{start}://guarded:{password}@{host}"),
            ..with_role
        }
    };

    let store = PgStore::connect(guarded("open%20sesame")).await;
    let refused = PgStore::connect(guarded("wrong")).await;

    assert!(store.is_ok(), "{store:?}");
    assert!(matches!(refused, Err(ConnectError::Unreachable { .. })));
}
