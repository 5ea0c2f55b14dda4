//! The ledger against the balances of those who swapped.

use std::collections::HashSet;
use std::sync::Arc;

use domain::transaction::Signature;
use domain::{Address, Asset, BaseUnits, Mint, Venue};
use ports::Simulation as _;
use ports::ledger::{Ledger as _, LedgerEntry, LedgerFilter};
use ports::simulation::Trade;
use sim_chain::bank::address::WRAPPED_SOL;
use sim_chain::cluster::Landed;

use super::stage::{JUP, Stage, USDC, in_memory, on_disk, wrapped};

const SOL: u64 = 1_000_000_000;

fn signature(landed: &Landed) -> Signature {
    Signature::from_bytes(landed.transaction.signature().as_array())
}

async fn page(stage: &Stage, filter: &LedgerFilter) -> Vec<LedgerEntry> {
    stage.world.entries(filter).await.unwrap().entries
}

fn all() -> LedgerFilter {
    LedgerFilter {
        limit: 1_000,
        ..LedgerFilter::default()
    }
}

#[tokio::test]
async fn lines_say_what_wallets_paid_and_received_to_the_last_unit() {
    let folder = tempfile::tempdir().unwrap();
    for stage in [in_memory(), on_disk(folder.path(), &Arc::default())] {
        let before = (stage.holding(USDC), stage.holding(JUP));
        let landed = stage.send(&stage.sell((USDC, JUP), 5_000_000));
        assert_eq!(page(&stage, &all()).await, [], "its block is open yet");
        stage.pass_blocks(2).await;

        let after = (stage.holding(USDC), stage.holding(JUP));
        let lines = page(&stage, &all()).await;
        let [line] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert_eq!(line.amount_in.get(), before.0 - after.0);
        assert_eq!(line.amount_out.get(), after.1 - before.1);
        assert_eq!((line.asset_in, line.asset_out.decimals), (Asset::USDC, 6));
        assert_eq!(line.asset_out.mint, Mint::new(Address::new(JUP.to_bytes())));
        assert_eq!((line.venue, line.ok), (Venue::Raydium, true));
        assert_eq!(line.signature, signature(&landed));
        assert_eq!(
            line.blockhash.bytes(),
            landed.transaction.blockhash().as_bytes()
        );
        assert_eq!(
            line.height.get(),
            stage.read(|chain| chain.header(landed.slot).height)
        );
        assert!(line.landed_at.as_millis() >= landed.unix_timestamp * 1_000);
    }
}

#[tokio::test]
async fn native_sol_counts_without_the_fee_and_the_rent_of_its_account() {
    let stage = in_memory();
    let before = stage.lamports();
    let swap = stage.sale((WRAPPED_SOL, USDC), SOL, 1);
    let landed = stage.send(&stage.sign(&wrapped(SOL, swap)));
    stage.pass_blocks(2).await;

    let lines = page(&stage, &all()).await;

    assert_eq!(landed.outcome.status, Ok(()));
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].asset_in, lines[0].asset_out),
        (Asset::SOL, Asset::USDC)
    );
    assert_eq!(lines[0].amount_in.get(), SOL);
    assert_eq!(before - stage.lamports(), SOL + landed.outcome.fee);
}

#[tokio::test]
async fn a_reverted_swap_has_a_line_that_says_what_was_to_be_paid() {
    let stage = in_memory();
    let (before, jup) = (stage.lamports(), stage.holding(JUP));
    let one = stage.send(&stage.sign(&[stage.sale((USDC, JUP), 5_000_000, u64::MAX)]));
    let swap = stage.sale((WRAPPED_SOL, JUP), SOL, u64::MAX);
    let other = stage.send(&stage.sign(&wrapped(SOL, swap)));
    stage.pass_blocks(2).await;

    let lines = page(&stage, &all()).await;

    assert!(one.outcome.status.is_err() && other.outcome.status.is_err());
    let told: Vec<_> = lines
        .iter()
        .map(|it| (it.asset_in, it.amount_in.get(), it.amount_out.get(), it.ok))
        .collect();
    assert_eq!(
        told,
        [
            (Asset::USDC, 5_000_000, 0, false),
            (Asset::SOL, SOL, 0, false)
        ]
    );
    assert_eq!(stage.holding(JUP), jup);
    assert_eq!(
        before - stage.lamports(),
        one.outcome.fee + other.outcome.fee
    );
}

#[tokio::test]
async fn two_swaps_in_one_transaction_are_one_line_of_their_sum() {
    let stage = in_memory();
    let before = (stage.holding(USDC), stage.holding(JUP));
    let sale = |amount| stage.sale((USDC, JUP), amount, 1);
    stage.send(&stage.sign(&[sale(1_000_000), sale(2_000_000)]));
    stage.pass_blocks(2).await;

    let lines = page(&stage, &all()).await;

    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].amount_in.get(), 3_000_000);
    assert_eq!(lines[0].amount_in.get(), before.0 - stage.holding(USDC));
    assert_eq!(lines[0].amount_out.get(), stage.holding(JUP) - before.1);
}

#[tokio::test]
async fn what_the_market_does_and_what_swaps_nothing_has_no_line() {
    let stage = in_memory();
    let pool = stage.pool(USDC, JUP);
    let trade = Trade {
        pool: Address::new(pool.accounts()[0].0.0),
        mint_in: Mint::new(Address::new(USDC.to_bytes())),
        amount_in: BaseUnits::new(1_000_000_000),
    };
    let traded = stage.world.trade(&trade).await.unwrap();
    stage.world.cluster().airdrop(USDC, SOL).unwrap();
    stage.pass_blocks(2).await;

    assert_eq!(page(&stage, &all()).await, []);
    let bytes = bs58::decode(traded.as_str()).into_vec().unwrap();
    let traded = solana_signature::Signature::from(<[u8; 64]>::try_from(bytes).unwrap());
    assert!(stage.read(|chain| chain.landed(&traded).is_some()));
    assert_ne!(stage.pool(USDC, JUP), pool);
}

#[tokio::test]
async fn the_ledger_is_read_page_by_page_without_gaps_and_by_signatures() {
    let folder = tempfile::tempdir().unwrap();
    for stage in [in_memory(), on_disk(folder.path(), &Arc::default())] {
        let mut sent = Vec::new();
        for number in 1..=25 {
            sent.push(signature(
                &stage.send(&stage.sell((USDC, JUP), 1_000_000 + number)),
            ));
        }
        stage.pass_blocks(2).await;

        let mut filter = LedgerFilter {
            limit: 10,
            ..LedgerFilter::default()
        };
        let mut read = Vec::new();
        let mut pages = 0;
        loop {
            let page = stage.world.entries(&filter).await.unwrap();
            read.extend(page.entries.into_iter().map(|line| line.signature));
            pages += 1;
            match page.next {
                Some(place) => filter.after = Some(place),
                None => break,
            }
        }
        assert_eq!((pages, &read), (3, &sent));

        let nobody = Signature::from_bytes(&[9; 64]);
        let asked = vec![sent[3].clone(), nobody, sent[20].clone()];
        let filter = LedgerFilter {
            signatures: Some(asked.clone()),
            ..all()
        };
        let found: HashSet<_> = page(&stage, &filter)
            .await
            .into_iter()
            .map(|it| it.signature)
            .collect();
        assert_eq!(found, HashSet::from([sent[3].clone(), sent[20].clone()]));
        let filter = LedgerFilter {
            signatures: Some(vec![asked[0].clone(); 10_001]),
            ..all()
        };
        assert!(stage.world.entries(&filter).await.is_err());
    }
}

#[tokio::test]
async fn the_engines_wallet_is_filled_up_while_it_is_used() {
    let stage = in_memory();
    let had = stage.lamports();
    let swap = stage.sale((WRAPPED_SOL, USDC), had - SOL, 1);
    let landed = stage.send(&stage.sign(&wrapped(had - SOL, swap)));
    assert_eq!(landed.outcome.status, Ok(()));
    stage.pass_blocks(2).await;
    assert!(stage.lamports() < 2 * SOL);

    for _ in 0..16 {
        stage.pass_blocks(1).await;
        stage.world.cluster().touch(&[]);
    }

    stage.pass_blocks(1).await;
    assert_eq!(stage.lamports() / SOL, had / SOL);
}
