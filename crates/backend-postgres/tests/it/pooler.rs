//! Through a transaction pooler nothing may depend on a session: every statement may run in a
//! different one.

use backend_postgres::{PgSettings, StatementCache};
use domain::EventData;
use testkit::contract::Given;

use crate::{ask, open_with, server, settings};

#[tokio::test]
async fn without_a_statement_cache_nothing_is_prepared_in_a_session() {
    let server = server();
    let store = open_with(PgSettings {
        statement_cache: StatementCache::Off,
        direct_url: Some(server.url()),
        pool_size: 1,
        writers: 1,
        ..settings(&server)
    })
    .await;
    let given = Given::new();

    let order = given.accepted(&store).await;
    let mut lease = given.leased(&store, order).await;
    given
        .record(&store, &mut lease, EventData::RoutingStarted)
        .await;
    store
        .release(&lease, std::time::Duration::ZERO)
        .await
        .expect("release answers");

    let counts = store.counts().await.expect("counts answer");
    assert_eq!((counts.by_status[1], counts.running), (1, 1));
    // Anything that a session still holds would show in the sessions' own views.
    let locks = "select count(*) from pg_locks where locktype = 'advisory'";
    assert_eq!(ask(&server, locks).await, "0");
    let listening = "select count(*) from pg_stat_activity
                     where application_name = 'order-engine' and state = 'idle in transaction'";
    assert_eq!(ask(&server, listening).await, "0");
}
