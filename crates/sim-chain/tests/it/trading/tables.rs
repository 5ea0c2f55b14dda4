//! Transactions that do not fit into one packet but for a lookup table.

use std::sync::Arc;

use chain_solana::build::own;
use chain_solana::keys::{Signer as _, Wallet};
use chain_solana::message::Decoded;
use chain_solana::settings::{Settings, Simulating};
use dex_router::PoolSource as _;
use dex_router::pools::FoundPool;
use dex_router::room::{self, Table};
use domain::venue::Program;
use domain::{Address, Asset, OrderId};
use ports::Landing as _;
use ports::landing::Fate;
use ports::transaction_builder::{Error, TransactionBuilder as _};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market::lookup_table;
use uuid::Uuid;

use super::routes::{built, divided, swap};
use super::stage::{Stage, settings};

const PAIR: (Asset, Asset) = (Asset::SOL, Asset::USDC);
/// The first byte of a message of version 0.
const VERSION_0: u8 = 0x80;
/// Where a message begins, behind one signature.
const MESSAGE: usize = 65;

fn with_tables(simulating: Simulating, tables: &[Address]) -> Stage {
    let settings = Settings {
        simulating,
        tables: Arc::from(tables),
        ..settings()
    };
    Stage::of(Wallet::of_simulated_cluster(&GENESIS_HASH), settings)
}

fn own() -> Address {
    Address::new(lookup_table().to_bytes())
}

fn of<'a>(found: &'a [FoundPool], programs: &[Program]) -> Vec<&'a FoundPool> {
    let pool = |program: &Program| found.iter().find(|it| it.pool.program == *program);
    programs.iter().map(|it| pool(it).unwrap()).collect()
}

#[tokio::test]
async fn two_pools_that_fit_by_a_table_alone_are_simulated_and_land_together() {
    let stage = with_tables(Simulating::On, &[own()]);
    let (slot, found) = stage.found(PAIR).await;
    let together = [
        [Program::Cpmm, Program::Dlmm],
        [Program::DammV2, Program::Dlmm],
    ];
    for (number, programs) in (1..).zip(together) {
        let used = of(&found, &programs);
        let tables = stage.pools.tables();
        let swaps = || used.iter().map(|pool| swap(pool, PAIR));
        assert!(room::length(swaps(), &[]).simulation > room::BYTES_MAX);
        assert!(room::length(swaps(), &tables).simulation <= room::BYTES_MAX);

        let choice = divided(&used, PAIR, slot);
        let built = built(&stage, number, &choice).await.unwrap();

        assert_eq!(stage.land(&built.bytes).await.outcome, Ok(()));
        let Fate::Landed { legs, .. } = stage.chain.fate(&built).await.unwrap() else {
            panic!("it landed")
        };
        assert_eq!(legs.len(), 2, "{programs:?}");
    }
}

/// Every two pools of the pair, and every three.
#[tokio::test]
async fn the_length_of_a_transaction_with_a_table_is_known_before_it_is_made() {
    let stage = with_tables(Simulating::Off, &[own()]);
    let mut by_table = 0;
    for (number, pair) in [PAIR, (PAIR.1, PAIR.0)].into_iter().enumerate() {
        let (slot, found) = stage.found(pair).await;
        let tables: Vec<Table> = stage.pools.tables();
        assert_eq!(tables.len(), 1);
        for set in 1_u32..(1 << found.len()) {
            let used = found.iter().enumerate();
            let used = used.filter(|(place, _)| set & (1 << place) != 0);
            let used: Vec<&FoundPool> = used.map(|(_, pool)| pool).collect();
            let length = |tables: &[Table]| {
                room::length(used.iter().map(|pool| swap(pool, pair)), tables).transaction
            };
            let (legacy, shortest) = (length(&[]), length(&tables));
            let choice = divided(&used, pair, slot);
            let number = u128::from(set) + ((number as u128 + 1) << 64);

            let built = built(&stage, number, &choice).await;

            match built {
                Ok(built) if legacy <= room::BYTES_MAX => assert_eq!(built.bytes.len(), legacy),
                Ok(built) => {
                    assert_eq!(built.bytes.len(), shortest, "{used:?}");
                    assert_eq!(built.bytes[MESSAGE], VERSION_0);
                    by_table += 1;
                }
                Err(Error::TooLarge { bytes }) => assert_eq!(bytes, shortest, "{used:?}"),
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(by_table > 0);
}

#[tokio::test]
async fn what_is_no_table_helps_nothing_and_harms_nothing() {
    let no_table = Asset::USDC.mint.address();
    let stage = with_tables(Simulating::Off, &[no_table, Address::new([7; 32])]);
    let (slot, found) = stage.found(PAIR).await;

    assert_eq!(stage.pools.tables(), Vec::<Table>::new());
    let fitting = divided(&of(&found, &[Program::Cpmm, Program::DammV2]), PAIR, slot);
    built(&stage, 1, &fitting).await.unwrap();
    let all = divided(&found.iter().collect::<Vec<_>>(), PAIR, slot);
    let refused = built(&stage, 2, &all).await;
    assert!(
        matches!(refused, Err(Error::TooLarge { .. })),
        "{refused:?}"
    );
}

/// A transaction's proof of death reads its stored bytes, of which nobody says what the table held.
#[tokio::test]
async fn what_a_transaction_with_a_table_names_for_its_own_stands_in_its_bytes() {
    let stage = with_tables(Simulating::Off, &[own()]);
    let (slot, found) = stage.found(PAIR).await;
    let wallet = Wallet::of_simulated_cluster(&GENESIS_HASH).address();
    let mut by_table = 0;
    for set in 1_u32..(1 << found.len()) {
        let used = found.iter().enumerate();
        let used = used.filter(|(place, _)| set & (1 << place) != 0);
        let used: Vec<&FoundPool> = used.map(|(_, pool)| pool).collect();
        let choice = divided(&used, PAIR, slot);
        let Ok(built) = built(&stage, set.into(), &choice).await else {
            continue;
        };
        by_table += u32::from(built.bytes[MESSAGE] == VERSION_0);

        let decoded = Decoded::stated(&built.bytes).unwrap();

        let order = OrderId::new(Uuid::from_u128(set.into()));
        let named = own::address(wallet, &own::seed(order, 1));
        assert_eq!(own::of(&decoded, wallet), Some(named));
        assert!(stage.chain.report(&built).await.is_some());
    }
    assert!(by_table > 0);
}
