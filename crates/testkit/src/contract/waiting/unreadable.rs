//! Waiting orders that cannot be read. Each store makes them so in its own way.

use super::*;

/// Orders that wait, all of one pair, in their order.
pub async fn accept_some(given: &Given, store: &Arc<dyn Store>, count: usize) -> Vec<OrderId> {
    let mut orders = Vec::new();
    for _ in 0..count {
        orders.push(given.accept(store, limit(given)).await);
    }
    orders
}

/// Checks that some of a pair's orders, which cannot be read, are left out everywhere, and the rest is not.
pub async fn check_left_out(store: &Arc<dyn Store>, orders: &[OrderId], unreadable: &[OrderId]) {
    let is_readable = |id: &OrderId| !unreadable.contains(id);
    let readable: Vec<OrderId> = orders.iter().copied().filter(is_readable).collect();
    let pair = Pair::between(Asset::SOL.mint, Asset::USDC.mint);
    for limit in 1..=orders.len() + 1 {
        let (mut listed, mut left_out, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = store.waiting_of_pair(&pair, after, limit).await;
            let page = page.expect("waiting_of_pair answers");
            listed.extend(page.orders.iter().map(|order| order.id));
            left_out.extend(page.unreadable);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((&*listed, &*left_out), (&*readable, unreadable));

        let (mut touched, mut after) = (Vec::new(), None);
        loop {
            let news = store.touched(Timestamp::from_millis(0), after, limit).await;
            let news = news.expect("touched answers");
            touched.extend(news.touched.iter().map(|it| it.order.id));
            after = news.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(touched, readable);
    }
    let among = store.waiting_among(orders).await;
    let mut among: Vec<OrderId> = among
        .expect("waiting_among answers")
        .iter()
        .map(|order| order.id)
        .collect();
    among.sort();
    assert_eq!(among, readable);
}
