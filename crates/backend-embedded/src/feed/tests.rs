use domain::{ClientId, Event, EventData, OrderId, Seq, Timestamp};
use uuid::Uuid;

use super::*;

fn event(number: u32) -> Published {
    Published {
        client: ClientId::anyone(),
        event: Event {
            order_id: OrderId::new(Uuid::from_u128(1)),
            seq: Seq::new(number),
            at: Timestamp::from_millis(0),
            executions: 0,
            data: EventData::Accepted,
        },
    }
}

#[tokio::test]
async fn positions_sort_as_they_were_published() {
    let feed = InProcessFeed::keeping(100, &Random::seeded(1));
    let mut tail = feed.tail(Shard(0), TailFrom::Now).await.unwrap();
    feed.publish((0..50).map(event).collect()).await.unwrap();

    let Tailed::Events(events) = tail.next().await.unwrap() else {
        panic!("nothing was lost");
    };

    assert_eq!(events.len(), 50);
    assert!(events.is_sorted_by(|(one, _), (two, _)| one.0 < two.0));
}

#[tokio::test]
async fn a_position_of_the_future_is_forgotten() {
    let feed = InProcessFeed::keeping(100, &Random::seeded(1));
    feed.publish(vec![event(0)]).await.unwrap();
    let position = feed.0.position(2);

    let mut tail = feed
        .tail(Shard(0), TailFrom::After(position))
        .await
        .unwrap();

    assert!(matches!(tail.next().await.unwrap(), Tailed::Lost));
}
