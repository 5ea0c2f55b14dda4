//! Messages that nobody made on purpose: none is signed that moves value anywhere but to the wallet's own accounts and
//! to pools.
//!
//! What is signed is read again by [`Witness`], which shares nothing with the judge but the table of programs and how
//! addresses follow from seeds.

use std::collections::BTreeSet;

use amm::instruction::AccountMeta;
use amm::token::{TOKEN_2022_PROGRAM, WRAPPED_SOL};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::super::*;
use super::messages::*;
use chain_solana::address::with_seed;

/// Reads a message's bytes and panics where anything could leave.
struct Witness<'a> {
    keys: Vec<Address>,
    rest: &'a [u8],
    own: BTreeSet<Address>,
    temporary: BTreeSet<Address>,
}

impl<'a> Witness<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        // Version 0 is legacy behind one byte, where it takes nothing from tables.
        let bytes = match bytes[0] {
            0x80 => &bytes[1..],
            _ => bytes,
        };
        assert_eq!(bytes[0], 1, "one signs");
        let count = usize::from(bytes[3]);
        let keys: Vec<_> = bytes[4..][..32 * count].chunks(32).collect();
        let keys: Vec<_> = keys
            .into_iter()
            .map(|key| Address(key.try_into().unwrap()))
            .collect();
        assert_eq!(keys[0], WALLET, "the wallet signs");
        let mints = keys.iter().copied().chain([USDC]);
        let own = mints.flat_map(|mint| {
            [TOKEN_PROGRAM, TOKEN_2022_PROGRAM].map(|it| associated_token(WALLET, mint, it))
        });
        Self {
            own: own.collect(),
            keys,
            rest: &bytes[4 + 32 * count + 32..],
            temporary: BTreeSet::new(),
        }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, left) = self.rest.split_at(length);
        self.rest = left;
        taken
    }

    fn read(mut self) {
        for _ in 0..self.take(1)[0] {
            let program = usize::from(self.take(1)[0]);
            let program = self.keys[program];
            let accounts = usize::from(self.take(1)[0]);
            let accounts = self.take(accounts).to_vec();
            let accounts: Vec<_> = accounts
                .into_iter()
                .map(|index| self.keys[usize::from(index)])
                .collect();
            // The engine's data is never longer than what one byte tells.
            let length = self.take(1)[0];
            assert!(length < 0x80);
            let data = self.take(usize::from(length));
            self.instruction(program, &accounts, data);
        }
        assert!(self.temporary.is_empty(), "wrapped SOL stays");
    }

    fn instruction(&mut self, program: Address, accounts: &[Address], data: &[u8]) {
        match program {
            COMPUTE_BUDGET_PROGRAM => assert!([2, 3].contains(&data[0])),
            SYSTEM_PROGRAM if data[0] == 2 => assert_eq!(data[4..12], [0; 8], "lamports leave"),
            SYSTEM_PROGRAM => {
                assert_eq!((data[0], &data[4..36]), (3, &WALLET.0[..]), "another base");
                let seed = &data[44..data.len() - 48];
                let made = with_seed(WALLET, std::str::from_utf8(seed).unwrap(), TOKEN_PROGRAM);
                assert_eq!(accounts[1], made, "lamports go elsewhere");
                assert_eq!(data[data.len() - 32..], TOKEN_PROGRAM.0, "another owner");
                self.temporary.insert(made);
            }
            ASSOCIATED_TOKEN_PROGRAM => {
                assert_eq!((data, accounts[2]), (&[1][..], WALLET), "made for somebody");
            }
            TOKEN_PROGRAM if data[0] == 9 => {
                assert_eq!(accounts[1], WALLET, "rent goes elsewhere");
                assert!(self.temporary.remove(&accounts[0]), "another one is closed");
            }
            TOKEN_PROGRAM => {
                assert_eq!(
                    (data[0], &data[1..33]),
                    (18, &WALLET.0[..]),
                    "opened for somebody"
                );
                assert_eq!(accounts[1], WRAPPED_SOL);
            }
            venue => self.swap(venue, accounts),
        }
    }

    fn swap(&self, venue: Address, accounts: &[Address]) {
        let program = Program::MAINNET.into_iter().find(|it| it.id() == venue);
        let end = accounts.len();
        let (input, output, wallet) = match program.expect("a known program") {
            Program::Cpmm(_) => (4, 5, 0),
            Program::AmmV4(_) => (end - 3, end - 2, end - 1),
            Program::DammV2(_) => (2, 3, 8),
            Program::Dlmm(_) => (4, 5, 10),
        };
        for place in [input, output] {
            let account = accounts[place];
            let is_own = self.own.contains(&account) || self.temporary.contains(&account);
            assert!(is_own, "{account} is not the wallet's");
        }
        assert_eq!(accounts[wallet], WALLET);
        match program.unwrap() {
            Program::DammV2(it) => assert_eq!(accounts[11], it.id, "somebody shares"),
            Program::Dlmm(it) => assert_eq!(accounts[9], it.id, "somebody shares"),
            _ => {}
        }
    }
}

/// The engine's messages of every kind.
fn models() -> Vec<Vec<Instruction>> {
    let all = Program::MAINNET.into_iter();
    all.flat_map(|it| [sale(it), direct(it)]).collect()
}

/// One of the engine's messages with a few of its instructions, accounts and bytes changed.
fn changed(random: &mut StdRng, models: &[Vec<Instruction>]) -> Vec<u8> {
    let stolen = associated_token(THIEF, USDC, TOKEN_PROGRAM);
    let mut all = models[random.random_range(0..models.len())].clone();
    for _ in 0..random.random_range(1..4) {
        let place = random.random_range(0..all.len());
        let every: Vec<_> = all
            .iter()
            .flat_map(|it| it.accounts.iter().map(|it| it.address).chain([it.program]))
            .chain([THIEF, stolen, WALLET, usdc_account()])
            .collect();
        let any = every[random.random_range(0..every.len())];
        let one = &mut all[place];
        match random.random_range(0..8) {
            0 => {
                let other = models[random.random_range(0..models.len())].clone();
                one.clone_from(&other[random.random_range(0..other.len())]);
            }
            1 => {
                let twice = one.clone();
                all.push(twice);
            }
            2 => {
                let other = random.random_range(0..all.len());
                all.swap(place, other);
            }
            3 => one.program = any,
            4 if !one.data.is_empty() => {
                let at = random.random_range(0..one.data.len());
                one.data[at] = random.random();
            }
            5 => one.accounts.push(AccountMeta::write(any)),
            _ if !one.accounts.is_empty() => {
                let at = random.random_range(0..one.accounts.len());
                one.accounts[at].address = any;
            }
            _ => {}
        }
    }
    let hash = chain_solana::rpc::Hash::new_from_array([9; 32]);
    let message = chain_solana::build::compile::Message::compile(WALLET, &all, hash, &[]);
    message.map_or_else(|_| Vec::new(), |it| it.bytes().to_vec())
}

/// The bytes themselves changed.
fn damaged(random: &mut StdRng, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..random.random_range(1..5) {
        if bytes.is_empty() {
            break;
        }
        let place = random.random_range(0..bytes.len());
        let other = random.random_range(0..bytes.len());
        match random.random_range(0..6) {
            0 => bytes[place] = random.random(),
            1 => bytes[place] = bytes[place].wrapping_add(1),
            2 => bytes.swap(place, other),
            3 => bytes.truncate(place),
            4 => bytes.insert(place, random.random()),
            // Another of the message's own accounts: the most that a thief can turn.
            _ => bytes[place] = random.random_range(0..24),
        }
    }
    bytes
}

/// How many of so many messages are signed; none of them lets anything leave.
fn signed_of(messages: u32, seed: u64) -> u32 {
    let (rules, models) = (rules(), models());
    let mut random = StdRng::seed_from_u64(seed);
    let mut signed = 0;
    for number in 0..messages {
        let bytes = match number % 4 {
            0 | 1 => changed(&mut random, &models),
            2 => {
                let model = message(&models[random.random_range(0..models.len())]);
                damaged(&mut random, model)
            }
            _ => {
                let nowhere = random.random_range(0..1_200);
                (0..nowhere).map(|_| random.random()).collect()
            }
        };
        if judge(&bytes, &rules).is_ok() {
            Witness::of(&bytes).read();
            signed += 1;
        }
    }
    signed
}

#[test]
fn no_message_of_twenty_thousand_lets_anything_leave() {
    let signed = signed_of(20_000, 1);

    // Some changes do no harm: the test would show nothing if none came so far.
    assert!(signed > 100, "{signed} of 20,000 were signed");
}

#[test]
#[ignore = "long: scripts/test --full runs it"]
fn no_message_of_a_million_lets_anything_leave() {
    let signed = signed_of(1_000_000, 2);
    eprintln!("{signed} of a million were signed");

    assert!(signed > 5_000, "{signed} of a million were signed");
}

#[test]
fn the_witness_sees_what_leaves() {
    let [cpmm, ..] = Program::MAINNET;
    let mut bad = Vec::new();
    let mut lamports = sale(cpmm);
    lamports.push(moved(transfer(THIEF, 1)));
    bad.push(lamports);
    let mut rent = sale(cpmm);
    rent[6] = close(temporary(), THIEF);
    bad.push(rent);
    let mut output = sale(cpmm);
    output[5] = swap(cpmm, (temporary(), THIEF), SALE);
    bad.push(output);

    for instructions in bad {
        let bytes = message(&instructions);
        let seen = std::panic::catch_unwind(|| Witness::of(&bytes).read());
        assert!(seen.is_err(), "{instructions:?}");
    }
    for model in models() {
        Witness::of(&message(&model)).read();
    }
}
