use serde_json::{Value, json};
use solana_address::Address;

use super::instruction;
use crate::bank::address;

fn parsed(program: Address, data: &[u8]) -> Value {
    let accounts: Vec<String> = ["A", "B", "C", "D", "E", "F"].map(str::to_owned).into();
    instruction(&program, &accounts, data, 1)
}

#[test]
fn a_checked_transfer_is_told_with_its_decimals() {
    let data = [&[12][..], &1_500_000_u64.to_le_bytes(), &[6]].concat();

    let told = parsed(address::TOKEN, &data);

    let expected = json!({
        "program": "spl-token",
        "programId": address::TOKEN.to_string(),
        "parsed": {
            "type": "transferChecked",
            "info": {
                "source": "A",
                "mint": "B",
                "destination": "C",
                "authority": "D",
                "tokenAmount": {
                    "amount": "1500000", "decimals": 6, "uiAmount": 1.5, "uiAmountString": "1.5",
                },
            },
        },
        "stackHeight": 1,
    });
    assert_eq!(told, expected);
}

#[test]
fn lamports_are_told_without_loss() {
    let data = [&2_u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat();

    let told = parsed(address::SYSTEM, &data);

    assert_eq!(told["parsed"]["type"], "transfer");
    assert_eq!(told["parsed"]["info"]["lamports"], u64::MAX);
    assert!(told.to_string().contains("18446744073709551615"));
}

#[test]
fn memos_and_token_accounts_by_convention_are_read() {
    let memo = parsed(address::MEMO, b"hello");
    let create = parsed(address::ASSOCIATED_TOKEN, &[1]);

    assert_eq!(memo["parsed"], "hello");
    assert_eq!(create["parsed"]["type"], "createIdempotent");
    assert_eq!(create["parsed"]["info"]["tokenProgram"], "F");
}

#[test]
fn what_cannot_be_read_is_told_as_bytes() {
    let swap = parsed(address::RAYDIUM_CPMM, &[1, 2]);
    let short = parsed(address::TOKEN, &[3, 1]);

    assert_eq!(swap["accounts"], json!(["A", "B", "C", "D", "E", "F"]));
    assert_eq!(swap["data"], bs58::encode([1, 2]).into_string());
    assert_eq!(short.get("parsed"), None);
    assert_eq!(short["data"], bs58::encode([3, 1]).into_string());
}
