use amm::Address;
use ports::SystemClock;

use super::*;
use crate::rpc::{At, Error, Lamports, Slot};
use crate::script::{Call, Script};

const OWN: Address = Address([1; 32]);

fn place() -> Place {
    Place {
        address: domain::Address::new(OWN.0),
        cluster: "mainnet-beta".to_owned(),
        mode: "sim".to_owned(),
        assets: vec![Asset::USDC, Asset::SOL],
    }
}

fn asked() -> Vec<Address> {
    let usual = |asset: Asset| {
        let mint = Address(*asset.mint.address().bytes());
        associated_token(OWN, mint, TOKEN_PROGRAM)
    };
    vec![OWN, usual(Asset::USDC), usual(Asset::SOL)]
}

fn account(lamports: u64, owner: Address, data: Vec<u8>) -> Option<Account> {
    Some(Account {
        lamports: Lamports::new(lamports),
        owner,
        executable: false,
        data,
    })
}

fn tokens(amount: u64) -> Vec<u8> {
    let mut data = vec![0; amm::token::ACCOUNT_LENGTH];
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    data
}

fn holds(lamports: u64, usdc: u64) -> Call {
    let value = vec![
        account(lamports, Address([0; 32]), Vec::new()),
        account(2_039_280, TOKEN_PROGRAM, tokens(usdc)),
        None,
    ];
    let slot = Slot::new(1);
    Call::Accounts(asked(), Ok(At { slot, value }))
}

fn wallet(script: &Script) -> SolanaWallet {
    SolanaWallet::new(script.rpc(), Arc::new(SystemClock::new()), place())
}

#[tokio::test(start_paused = true)]
async fn a_wallet_shows_native_sol_and_the_accounts_that_exist() {
    let script = Script::new([holds(u64::MAX, 1_500_250_000)]);

    let seen = wallet(&script).look().await.unwrap();

    assert_eq!(seen.lamports, u64::MAX);
    let usdc = Holding {
        asset: Asset::USDC,
        amount: BaseUnits::new(1_500_250_000),
    };
    assert_eq!(seen.tokens, [usdc]);
}

#[tokio::test(start_paused = true)]
async fn one_look_serves_all_who_ask_within_a_second_and_no_longer() {
    let script = Script::new([holds(1, 1), holds(2, 1)]);
    let wallet = wallet(&script);

    let (first, second) = tokio::join!(wallet.look(), wallet.look());
    assert_eq!(first, second);
    tokio::time::advance(FRESH).await;
    let third = wallet.look().await.unwrap();

    assert_eq!((first.unwrap().lamports, third.lamports), (1, 2));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_look_that_failed_is_not_kept() {
    let away = Call::Accounts(asked(), Err(Error::Refused("no".to_owned())));
    let script = Script::new([away, holds(1, 1)]);
    let wallet = wallet(&script);

    assert!(wallet.look().await.is_err());
    assert_eq!(wallet.look().await.unwrap().lamports, 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_is_made_once_for_all_who_ask_meanwhile() {
    let away = Call::Accounts(asked(), Err(Error::Refused("no".to_owned())));
    let script = Script::new([away]);
    let wallet = wallet(&script);

    let (first, second) = tokio::join!(wallet.look(), wallet.look());

    assert!(first.is_err());
    assert_eq!(first, second);
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_no_token_program_owns_holds_nothing() {
    let value = vec![None, account(5, OWN, tokens(7)), None];
    let slot = Slot::new(1);
    let script = Script::new([Call::Accounts(asked(), Ok(At { slot, value }))]);

    let seen = wallet(&script).look().await.unwrap();

    assert_eq!((seen.lamports, seen.tokens), (0, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn one_look_at_tokens_that_are_not_usual_serves_all_who_ask_within_a_second() {
    let unusual = Asset::token(domain::Mint::new(domain::Address::new([7; 32])), 3);
    let account_of = associated_token(OWN, Address([7; 32]), TOKEN_PROGRAM);
    let value = vec![
        account(9, Address([0; 32]), Vec::new()),
        account(2_039_280, TOKEN_PROGRAM, tokens(5)),
        None,
    ];
    let slot = Slot::new(1);
    let script = Script::new([
        Call::Accounts(vec![OWN, account_of, asked()[2]], Ok(At { slot, value })),
        Call::minimum_balance(ACCOUNT_LENGTH, 2_039_280),
    ]);
    let wallet = wallet(&script);
    let means = || wallet.means(unusual, Asset::SOL);

    let (first, second) = tokio::join!(means(), means());
    let third = means().await;

    assert_eq!((&second, &third), (&first, &first));
    let first = first.unwrap();
    assert_eq!((first.lamports, first.held), (9, BaseUnits::new(5)));
    assert!(first.has_account_out);
    script.check_done();
}
