use super::*;

fn listed(number: u8, slot: u64) -> Listed {
    Listed {
        signature: Signature::from_bytes(&[number; 64]),
        slot,
    }
}

/// What a transaction that the wallet has not signed moves of it.
fn from_others(lamports: i128, tokens: BTreeMap<Mint, i128>) -> Moved {
    Moved {
        blockhash: None,
        is_signed: false,
        has_succeeded: true,
        fee: 0,
        lamports,
        tokens,
    }
}

#[test]
fn of_too_much_the_first_part_is_explained_and_the_next_one_goes_on_behind_it() {
    let mint = Mint::new(Address::new([7; 32]));
    let from = Checkpoint {
        slot: 10,
        lamports: 1_000,
        tokens: BTreeMap::from([(mint, Some(30))]),
    };
    let held = Held {
        slot: 90,
        lamports: 7_777,
        tokens: BTreeMap::from([(mint, 99)]),
    };
    let mut report = Report::begin(Address::new([1; 32]), from, held);
    let listed = listed(2, 20);
    let moved = from_others(5, BTreeMap::from([(mint, 4)]));
    report.add(&listed, Some(&moved), None);

    report.break_off(20);

    assert!(!report.is_alarming() && !report.is_whole(), "{report:?}");
    let reached = Checkpoint {
        slot: 20,
        lamports: 1_005,
        tokens: BTreeMap::from([(mint, Some(34))]),
    };
    assert_eq!(report.checkpoint(), reached);
}

/// By a delegate, or by whoever may take tokens of everybody.
#[test]
fn tokens_that_leave_without_the_wallets_signature_are_not_explained() {
    let mint = Mint::new(Address::new([7; 32]));
    let held = |slot, held| Held {
        slot,
        lamports: 9,
        tokens: BTreeMap::from([(mint, held)]),
    };
    let wallet = Address::new([1; 32]);
    let from = Report::first(wallet, held(10, 30)).checkpoint();
    let mut report = Report::begin(wallet, from, held(20, 26));
    assert_eq!(report.tokens_to_look_at(false), [mint]);
    let listed = listed(2, 15);
    let moved = from_others(0, BTreeMap::from([(mint, -4)]));
    report.add(&listed, Some(&moved), None);

    report.conclude();

    assert!(report.is_alarming());
    assert_eq!(report.findings[0].kind, Kind::Taken);
    assert_eq!(report.tokens()[&mint].unexplained, -4);
    assert_eq!(
        report.checkpoint().tokens,
        BTreeMap::from([(mint, Some(26))])
    );
}

/// Anybody can make a token, send it to the wallet, and take it back as the token's delegate of all accounts.
#[test]
fn a_token_that_a_stranger_sends_and_takes_back_is_nobodys_business() {
    let mint = Mint::new(Address::new([9; 32]));
    let held = |slot| Held {
        slot,
        lamports: 9,
        tokens: BTreeMap::new(),
    };
    let wallet = Address::new([1; 32]);
    let from = Report::first(wallet, held(10)).checkpoint();
    let mut report = Report::begin(wallet, from, held(20));
    for (slot, change) in [(14, 4), (15, -4)] {
        let listed = listed(2, slot);
        let moved = from_others(0, BTreeMap::from([(mint, change)]));
        report.add(&listed, Some(&moved), None);
    }

    report.conclude();

    assert!(!report.is_alarming(), "{report:?}");
    assert_eq!(report.checkpoint().tokens, BTreeMap::new());
    let kinds: Vec<Kind> = report.findings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Kind::FromOutside; 2]);
}

/// Anybody can name the wallet as often as they like.
#[test]
fn what_others_send_hides_no_foreign_transaction() {
    let wallet = Address::new([1; 32]);
    let held = |slot, lamports| Held {
        slot,
        lamports,
        tokens: BTreeMap::new(),
    };
    let from = Report::first(wallet, held(10, 500)).checkpoint();
    let mut report = Report::begin(wallet, from, held(900, 500));
    for (number, is_signed) in (0_u8..200).map(|number| (number, number == 150)) {
        let listed = listed(number, 11 + u64::from(number));
        let moved = Moved {
            is_signed,
            ..from_others(if is_signed { -199 } else { 1 }, BTreeMap::new())
        };
        report.add(&listed, Some(&moved), None);
    }

    report.conclude();

    let foreign = Signature::from_bytes(&[150; 64]);
    assert!(report.alarm().contains(foreign.as_str()), "{report:?}");
    assert_eq!(report.findings.len(), FINDINGS_MAX);
    assert!(report.findings.is_sorted_by_key(|it| it.slot));
}
