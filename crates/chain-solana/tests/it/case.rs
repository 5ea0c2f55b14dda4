//! A recorded transaction with the accounts around it, as `vectors/svm/README.md` describes.

use std::collections::BTreeMap;
use std::path::Path;

use amm::snapshot::StoredAccount;
use amm::token::TokenAccount;
use amm::{Address, ChainTime};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chain_solana::build::compile::LookupTable;
use chain_solana::message::Decoded;
use serde_json::Value;

/// What the recorded kinds of transactions are called.
pub(crate) const FILES: [&str; 5] = [
    "meteora-damm-v2",
    "meteora-dlmm",
    "raydium-amm-v4",
    "raydium-cpmm",
    "split",
];

/// A lookup table's addresses begin behind its header.
const TABLE_HEADER_BYTES: usize = 56;
const TABLE_PROGRAM: Address = Address::literal("AddressLookupTab1e1111111111111111111111111");

/// Accounts by address.
pub(crate) type Accounts = BTreeMap<Address, StoredAccount>;

/// One recorded transaction.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) tags: Vec<String>,
    pub(crate) value: Value,
    pub(crate) before: Accounts,
    pub(crate) after: Accounts,
    pub(crate) lamports: [BTreeMap<Address, u64>; 2],
    pub(crate) tables: Vec<LookupTable>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) loaded: Vec<Address>,
    pub(crate) decoded: Decoded,
    pub(crate) now: ChainTime,
}

/// Every recorded transaction of all files.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../amm/vectors/svm");
    let read = |name| {
        let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        let cases = file["cases"].as_array().unwrap().clone();
        let case = move |case| Case::new(case, &file["blobs"]);
        cases.into_iter().map(case).collect::<Vec<_>>()
    };
    FILES.into_iter().flat_map(read).collect()
}

impl Case {
    fn new(value: Value, blobs: &Value) -> Self {
        let clock = |key: &str| value["clock"][key].as_u64().unwrap();
        let (before, lamports_before) = accounts(&value["before"], blobs);
        let (after, lamports_after) = accounts(&value["expected"]["after"], blobs);
        let tables = before.iter().filter(|(_, it)| it.owner == TABLE_PROGRAM);
        let tables: Vec<_> = tables.map(|(at, it)| table(*at, it)).collect();
        let bytes = decode(text(&value["transaction"]));
        let loaded = loaded(&bytes, &tables);
        let tags = value["tags"].as_array().unwrap();
        Self {
            id: text(&value["id"]).to_owned(),
            tags: tags.iter().map(|tag| text(tag).to_owned()).collect(),
            before,
            after,
            lamports: [lamports_before, lamports_after],
            tables,
            decoded: Decoded::read(&bytes, &loaded).unwrap(),
            loaded,
            bytes,
            now: ChainTime {
                slot: clock("slot"),
                epoch: clock("epoch"),
                unix_time: clock("unix_timestamp"),
            },
            value,
        }
    }

    pub(crate) fn expected(&self) -> &Value {
        &self.value["expected"]
    }

    pub(crate) fn succeeds(&self) -> bool {
        self.expected()["error"].is_null()
    }

    /// The mint of a token account, as it was before or as the transaction made it.
    pub(crate) fn mint_of(&self, address: Address) -> Option<Address> {
        let account = self.before.get(&address).or(self.after.get(&address));
        if let Some(account) = account.and_then(|it| TokenAccount::read(&it.data)) {
            return Some(account.mint);
        }
        let made = |it: &&amm::instruction::Instruction| {
            it.program == chain_solana::address::ASSOCIATED_TOKEN_PROGRAM
                && it.accounts[1].address == address
        };
        let made = self.decoded.instructions.iter().find(made);
        made.map(|it| it.accounts[3].address)
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn decode(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap()
}

fn accounts(list: &Value, blobs: &Value) -> (Accounts, BTreeMap<Address, u64>) {
    let mut accounts = Accounts::new();
    let mut lamports = BTreeMap::new();
    for account in list.as_array().unwrap() {
        let address = text(&account["pubkey"]).parse().unwrap();
        let stored = StoredAccount {
            owner: text(&account["owner"]).parse().unwrap(),
            data: decode(text(&blobs[text(&account["data"])])),
        };
        accounts.insert(address, stored);
        lamports.insert(address, account["lamports"].as_u64().unwrap());
    }
    (accounts, lamports)
}

fn table(address: Address, account: &StoredAccount) -> LookupTable {
    let (addresses, _) = account.data[TABLE_HEADER_BYTES..].as_chunks();
    LookupTable {
        address,
        addresses: addresses.iter().copied().map(Address).collect(),
    }
}

/// What a transaction takes from its lookup tables: to write, then to read.
fn loaded(bytes: &[u8], tables: &[LookupTable]) -> Vec<Address> {
    use solana_transaction::versioned::VersionedTransaction;

    let transaction: VersionedTransaction = wincode::deserialize(bytes).unwrap();
    let lookups = transaction.message.address_table_lookups();
    let lookups = lookups.unwrap_or_default();
    let take = |key: &solana_address::Address, indexes: &[u8]| {
        let key = Address(key.to_bytes());
        let table = tables.iter().find(|table| table.address == key).unwrap();
        let entry = |index: &u8| table.addresses[usize::from(*index)];
        indexes.iter().map(entry).collect::<Vec<_>>()
    };
    let written = lookups
        .iter()
        .flat_map(|it| take(&it.account_key, &it.writable_indexes));
    let read = lookups
        .iter()
        .flat_map(|it| take(&it.account_key, &it.readonly_indexes));
    written.chain(read).collect()
}
