use futures_util::future::join_all;

use super::*;
use crate::script::{Call, Script};

#[tokio::test(start_paused = true)]
async fn a_size_is_asked_for_once_in_an_epoch() {
    let script = Script::new([
        Call::minimum_balance(165, 2_039_280),
        Call::minimum_balance(170, 2_074_080),
        Call::minimum_balance(165, 1_488_440),
    ]);
    let rents = Rents::new(script.rpc());

    let minimums = [
        rents.minimum(165, 700).await.unwrap(),
        rents.minimum(165, 700).await.unwrap(),
        rents.minimum(170, 700).await.unwrap(),
        rents.minimum(165, 701).await.unwrap(),
    ];

    let expected = [2_039_280, 2_039_280, 2_074_080, 1_488_440];
    assert_eq!(minimums, expected.map(Lamports::new));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn all_who_ask_at_one_moment_share_one_question() {
    let script = Script::new([Call::minimum_balance(165, 2_039_280)]);
    let rents = Rents::new(script.rpc());

    let minimums = join_all((0..20).map(|_| rents.minimum(165, 700))).await;

    let minimums: Result<Vec<_>, _> = minimums.into_iter().collect();
    assert_eq!(minimums.unwrap(), [Lamports::new(2_039_280); 20]);
    script.check_done();
}
