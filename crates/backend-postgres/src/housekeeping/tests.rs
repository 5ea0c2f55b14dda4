//! Deleting, against a real PostgreSQL: a round comes once a minute, too rarely to be seen from
//! outside.

use servers::PostgresServer;

use super::*;
use crate::{PgSettings, connect};

#[tokio::test]
async fn one_turn_forgets_all_old_answers_and_no_other() {
    let server = PostgresServer::start().expect("PostgreSQL starts");
    let db = connect::connect(&PgSettings::new(server.url()))
        .await
        .expect("a fresh server is usable");
    let old_and_new = "insert into idempotency_keys (client, key, fingerprint, order_id, answer, at)
        select 'anyone', n::text, '', gen_random_uuid(), '', case when n > 12000 then now_ms() else 0 end
        from generate_series(1, 12003) as n";
    db.write(old_and_new, &[]).await.expect("they are stored");

    tidy_once(&db).await.expect("the store is tidied");

    let count = "select count(*) as kept from idempotency_keys";
    let found = db.read(count, &[]).await.expect("they are counted");
    let kept: i64 = rows::column(&found[0], "kept").expect("a number");
    assert_eq!(kept, 3);
}
