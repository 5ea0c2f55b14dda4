//! The engine's statements need the level read committed, whatever level a server or a role is set
//! to.

use backend_postgres::{ConnectError, PgSettings, PgStore, StatementCache};
use ports::worker_registry::Beat;
use servers::PostgresServer;
use testkit::contract::Given;

use crate::{meddle, open_patiently, server, settings};

async fn set_level(server: &PostgresServer, level: &str) {
    let sql = format!("alter system set default_transaction_isolation = '{level}'");
    meddle(server, &sql).await;
    meddle(server, "select pg_reload_conf()").await;
}

/// Every write at another level fails.
const GUARD: &str = "
    create function refuse_other_levels() returns trigger language plpgsql as $$
    begin
        if current_setting('transaction_isolation') <> 'read committed' then
            raise exception 'written at the level %', current_setting('transaction_isolation');
        end if;
        return new;
    end
    $$;
    create trigger guard before insert or update on orders
        for each row execute function refuse_other_levels();
    create trigger guard before insert or update on order_events
        for each row execute function refuse_other_levels();
    create trigger guard before insert or update on workers
        for each row execute function refuse_other_levels();";

#[tokio::test]
async fn a_server_set_to_another_isolation_level_is_used_at_read_committed() {
    for level in ["repeatable read", "serializable"] {
        let (server, given) = (server(), Given::new());
        set_level(&server, level).await;

        let store = open_patiently(&server).await;

        meddle(&server, GUARD).await;
        let order = given.accepted(&store).await;
        let mut lease = given.leased(&store, order).await;
        given.confirm(&store, &mut lease).await;
        let beat = store.heartbeat(lease.worker, &Beat::default()).await;
        beat.expect("heartbeat answers");
    }
}

#[tokio::test]
async fn behind_a_pooler_another_isolation_level_is_refused_by_name() {
    let server = server();
    set_level(&server, "serializable").await;

    let refused = PgStore::connect(PgSettings {
        statement_cache: StatementCache::Off,
        direct_url: Some(server.url()),
        ..settings(&server)
    })
    .await;

    let refused = refused.expect_err("its sessions cannot be told");
    assert!(
        matches!(refused, ConnectError::Isolation { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("serializable"), "{refused}");
}
