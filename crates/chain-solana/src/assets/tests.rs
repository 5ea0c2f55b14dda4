use amm::Address;
use futures_util::future::join_all;
use ports::SystemClock;

use super::*;
use crate::address::CLOCK;
use crate::rpc::{Account, At, Slot};
use crate::script::{Call, Script};
use crate::shelf::Shelf;
use crate::world::account;

const MINT: Mint = Mint::new(domain::Address::new([7; 32]));
const FACTS: Asset = Asset {
    mint: MINT,
    decimals: 5,
    program: TokenProgram::Token2022,
};

/// A mint of Token-2022 with one extension, or none.
fn mint(extension: Option<(u16, &[u8])>) -> Account {
    let mut data = vec![0; 166];
    (data[44], data[45], data[165]) = (FACTS.decimals, 1, 1);
    if let Some((kind, body)) = extension {
        data.extend(kind.to_le_bytes());
        data.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
        data.extend(body);
    }
    account(TOKEN_2022_PROGRAM, data)
}

fn look(mint: Mint, found: Option<Account>) -> Call {
    let mut clock = vec![0; 40];
    clock[16] = 9;
    let value = vec![found, Some(account(TOKEN_PROGRAM, clock))];
    let slot = Slot::new(1);
    let asked = vec![address(mint.address()), CLOCK];
    Call::Accounts(asked, Ok(At { slot, value }))
}

fn assets(script: &Script, shelf: &Arc<Shelf>) -> ChainAssets {
    ChainAssets::new(script.rpc(), Arc::new(SystemClock::new()), shelf.clone())
}

#[tokio::test(start_paused = true)]
async fn a_mint_is_asked_for_once_and_kept_for_every_process() {
    let (script, shelf) = (Script::new([look(MINT, Some(mint(None)))]), Shelf::new());
    let one = assets(&script, &shelf);
    assert_eq!(one.recall(MINT).await.unwrap(), None);

    let found = join_all((0..20).map(|_| one.look_up(MINT))).await;
    let again = one.look_up(MINT).await;

    let facts = Found::Asset(FACTS);
    assert!(
        found
            .into_iter()
            .chain([again])
            .all(|it| it == Ok(facts.clone()))
    );
    let other = assets(&script, &shelf);
    assert_eq!(other.recall(MINT).await.unwrap(), Some(facts.clone()));
    // The store is asked once, too.
    *shelf.is_away.lock().unwrap() = true;
    assert_eq!(other.recall(MINT).await.unwrap(), Some(facts));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_miss_is_kept_for_ten_seconds_and_nowhere_else() {
    let wallet = account(Address([0; 32]), Vec::new());
    let script = Script::new([
        look(MINT, None),
        look(MINT, Some(wallet)),
        look(MINT, Some(account(TOKEN_PROGRAM, vec![0; 165]))),
        look(MINT, Some(mint(None))),
    ]);
    let shelf = Shelf::new();
    let assets = assets(&script, &shelf);

    for _ in 0..3 {
        assert_eq!(assets.look_up(MINT).await, Ok(Found::NoMint));
        assert_eq!(assets.recall(MINT).await.unwrap(), Some(Found::NoMint));
        assert_eq!(assets.look_up(MINT).await, Ok(Found::NoMint));
        tokio::time::advance(MISSED_FOR).await;
        assert_eq!(assets.recall(MINT).await.unwrap(), None);
    }
    let born = assets.look_up(MINT).await;

    assert_eq!(born, Ok(Found::Asset(FACTS)));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn a_mint_that_is_not_traded_is_told_by_what_it_has_and_not_kept() {
    let script = Script::new([look(MINT, Some(mint(Some((12, &[1; 32])))))]);
    let shelf = Shelf::new();
    let assets = assets(&script, &shelf);

    let found = assets.look_up(MINT).await.unwrap();

    let Found::NotTradable(why) = found else {
        panic!("{found:?}")
    };
    assert_eq!(why, "has a permanent delegate");
    assert!(shelf.assets.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_error_says_nothing_of_the_mint() {
    let mut lost = look(MINT, None);
    let mut without_clock = look(MINT, None);
    if let Call::Accounts(_, answer) = &mut lost {
        *answer = Err(Error::unavailable("lost"));
    }
    if let Call::Accounts(_, Ok(answer)) = &mut without_clock {
        answer.value[1] = None;
    }
    let script = Script::new([lost, without_clock, look(MINT, Some(mint(None)))]);
    let shelf = Shelf::new();
    *shelf.is_away.lock().unwrap() = true;
    let assets = assets(&script, &shelf);

    assert!(assets.recall(MINT).await.is_err());
    for _ in 0..2 {
        assert!(assets.look_up(MINT).await.is_err());
    }

    // A store that is away keeps nobody from trading what the chain knows.
    assert_eq!(assets.look_up(MINT).await, Ok(Found::Asset(FACTS)));
    script.check_done();
}

#[tokio::test(start_paused = true)]
async fn questions_have_a_budget_that_comes_back() {
    let number = |number: u32| {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Mint::new(domain::Address::new(bytes))
    };
    let calls = (0..=QUESTIONS_AT_ONCE).map(|it| look(number(it), None));
    let (script, shelf) = (Script::new(calls), Shelf::new());
    let assets = assets(&script, &shelf);

    let asked = join_all((0..QUESTIONS_AT_ONCE).map(|it| assets.look_up(number(it)))).await;
    let known = assets.look_up(number(0)).await;

    assert!(asked.iter().all(Result::is_ok) && known.is_ok());
    let budget = |passed| {
        let mut memory = Memory {
            budget_full_at: QUESTION_EVERY * QUESTIONS_AT_ONCE,
            ..Memory::default()
        };
        memory.spend(passed)
    };
    assert!(!budget(QUESTION_EVERY - Duration::from_millis(1)));
    assert!(budget(QUESTION_EVERY));
    tokio::time::advance(QUESTION_EVERY).await;
    assert!(assets.look_up(number(QUESTIONS_AT_ONCE)).await.is_ok());
    script.check_done();
}

#[test]
fn what_is_remembered_is_bounded() {
    let number = |number: usize| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Mint::new(domain::Address::new(bytes))
    };
    let mut memory = Memory::default();

    for it in 0..MISSES_MAX + 5 {
        memory.miss(number(it), Found::NoMint, Duration::from_secs(1));
    }
    for it in 0..KNOWN_MAX + 5 {
        memory.remember(Asset::token(number(it), 6));
    }

    assert!(memory.missed.len() <= MISSES_MAX && memory.known.len() <= KNOWN_MAX);
    let mut memory = Memory::default();
    for it in 0..MISSES_MAX {
        memory.miss(number(it), Found::NoMint, Duration::from_secs(1));
    }
    memory.miss(number(MISSES_MAX), Found::NoMint, Duration::from_secs(11));
    assert_eq!(memory.missed.len(), 1);
}
