use serde_json::{Value, json};
use solana_address::Address;
use solana_transaction_error::TransactionError;

use super::account::{AccountInfo, Encoding, Slice};
use super::amount::TokenAmount;
use super::error::Error;
use super::request::{CALLS_MAX, Call, Request, answer};
use super::simulation::{Calls, Simulation};
use crate::bank::{Account, address};

const MINT: Address = Address::new_from_array([2; 32]);
const OWNER: Address = Address::new_from_array([3; 32]);

/// The data of a token account with 1,500,000 base units.
fn holding(extensions: &[u8]) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(MINT.as_ref());
    data[32..64].copy_from_slice(OWNER.as_ref());
    data[64..72].copy_from_slice(&1_500_000_u64.to_le_bytes());
    data[108] = 1;
    if !extensions.is_empty() {
        data.push(2);
        data.extend(extensions);
    }
    data
}

fn told(account: &Account, encoding: Encoding, slice: Option<Slice>) -> Result<Value, Error> {
    let decimals = |mint: &Address| (*mint == MINT).then_some(6);
    AccountInfo::new(account, encoding, slice, decimals).map(|info| json!(info))
}

#[test]
fn an_amount_has_a_point_and_no_zeros_at_its_end() {
    let texts = |amount, decimals| {
        let told = TokenAmount::new(amount, decimals);
        (told.ui_amount_string, told.ui_amount)
    };

    assert_eq!(texts(0, 6), ("0".to_owned(), Some(0.0)));
    assert_eq!(texts(1_500_000, 6), ("1.5".to_owned(), Some(1.5)));
    assert_eq!(texts(5, 6), ("0.000005".to_owned(), Some(0.000_005)));
    assert_eq!(texts(700, 0), ("700".to_owned(), Some(700.0)));
    assert_eq!(texts(20, 1), ("2".to_owned(), Some(2.0)));
    assert_eq!(texts(1, 30), (format!("0.{}1", "0".repeat(29)), None));
}

#[test]
fn an_account_is_told_as_bytes_of_which_a_part_may_be_asked_for() {
    let account = Account::new(7, OWNER, vec![1, 2, 3, 4]);
    let slice = |offset, length| Some(Slice { offset, length });

    let whole = told(&account, Encoding::Base64, None);
    let part = told(&account, Encoding::Base58, slice(1, 2)).unwrap();
    let beyond = told(&account, Encoding::Base64, slice(9, usize::MAX)).unwrap();

    let expected = json!({
        "lamports": 7,
        "data": ["AQIDBA==", "base64"],
        "owner": OWNER.to_string(),
        "executable": false,
        "rentEpoch": u64::MAX,
        "space": 4,
    });
    assert_eq!(whole, Ok(expected));
    assert_eq!(
        part["data"],
        json!([bs58::encode([2, 3]).into_string(), "base58"])
    );
    assert_eq!(beyond["data"], json!(["", "base64"]));
}

#[test]
fn long_data_is_not_told_in_base58() {
    let account = |bytes| Account::new(7, OWNER, vec![0; bytes]);

    assert!(told(&account(128), Encoding::Base58, None).is_ok());
    let refused = told(&account(129), Encoding::Base58, None).unwrap_err();
    assert_eq!(refused.code, -32600);
}

#[test]
fn a_token_account_is_told_as_fields() {
    let account = Account::new(9, address::TOKEN, holding(&[]));

    let data = told(&account, Encoding::JsonParsed, None).unwrap()["data"].clone();

    let expected = json!({
        "program": "spl-token",
        "parsed": {
            "type": "account",
            "info": {
                "isNative": false,
                "mint": MINT.to_string(),
                "owner": OWNER.to_string(),
                "state": "initialized",
                "tokenAmount": {
                    "amount": "1500000",
                    "decimals": 6,
                    "uiAmount": 1.5,
                    "uiAmountString": "1.5",
                },
            },
        },
        "space": 165,
    });
    assert_eq!(data, expected);
}

#[test]
fn extensions_are_told_with_what_they_hold() {
    let withheld = [&[7, 0, 0, 0, 2, 0, 8, 0][..], &12_u64.to_le_bytes()].concat();
    let account = Account::new(9, address::TOKEN_2022, holding(&withheld));

    let data = told(&account, Encoding::JsonParsed, None).unwrap()["data"].clone();

    assert_eq!(data["program"], "spl-token-2022");
    assert_eq!(
        data["parsed"]["info"]["extensions"],
        json!([
            { "extension": "immutableOwner" },
            { "extension": "transferFeeAmount", "state": { "withheldAmount": 12 } },
        ])
    );
}

#[test]
fn what_is_no_token_account_is_told_as_base64() {
    let wallet = Account::new(9, address::SYSTEM, Vec::new());

    let data = told(&wallet, Encoding::JsonParsed, None).unwrap()["data"].clone();

    assert_eq!(data, json!(["", "base64"]));
}

#[test]
fn errors_carry_numbers_texts_and_data_as_clients_read_them() {
    assert_eq!(
        json!(Error::unhealthy(Some(12))),
        json!({
            "code": -32005,
            "message": "Node is behind by 12 slots",
            "data": { "numSlotsBehind": 12 },
        })
    );
    assert_eq!(
        json!(Error::method_not_found()),
        json!({ "code": -32601, "message": "Method not found" })
    );
}

fn call(method: &str, id: Option<Value>) -> Call {
    Call {
        id,
        method: method.to_owned(),
        params: Vec::new(),
    }
}

#[test]
fn a_body_is_one_call_or_a_list_of_them() {
    let one = br#"{"jsonrpc":"2.0","id":1,"method":"getSlot"}"#;
    let many = br#"[{"jsonrpc":"2.0","id":"a","method":"getSlot","params":[]},{"jsonrpc":"2.0","method":"getHealth"},7]"#;

    assert_eq!(
        Request::parse(one),
        Ok(Request::One(Ok(call("getSlot", Some(json!(1))))))
    );
    let Ok(Request::Many(calls)) = Request::parse(many) else {
        panic!("a list");
    };
    assert_eq!(calls[0], Ok(call("getSlot", Some(json!("a")))));
    assert_eq!(calls[1], Ok(call("getHealth", None)));
    assert_eq!(calls[2].as_ref().unwrap_err().code, -32600);
}

#[test]
fn a_body_that_is_no_call_is_refused_with_the_number_that_says_why() {
    let code = |body: &str| match Request::parse(body.as_bytes()) {
        Err(error) | Ok(Request::One(Err(error))) => error.code,
        Ok(request) => panic!("{request:?}"),
    };
    let too_many = json!(vec![1; CALLS_MAX + 1]).to_string();

    assert_eq!(code("{"), -32700);
    assert_eq!(code("[]"), -32600);
    assert_eq!(code(&too_many), -32600);
    assert_eq!(code(r#"{"id":1,"method":"getSlot"}"#), -32600);
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":[1],"method":"getSlot"}"#),
        -32600
    );
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":1}"#), -32600);
    assert_eq!(
        code(r#"{"jsonrpc":"2.0","id":1,"method":"getSlot","params":{}}"#),
        -32602
    );
}

#[test]
fn an_answer_has_a_result_or_an_error() {
    let good = Ok(json!(7));
    let bad = Err(Error::parse());

    assert_eq!(
        answer(&json!(1), good),
        json!({ "jsonrpc": "2.0", "result": 7, "id": 1 })
    );
    assert_eq!(
        answer(&Value::Null, bad),
        json!({ "jsonrpc": "2.0", "error": { "code": -32700, "message": "Parse error" }, "id": null })
    );
}

#[test]
fn a_simulation_that_never_ran_has_an_error_and_nothing_else() {
    let told = json!(Simulation::new(
        Err(TransactionError::BlockhashNotFound),
        Calls::Told
    ));

    assert_eq!(told["err"], "BlockhashNotFound");
    assert_eq!(told["logs"], json!([]));
    assert_eq!(told["unitsConsumed"], 0);
    assert_eq!(told["fee"], Value::Null);
    assert_eq!(told["accounts"], Value::Null);
}
