//! The macros name every promise that the suites hold.

fn promises(source: &str) -> Vec<&str> {
    source
        .lines()
        .filter_map(|line| line.strip_prefix("pub async fn "))
        .filter_map(|line| line.split('(').next())
        .collect()
}

#[test]
fn every_promise_is_on_a_list() {
    let listed = include_str!("macros.rs");
    let suites = [
        include_str!("order_store/accepting.rs"),
        include_str!("order_store/claiming.rs"),
        include_str!("order_store/due.rs"),
        include_str!("order_store/recording.rs"),
        include_str!("order_store/withdrawing.rs"),
        include_str!("order_history.rs"),
        include_str!("order_history/counting.rs"),
        include_str!("order_history/transactions.rs"),
        include_str!("worker_registry.rs"),
        include_str!("operations.rs"),
        include_str!("waiting.rs"),
        include_str!("waiting/groups.rs"),
        include_str!("waiting/racing.rs"),
        include_str!("operations/binding.rs"),
        include_str!("job_queue.rs"),
        include_str!("status_feed.rs"),
    ];

    for promise in suites.into_iter().flat_map(promises) {
        assert!(
            listed.contains(&format!("            {promise},\n")),
            "{promise} is on no list"
        );
    }
}
