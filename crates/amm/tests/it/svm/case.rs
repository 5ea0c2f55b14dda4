//! A recorded transaction with the accounts around it, as `vectors/svm/README.md` describes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use amm::instruction::{AccountMeta, Instruction};
use amm::snapshot::StoredAccount;
use amm::{Address, ChainTime};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The recorded kinds, by the name of their file.
pub(crate) const FILES: [&str; 6] = [
    "general",
    "meteora-damm-v2",
    "meteora-dlmm",
    "raydium-amm-v4",
    "raydium-cpmm",
    "split",
];

/// Accounts by address.
pub(crate) type Accounts = BTreeMap<Address, StoredAccount>;

/// One recorded transaction.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) value: Value,
    pub(crate) before: Accounts,
    pub(crate) after: Accounts,
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) now: ChainTime,
}

/// Every recorded transaction, in the order of the files.
pub(crate) fn all() -> Vec<Case> {
    FILES.iter().flat_map(|name| read(name)).collect()
}

/// The recorded transactions of one file.
pub(crate) fn read(name: &str) -> Vec<Case> {
    read_from(&own_folder(), name)
}

/// The recorded transactions that the tree holds.
pub(crate) fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/svm")
}

/// The recorded transactions of one file of a folder.
pub(crate) fn read_from(folder: &Path, name: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a file");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let cases = file["cases"].as_array().expect("cases");
    cases
        .iter()
        .map(|case| Case::new(case, &file["blobs"]))
        .collect()
}

impl Case {
    fn new(case: &Value, blobs: &Value) -> Self {
        let clock = |key: &str| case["clock"][key].as_u64().expect("a clock");
        Self {
            id: text(&case["id"]).to_owned(),
            value: case.clone(),
            before: accounts(&case["before"], blobs),
            after: accounts(&case["expected"]["after"], blobs),
            instructions: instructions(case, blobs),
            now: ChainTime {
                slot: clock("slot"),
                epoch: clock("epoch"),
                unix_time: clock("unix_timestamp"),
            },
        }
    }

    pub(crate) fn expected(&self) -> &Value {
        &self.value["expected"]
    }

    /// The bytes of the program's own lines, decoded.
    pub(crate) fn logged(&self, key: &str) -> Vec<Vec<u8>> {
        let lines = self.expected()[key].as_array().expect("lines");
        lines.iter().map(|line| base64(text(line))).collect()
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

pub(crate) fn address(value: &Value) -> Address {
    text(value).parse().expect("an address")
}

pub(crate) fn base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64")
}

fn accounts(list: &Value, blobs: &Value) -> Accounts {
    let list = list.as_array().expect("accounts");
    list.iter()
        .map(|account| {
            let stored = StoredAccount {
                owner: address(&account["owner"]),
                data: base64(text(&blobs[text(&account["data"])])),
            };
            (address(&account["pubkey"]), stored)
        })
        .collect()
}

/// Reads a message's bytes from their beginning.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_first_chunk().expect("enough bytes");
        self.0 = rest;
        *taken
    }

    fn byte(&mut self) -> usize {
        self.take::<1>()[0].into()
    }

    /// A length of seven bits a byte.
    fn length(&mut self) -> usize {
        let mut length = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte();
            length |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        length
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.length()).map(|_| self.take::<1>()[0]).collect()
    }
}

/// The message's instructions, with accounts from its lookup tables in their places.
fn instructions(case: &Value, blobs: &Value) -> Vec<Instruction> {
    let message = base64(text(&case["message"]));
    let mut reader = Reader(&message);
    let is_versioned = message[0] & 0x80 != 0;
    if is_versioned {
        reader.byte();
    }
    let (signers, read_signers, readers) = (reader.byte(), reader.byte(), reader.byte());
    let keys: Vec<Address> = (0..reader.length())
        .map(|_| Address(reader.take()))
        .collect();
    let statics = keys.len();
    let mut metas: Vec<AccountMeta> = (0..)
        .zip(keys)
        .map(|(place, address)| AccountMeta {
            address,
            is_signer: place < signers,
            is_writable: place < signers - read_signers
                || (place >= signers && place < statics - readers),
        })
        .collect();
    reader.take::<32>();
    let compiled: Vec<(usize, Vec<u8>, Vec<u8>)> = (0..reader.length())
        .map(|_| (reader.byte(), reader.bytes(), reader.bytes()))
        .collect();
    if is_versioned {
        let tables = 0..reader.length();
        let tables: Vec<(Address, Vec<u8>, Vec<u8>)> = tables
            .map(|_| (Address(reader.take()), reader.bytes(), reader.bytes()))
            .collect();
        let known = accounts(&case["before"], blobs);
        let entry = |table: &Address, index: u8| {
            // A lookup table's addresses begin behind 56 bytes.
            let start = 56 + 32 * usize::from(index);
            let data = &known[table].data[start..start + 32];
            Address(data.try_into().expect("an address"))
        };
        for (table, writable, _) in &tables {
            metas.extend(
                writable
                    .iter()
                    .map(|index| AccountMeta::write(entry(table, *index))),
            );
        }
        for (table, _, readable) in &tables {
            metas.extend(
                readable
                    .iter()
                    .map(|index| AccountMeta::read(entry(table, *index))),
            );
        }
    }
    compiled
        .into_iter()
        .map(|(program, places, data)| Instruction {
            program: metas[program].address,
            accounts: places
                .iter()
                .map(|place| metas[usize::from(*place)])
                .collect(),
            data,
        })
        .collect()
}
