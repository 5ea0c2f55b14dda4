//! Answers as real nodes write them, read to the last unit.

use solana_instruction_error::InstructionError;
use solana_transaction_error::TransactionError;

use super::node::{Answer, Node};
use super::*;
use crate::rpc::Failure;

async fn node(result: &str) -> Node {
    Node::answering([Answer::result(result)]).await
}

#[tokio::test]
async fn accounts_stand_in_the_order_asked_for_and_missing_ones_are_none() {
    let node = node(
        r#"{"context":{"apiVersion":"3.1.8","slot":9007199254740993},"value":[null,
            {"data":["AQID","base64"],"executable":false,"lamports":18446744073709551615,
             "owner":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","rentEpoch":18446744073709551615,"space":3}]}"#,
    )
    .await;

    let answer = client(&node)
        .accounts(&[OWNER, MINT], View::CONFIRMED)
        .await
        .unwrap();

    assert_eq!(answer.slot, Slot::new(9_007_199_254_740_993));
    let account = Account {
        lamports: Lamports::new(u64::MAX),
        owner: OWNER,
        executable: false,
        data: vec![1, 2, 3],
    };
    assert_eq!(answer.value, [None, Some(account)]);
}

#[tokio::test]
async fn a_rent_epoch_that_is_no_integer_does_not_spoil_an_account() {
    let node = node(
        r#"{"context":{"slot":1},"value":[{"data":["","base64"],"executable":true,"lamports":1,
            "owner":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","rentEpoch":1.8446744073709552e19}]}"#,
    )
    .await;

    let answer = client(&node).accounts(&[MINT], View::CONFIRMED).await;

    assert!(answer.unwrap().value[0].is_some());
}

#[tokio::test]
async fn statuses_tell_landed_reverted_and_unknown_apart() {
    let node = node(
        r#"{"context":{"slot":82},"value":[
            {"slot":72,"confirmations":10,"err":null,"status":{"Ok":null},"confirmationStatus":"confirmed"},
            {"slot":48,"confirmations":null,"err":{"InstructionError":[2,{"Custom":6005}]},"confirmationStatus":"finalized"},
            null]}"#,
    )
    .await;

    let statuses = client(&node)
        .signature_statuses(&[signature(); 3], History::Whole)
        .await
        .unwrap();

    let slippage = TransactionError::InstructionError(2, InstructionError::Custom(6005));
    assert_eq!(
        statuses.value,
        [
            Some(Status {
                slot: Slot::new(72),
                outcome: Ok(()),
                commitment: Commitment::Confirmed
            }),
            Some(Status {
                slot: Slot::new(48),
                outcome: Err(Failure::Known(slippage)),
                commitment: Commitment::Finalized
            }),
            None
        ]
    );
}

#[tokio::test]
async fn a_failure_that_is_not_known_here_is_a_failure_all_the_same() {
    let node = node(
        r#"{"context":{"slot":82},"value":[{"slot":1,"confirmations":0,"err":{"FutureError":{"depth":3}},"confirmationStatus":"processed"}]}"#,
    )
    .await;

    let statuses = client(&node)
        .signature_statuses(&[signature()], History::Recent)
        .await
        .unwrap();

    let status = statuses.value[0].as_ref().unwrap();
    let text = r#"{"FutureError":{"depth":3}}"#.to_owned();
    assert_eq!(status.outcome, Err(Failure::Unknown(text)));
}

#[tokio::test]
async fn a_status_that_does_not_say_whether_it_failed_is_no_answer() {
    let node = node(
        r#"{"context":{"slot":82},"value":[{"slot":1,"confirmations":null,"confirmationStatus":"finalized"}]}"#,
    )
    .await;

    let statuses = client(&node)
        .signature_statuses(&[signature()], History::Recent)
        .await;

    assert!(matches!(statuses, Err(Error::Malformed { .. })));
}

#[tokio::test]
async fn a_transaction_that_the_node_has_not_is_none() {
    let node = node("null").await;

    let found = client(&node)
        .transaction(&signature(), Commitment::Confirmed)
        .await;

    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn an_answer_without_a_result_is_not_a_null_one() {
    let node = Node::answering([Answer::body(r#"{"jsonrpc":"2.0","id":$ID}"#)]).await;

    let found = client(&node)
        .transaction(&signature(), Commitment::Confirmed)
        .await;

    assert!(matches!(found, Err(Error::Malformed { .. })));
}

#[tokio::test]
async fn a_transaction_tells_balances_fees_and_what_tables_gave() {
    let signed = [&[1][..], signature().as_ref(), &[2, 3]].concat();
    let result = r#"{"blockTime":1780000000,"slot":350000001,"version":0,"transaction":["BYTES","base64"],
            "meta":{"err":null,"fee":20000,"computeUnitsConsumed":34567,"innerInstructions":[],
              "preBalances":[18446744073709551615,0],"postBalances":[1,2039280],
              "preTokenBalances":[],"postTokenBalances":[{"accountIndex":1,
                "mint":"So11111111111111111111111111111111111111112",
                "owner":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
                "programId":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
                "uiTokenAmount":{"amount":"18446744073709551615","decimals":9,"uiAmount":1.8446744073709552e10,"uiAmountString":"18446744073.709551615"}}],
              "loadedAddresses":{"writable":["So11111111111111111111111111111111111111112"],"readonly":["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"]},
              "logMessages":["Program log: x"],"rewards":[],"status":{"Ok":null}}}"#;
    let node = node(&result.replace("BYTES", &BASE64_STANDARD.encode(&signed))).await;

    let found = client(&node)
        .transaction(&signature(), Commitment::Confirmed)
        .await
        .unwrap()
        .unwrap();

    assert_eq!(found.bytes, signed);
    let meta = found.meta;
    assert_eq!(meta.pre_balances[0], Lamports::new(u64::MAX));
    assert_eq!(meta.post_tokens[0].amount, u64::MAX);
    assert_eq!(meta.post_tokens[0].owner, Some(OWNER));
    assert_eq!(meta.loaded, [MINT, OWNER]);
    assert_eq!(
        (meta.fee, meta.units),
        (Lamports::new(20_000), Some(34_567))
    );
}

#[tokio::test]
async fn another_transaction_than_the_one_asked_for_is_no_answer() {
    let others = [&[1][..], Signature::from([8; 64]).as_ref(), &[2, 3]].concat();
    let result = r#"{"slot":1,"transaction":["BYTES","base64"],
        "meta":{"err":null,"fee":5000,"preBalances":[],"postBalances":[]}}"#;
    let node = node(&result.replace("BYTES", &BASE64_STANDARD.encode(others))).await;

    let found = client(&node)
        .transaction(&signature(), Commitment::Confirmed)
        .await;

    assert!(matches!(found, Err(Error::Malformed { .. })), "{found:?}");
}

#[tokio::test]
async fn a_transaction_kept_without_what_it_did_is_none() {
    let node = node(r#"{"slot":1,"transaction":["AQID","base64"],"meta":null}"#).await;

    let found = client(&node)
        .transaction(&signature(), Commitment::Finalized)
        .await;

    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn a_simulation_that_fails_before_it_begins_shows_no_accounts() {
    let node = node(
        r#"{"context":{"slot":7},"value":{"err":"BlockhashNotFound","logs":[],"accounts":null,"unitsConsumed":0,"returnData":null}}"#,
    )
    .await;

    let request = SimulationRequest {
        transaction: &[1],
        view: View::CONFIRMED,
        accounts: &[MINT],
    };
    let simulated = client(&node).simulate(&request).await.unwrap().value;

    let expired = Failure::Known(TransactionError::BlockhashNotFound);
    assert_eq!(simulated.outcome, Err(expired));
    assert_eq!(simulated.accounts, [None]);
}

#[tokio::test]
async fn fewer_answers_than_questions_are_no_answer() {
    let node = node(r#"{"context":{"slot":1},"value":[null]}"#).await;

    let answer = client(&node)
        .accounts(&[MINT, OWNER], View::CONFIRMED)
        .await;

    assert!(matches!(answer, Err(Error::Malformed { .. })));
}

#[tokio::test]
async fn an_answer_to_another_request_is_no_answer() {
    let node = Node::answering([Answer::body(r#"{"jsonrpc":"2.0","result":1,"id":77}"#)]).await;

    let answer = client(&node).minimum_balance(165).await;

    assert!(matches!(answer, Err(Error::Malformed { .. })));
}
