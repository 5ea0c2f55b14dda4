use serde_json::{Value, json};

use super::*;

const CLOCK: &str = "SysvarC1ock11111111111111111111111111111111";
const OTHER: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

fn stored(lamports: u64, data: &[u8]) -> Stored {
    Stored {
        lamports,
        account: amm::snapshot::StoredAccount {
            owner: Address([7; 32]),
            data: data.to_vec(),
        },
    }
}

fn at(address: &str) -> Address {
    address.parse().unwrap()
}

/// The accounts of each snapshot, as they were put in.
fn frames() -> Vec<BTreeMap<Address, Stored>> {
    let mut long = vec![0; 500];
    let mut next = long.clone();
    next[3] = 9;
    next[9] = 1;
    next[499] = 5;
    long[0] = 1;
    let frame = |clock: u8, other: Option<&[u8]>| {
        let mut frame = BTreeMap::from([(at(CLOCK), stored(1, &[clock; 40]))]);
        frame.extend(other.map(|data| (at(OTHER), stored(2, data))));
        frame
    };
    vec![
        frame(1, Some(&long)),
        frame(1, Some(&next)),
        frame(1, Some(&next)),
        frame(2, None),
        frame(2, Some(&[1, 2, 3])),
        frame(2, Some(&[])),
    ]
}

fn recorded() -> String {
    let tokens = TokenList::mainnet();
    let sale = QuoteRequest {
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(1_500_000_000),
        amount_out: None,
    };
    let purchase = QuoteRequest {
        amount_in: BaseUnits::new(0),
        amount_out: Some(BaseUnits::new(150_000_001)),
        ..sale
    };
    let listings: Vec<_> = tokens.listings().iter().take(2).cloned().collect();
    let mut recorder = Recorder::new(&listings, &[sale, purchase]);
    for (slot, frame) in (100..).zip(frames()) {
        recorder.add(slot, frame);
    }
    recorder.finish()
}

#[test]
fn every_snapshot_is_read_as_it_was_written() {
    let text = recorded();

    let recording = Recording::read(&text).unwrap();

    let amounts = recording.swaps.iter();
    let amounts: Vec<_> = amounts
        .map(|it| (it.amount_in.get(), it.amount_out))
        .collect();
    let bought = Some(BaseUnits::new(150_000_001));
    assert_eq!(amounts, [(1_500_000_000, None), (0, bought)]);
    assert_eq!(recording.tokens.find("sol"), Some(Asset::SOL));
    let mut kept = Kept::new();
    for (part, expected) in recording.snapshots.iter().zip(frames()) {
        recording.pools(part, &mut kept).unwrap();
        assert_eq!(kept, expected, "slot {}", part.slot);
    }
    let slots: Vec<u64> = recording.snapshots().map(|it| it.unwrap().slot()).collect();
    assert_eq!(slots, (100..106).collect::<Vec<_>>());
}

#[test]
fn only_what_has_changed_is_written_again() {
    let file: Value = serde_json::from_str(&recorded()).unwrap();

    let accounts = |place: usize| &file["snapshots"][place]["accounts"];
    assert_eq!(accounts(2), &json!({}));
    assert_eq!(accounts(3)[OTHER], Value::Null);
    let changed = accounts(1)[OTHER]["changed"].as_array().unwrap();
    let places: Vec<_> = changed.iter().map(|change| &change[0]).collect();
    assert_eq!(places, [0, 499]);
    assert!(accounts(1)[OTHER].get("data").is_none());
}

#[test]
fn an_account_may_stand_there_as_json_rpc_shows_it() {
    let data = bs58::encode([5; 40]).into_string();
    let file = json!({
        "version": 1, "tokens": [], "swaps": [],
        "snapshots": [{"slot": 7, "accounts": {
            (CLOCK): {
                "lamports": 1_169_280, "owner": OTHER, "data": [data, "base58"],
                "executable": false, "rentEpoch": 18_446_744_073_709_551_615_u64, "space": 40,
            },
        }}],
    });

    let recording = Recording::read(&file.to_string()).unwrap();

    let pools = recording.snapshots().next().unwrap().unwrap();
    assert_eq!(pools.slot(), 7);
}

#[track_caller]
fn refused(file: &Value, why: &str) {
    let read = Recording::read(&file.to_string());
    let said = match read {
        Ok(recording) => {
            let failed = recording.snapshots().find_map(Result::err);
            failed.expect("a snapshot that cannot be read").to_string()
        }
        Err(bad) => bad.to_string(),
    };
    assert!(said.contains(why), "{said}");
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let with = |accounts: Value| json!({"version": 1, "tokens": [], "swaps": [], "snapshots": [{"slot": 7, "accounts": accounts}]});
    let whole = |data: Value| json!({(CLOCK): {"lamports": 1, "owner": OTHER, "data": data}});

    refused(
        &json!({"version": 2, "tokens": [], "swaps": [], "snapshots": []}),
        "version 2",
    );
    refused(
        &with(json!({})),
        "snapshot 1 (slot 7): the clock's account is not there",
    );
    refused(&with(json!({"x": null})), "x is no address");
    refused(
        &with(json!({(CLOCK): {"changed": [[0, "AA=="]]}})),
        "it changes before it is there",
    );
    refused(
        &with(json!({(CLOCK): {"lamports": 1, "owner": OTHER}})),
        "it has no data",
    );
    refused(&with(whole(json!(["!", "base64"]))), "not base64");
    refused(&with(whole(json!(["0", "base58"]))), "not base58");
    let long = "A".repeat(2 << 20);
    refused(&with(whole(json!([long, "base64"]))), "it has more than");
    let mut beyond = with(whole(json!(["AAAA", "base64"])));
    beyond["snapshots"][0]["accounts"][CLOCK]["data"][0] = "A".repeat(56).into();
    beyond["snapshots"].as_array_mut().unwrap().push(
        json!({"slot": 8, "accounts": {(CLOCK): {"changed": [[18_446_744_073_709_551_615_u64, "AAAA"]]}}}),
    );
    refused(
        &beyond,
        "snapshot 2 (slot 8): account SysvarC1ock11111111111111111111111111111111: a change reaches",
    );
    let swap = |token_out: &str, amount: &str| {
        json!({
            "version": 1, "snapshots": [],
            "tokens": [{"symbol": "SOL", "mint": "So11111111111111111111111111111111111111112", "decimals": 9}],
            "swaps": [{"tokenIn": "SOL", "tokenOut": token_out, "amount": amount}],
        })
    };
    refused(
        &swap("USDC", "1"),
        "swap 1: USDC is none of the file's tokens",
    );
    refused(&swap("SOL", "1"), "swap 1: it sells what it buys");
    let mut both = swap("USDC", "1");
    both["tokens"]
        .as_array_mut()
        .unwrap()
        .push(json!({"symbol": "USDC", "mint": OTHER, "decimals": 6}));
    both["swaps"][0]["amountOut"] = "1".into();
    refused(&both, "swap 1: it has either `amount` or `amountOut`");
    both["swaps"][0].as_object_mut().unwrap().clear();
    refused(&both, "missing field `tokenIn`");
}
