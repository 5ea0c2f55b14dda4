use domain::transaction::Height;
use solana_transaction_error::TransactionError;

use super::*;
use crate::rpc::{At, EpochInfo, Failure, Slot};
use crate::script::{Call, Script};

fn signature(byte: u8) -> (Signature, Stored) {
    let bytes = [byte; 64];
    (Signature::from(bytes), Stored::from_bytes(&bytes))
}

fn status(slot: u64, commitment: Commitment, outcome: Outcome) -> Status {
    Status {
        slot: Slot::new(slot),
        outcome,
        commitment,
    }
}

fn answer(asked: &[u8], slot: u64, value: Vec<Option<Status>>) -> Script {
    let asked = asked.iter().map(|byte| signature(*byte).0).collect();
    let slot = Slot::new(slot);
    Script::new([Call::Statuses(
        asked,
        History::Whole,
        Ok(At { slot, value }),
    )])
}

#[tokio::test]
async fn many_signatures_stand_where_one_call_says() {
    let failed = || Err(Failure::Known(TransactionError::AccountNotFound));
    let script = answer(
        &[1, 2, 3, 4],
        100,
        vec![
            Some(status(90, Commitment::Finalized, Ok(()))),
            None,
            Some(status(99, Commitment::Confirmed, Ok(()))),
            Some(status(91, Commitment::Finalized, failed())),
        ],
    );
    let asked = [1, 2, 3, 4].map(|byte| signature(byte).1);

    let stands = Standings::new(script.rpc()).of(&asked, 95).await;

    let stand = |slot, is_final, has_succeeded| {
        Some(Stand {
            slot,
            is_final,
            has_succeeded,
        })
    };
    let expected = vec![
        stand(90, true, true),
        None,
        stand(99, false, true),
        stand(91, true, false),
    ];
    assert_eq!(stands, Ok(expected));
    script.check_done();
}

#[tokio::test]
async fn a_node_that_is_behind_says_nothing() {
    let script = answer(&[1], 94, vec![None]);

    let stands = Standings::new(script.rpc()).of(&[signature(1).1], 95).await;

    assert!(matches!(stands, Err(Error::Unavailable(_))), "{stands:?}");
}

#[tokio::test]
async fn what_is_final_is_slot_and_height_of_one_bank() {
    let info = EpochInfo {
        slot: Slot::new(300),
        height: Height::new(280),
        epoch: 0,
    };
    let script = Script::new([Call::EpochInfo(View::FINALIZED, Ok(info))]);

    let root = Standings::new(script.rpc()).root().await;

    let expected = Root {
        slot: 300,
        height: Height::new(280),
    };
    assert_eq!(root, Ok(expected));
}
