//! The pools of the simulated cluster as a client meets them: it finds them by their bytes, reads them, quotes, swaps
//! with an instruction of its own, and gets what its quote said to the last unit.

use std::collections::BTreeMap;

use amm::amm_v4::{Deployment, Form};
use amm::instruction::{Amounts, Trader};
use amm::snapshot::Snapshot as _;
use amm::token::TokenAccount;
use amm::{Direction, Pool, Program, Quote, Refusal};
use ed25519_dalek::SigningKey;
use sim_chain::bank::{Bank, Clock, Environment, Rent, Verified, address};
use sim_chain::market::{Market, Mode, conditions, engine_key, read_pool};
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{Message, VersionedMessage};

use crate::instruction::{to_solana, wrap};

const GENESIS: Hash = Hash::new_from_array([9; 32]);
const HEIGHT: u64 = 300_000_000;
const CLOCK: Clock = Clock {
    slot: 320_000_000,
    epoch: 740,
    unix_timestamp: 1_790_000_000,
};

/// A chain, and a client with the engine's key.
struct Client {
    bank: Bank,
    market: Market,
    key: SigningKey,
    wallet: Address,
    blocks: u8,
}

impl Client {
    fn new() -> Self {
        let mut bank = Bank::new(Environment {
            clock: CLOCK,
            rent: Rent::default(),
        });
        let market = Market::open(&mut bank, &GENESIS, 11, Mode::Still, HEIGHT).unwrap();
        let key = engine_key(&GENESIS);
        let wallet = market.engine_wallet();
        let mut client = Self {
            bank,
            market,
            key,
            wallet,
            blocks: 0,
        };
        client.wrap(20_000_000_000_000);
        client
    }

    /// Makes the account for wrapped SOL and puts so much into it.
    fn wrap(&mut self, lamports: u64) {
        self.execute(&wrap(self.wallet, lamports));
    }

    /// Executes instructions in a block of their own. The bytes are read again, as they come from a network.
    #[track_caller]
    fn execute(&mut self, instructions: &[Instruction]) {
        self.blocks = self.blocks.wrapping_add(1);
        let blockhash = Hash::new_from_array([self.blocks; 32]);
        self.bank.register_blockhash(blockhash);
        let message = Message::new_with_blockhash(instructions, Some(&self.wallet), &blockhash);
        let message = VersionedMessage::Legacy(message);
        let signed = Verified::sign(message, &[&self.key]).unwrap();
        let bytes = signed.get().encode();
        let read = sim_chain::bank::Transaction::decode(&bytes).unwrap();

        let outcome = self.bank.process(&read.verify().unwrap()).unwrap();

        assert_eq!(outcome.status, Ok(()), "{:#?}", outcome.logs());
    }

    fn account_of(&self, mint: Address) -> Address {
        let owner = self.bank.accounts().get(&mint).unwrap().owner;
        address::associated_token(&self.wallet, &mint, &owner)
    }

    fn balance(&self, account: Address) -> u64 {
        let account = self.bank.accounts().get(&account).unwrap();
        TokenAccount::read(&account.data).unwrap().amount
    }

    /// Swaps, and checks that accounts changed as the quote said, the pool's as amm says.
    #[track_caller]
    fn check_swap(&mut self, pool: &Pool, direction: Direction, amounts: Amounts, quote: Quote) {
        let at = conditions(&self.bank, pool, direction);
        let (mint_in, mint_out) = direction.in_out(pool.mints());
        let input = self.account_of(mint_in.0.into());
        let output = self.account_of(mint_out.0.into());
        let trader = Trader {
            wallet: amm::Address(self.wallet.to_bytes()),
            input: amm::Address(input.to_bytes()),
            output: amm::Address(output.to_bytes()),
        };
        let before = (self.balance(input), self.balance(output));

        let swap = pool.swap_instruction(direction, trader, amounts);
        self.execute(&[units_limit(), to_solana(swap)]);

        let after = (self.balance(input), self.balance(output));
        assert_eq!(before.0 - after.0, quote.amount_in);
        assert_eq!(after.1 - before.1, quote.amount_out);
        let expected = pool.after_swap(amounts, &at).unwrap();
        for (key, bytes) in expected.accounts() {
            let account = self.bank.accounts().account(&key).unwrap();
            assert_eq!(account.data, bytes, "{key}");
        }
    }

    /// Sells and buys, in this direction.
    fn check_direction(&mut self, read: impl Fn(&Bank) -> Pool, direction: Direction) {
        let pool = read(&self.bank);
        // A millionth of a pool is worth some dollars.
        let (mint_in, _) = direction.in_out(pool.mints());
        let amount_in = self.balance(self.account_of(mint_in.0.into())) / 1_000;
        let at = conditions(&self.bank, &pool, direction);
        let quote = pool.quote_in(amount_in, &at).unwrap();
        let sale = Amounts::ExactIn {
            amount_in,
            min_amount_out: quote.amount_out,
        };
        self.check_swap(&pool, direction, sale, quote);

        let pool = read(&self.bank);
        let wanted = quote.amount_out / 3;
        let (amount_out, quote) = purchase(&pool, wanted, &at);
        let purchase = Amounts::ExactOut {
            amount_out,
            max_amount_in: quote.amount_in,
        };
        self.check_swap(&pool, direction, purchase, quote);
    }
}

/// The quote for an amount. With a transfer fee programs refuse some amounts, of two neighbours one at most.
fn purchase(pool: &Pool, wanted: u64, at: &amm::Conditions) -> (u64, Quote) {
    let mut amounts = wanted..wanted + 3;
    let quoted = amounts.find_map(|amount| match pool.quote_out(amount, at) {
        Ok(quote) => Some((amount, quote)),
        Err(Refusal::Overflow) if at.transfer_fees != amm::token::TransferFees::NONE => None,
        Err(refusal) => panic!("{refusal}"),
    });
    quoted.unwrap()
}

fn units_limit() -> Instruction {
    Instruction {
        program_id: address::COMPUTE_BUDGET,
        accounts: Vec::new(),
        data: [&[2][..], &1_000_000_u32.to_le_bytes()].concat(),
    }
}

#[test]
fn every_pool_pays_and_takes_what_its_quotes_say() {
    let mut client = Client::new();
    let pools: Vec<Address> = client.market.pools().collect();
    for address in &pools {
        for direction in [Direction::FirstToSecond, Direction::SecondToFirst] {
            client.check_direction(|bank| read_pool(bank, address).unwrap(), direction);
        }
    }
    assert_eq!(pools.len(), 258);
}

#[test]
fn amm_v4_pools_take_the_short_form_too() {
    let mut client = Client::new();
    let short = Program::AmmV4(Deployment {
        form: Form::Short,
        ..Deployment::MAINNET
    });
    let read = move |bank: &Bank, address: &Address| {
        Pool::read(
            short,
            amm::Address(address.to_bytes()),
            &[],
            bank.accounts(),
        )
    };
    let mut count = 0;
    for address in client.market.pools().collect::<Vec<_>>() {
        if read(&client.bank, &address).is_ok() {
            count += 1;
            client.check_direction(
                |bank| read(bank, &address).unwrap(),
                Direction::SecondToFirst,
            );
        }
    }
    assert_eq!(count, 14);
}

/// A kind of pool as clients look for it: who owns it, how long it is, how it begins, and where its mints stand.
struct Found {
    program: Address,
    bytes: usize,
    discriminator: &'static [u8],
    mints_at: (usize, usize),
    count: usize,
}

#[test]
fn clients_find_every_pool_by_its_bytes() {
    let client = Client::new();
    let mut all = 0;
    for kind in [
        Found {
            program: address::RAYDIUM_CPMM,
            bytes: 637,
            discriminator: &[0xf7, 0xed, 0xe3, 0xf5, 0xd7, 0xc3, 0xde, 0x46],
            mints_at: (168, 200),
            count: 120,
        },
        Found {
            program: address::RAYDIUM_AMM_V4,
            bytes: 752,
            discriminator: &[],
            mints_at: (400, 432),
            count: 14,
        },
        Found {
            program: address::METEORA_DAMM_V2,
            bytes: 1_112,
            discriminator: &[0xf1, 0x9a, 0x6d, 0x04, 0x11, 0xb1, 0x6d, 0xbc],
            mints_at: (168, 200),
            count: 120,
        },
        Found {
            program: address::METEORA_DLMM,
            bytes: 904,
            discriminator: &[0x21, 0x0b, 0x31, 0x62, 0xb5, 0x65, 0xb1, 0x0d],
            mints_at: (88, 120),
            count: 4,
        },
    ] {
        let mut found = 0;
        for (key, account) in client.bank.accounts().iter() {
            let fits = account.owner == kind.program && account.data.len() == kind.bytes;
            if !fits || !account.data.starts_with(kind.discriminator) {
                continue;
            }
            found += 1;
            let pool = read_pool(&client.bank, key).unwrap();
            let mint = |at: usize| -> [u8; 32] { account.data[at..at + 32].try_into().unwrap() };
            let mints = (mint(kind.mints_at.0), mint(kind.mints_at.1));
            assert_eq!((pool.mints().0.0, pool.mints().1.0), mints);
            if kind.program == address::RAYDIUM_CPMM {
                assert!(mints.0 < mints.1, "CPMM keeps its mints sorted");
            }
        }
        assert_eq!(found, kind.count, "{}", kind.program);
        all += found;
    }
    assert_eq!(all, client.market.pools().count());
}

/// A first demonstration shows either venue winning: of the pairs, at the first block, and at what a swap really pays.
#[test]
fn each_venue_pays_most_for_many_pairs() {
    let client = Client::new();
    let mut best: BTreeMap<[[u8; 32]; 2], BTreeMap<&str, u64>> = BTreeMap::new();
    for address in client.market.pools() {
        let pool = read_pool(&client.bank, &address).unwrap();
        let venue = match &pool {
            Pool::Cpmm(_) | Pool::AmmV4(_) => "raydium",
            Pool::DammV2(_) | Pool::Dlmm(_) => "meteora",
        };
        let mints = [pool.mints().0, pool.mints().1];
        let direction = if mints[0] < mints[1] {
            Direction::FirstToSecond
        } else {
            Direction::SecondToFirst
        };
        let at = conditions(&client.bank, &pool, direction);
        let (mint_in, mint_out) = direction.in_out(pool.mints());
        // A thousand dollars' worth. The wallet has ten million of each, of SOL other amounts.
        let amount = client.balance(client.account_of(mint_in.0.into())) / 10_000;
        let paid = pool.quote_in(amount, &at).unwrap().amount_out;
        let of_pair = best.entry([mint_in.0, mint_out.0]).or_default();
        let of_venue = of_pair.entry(venue).or_default();
        *of_venue = (*of_venue).max(paid);
    }

    let won = best.values().filter(|it| it["raydium"] > it["meteora"]);
    let won = won.count();
    assert_eq!(best.len(), 120);
    assert!((30..=90).contains(&won), "{won} of 120");
}

#[test]
fn listed_mints_are_as_the_token_list_says() {
    let client = Client::new();
    for listing in domain::TokenList::mainnet().listings() {
        let asset = listing.asset;
        let key = Address::from(*asset.mint.address().bytes());
        let account = client.bank.accounts().get(&key).unwrap();
        let mint = amm::token::Mint::read(&account.data).unwrap();

        assert_eq!(mint.decimals, asset.decimals, "{}", listing.symbol);
        let is_2022 = account.owner == address::TOKEN_2022;
        assert_eq!(
            is_2022,
            asset.program == domain::asset::TokenProgram::Token2022
        );
        let has_fee = mint.transfer_fee(CLOCK.epoch) != amm::token::TransferFee::NONE;
        assert_eq!(has_fee, is_2022, "{}", listing.symbol);
    }
}

#[test]
fn the_whole_world_is_small() {
    let client = Client::new();
    let accounts = client.bank.accounts();

    let bytes: usize = accounts.iter().map(|(_, account)| account.data.len()).sum();

    assert!(accounts.len() < 1_500, "{} accounts", accounts.len());
    assert!(bytes < 1_500_000, "{bytes} bytes");
}
