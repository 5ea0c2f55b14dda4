//! Rows of a newer version beside those of this one, as there are during an upgrade.

use domain::event::SCHEMA_VERSION;
use domain::{EventData, Seq};
use ports::order_history::{ListFilter, Watch};
use ports::order_store::Claim;
use testkit::contract::Given;

use crate::{meddle, open_patiently, server};

#[tokio::test]
async fn an_order_of_a_newer_version_is_left_alone_and_hides_no_other() {
    let (server, given) = (server(), Given::new());
    let store = open_patiently(&server).await;
    let newer = given.accepted(&store).await;
    let known = given.accepted(&store).await;
    let worker = given.worker(&store).await;
    meddle(
        &server,
        &format!(
            "update orders set schema_version = {}, terms = '{{}}' where id = '{newer}';
             insert into order_events (order_id, seq, event_id, status, executions, at, data)
             values ('{newer}', 1, gen_random_uuid(), 0, 0, now_ms(), '{{\"type\":\"armed\"}}')",
            SCHEMA_VERSION + 1
        ),
    )
    .await;

    let filter = ListFilter {
        limit: 10,
        ..ListFilter::default()
    };
    let listed = store.list(&filter).await.expect("a page is read");
    let watches = [newer, known].map(|order_id| Watch {
        order_id,
        next: Seq::FIRST,
    });
    let events = store.events_for(&watches).await.expect("events are read");
    let claim = store.claim(newer, worker).await.expect("the store answers");

    let listed: Vec<_> = listed.iter().map(|order| order.id).collect();
    assert_eq!(listed, [known]);
    let accepted: Vec<_> = events
        .iter()
        .map(|event| (event.order_id, event.data.clone()))
        .collect();
    assert_eq!(accepted.len(), 2, "{accepted:?}");
    for order in [newer, known] {
        assert!(
            accepted.contains(&(order, EventData::Accepted)),
            "{accepted:?}"
        );
    }
    assert!(matches!(claim, Claim::Unknown), "{claim:?}");
    given.leased(&store, known).await;
}
