//! What a message may be written like: its version, its length, and what it takes from tables.

use super::*;

#[test]
fn programs_stand_in_the_message_itself() {
    let (venue, named) = (Program::MAINNET[0].id(), filler()[0]);
    let table = table(Vec::new());
    let mut bytes = v0(&good(), &table);
    // The pinned table says that the venue's program is in it, where the message means one that is named for nothing.
    let mut known = table.addresses.clone();
    known[0] = venue;
    let pinned = rules().with_tables(BTreeMap::from([(table.address, known)]));
    let stated = usize::from(bytes[4]);
    let keys: Vec<_> = bytes[5..][..32 * stated].chunks(32).collect();
    let program = keys.iter().position(|key| *key == venue.0).unwrap();
    let lookups = Unsigned::read(&bytes).unwrap().lookups();
    let (written, read) = &lookups[0].places;
    let place = read.iter().position(|index| *index == 0).unwrap();
    let loaded = stated + written.len() + place;

    bytes[5 + 32 * program..][..32].copy_from_slice(&Address([91; 32]).0);
    let called = [u8::try_from(program).unwrap(), 13];
    let call = bytes.windows(2).position(|it| it == called).unwrap();
    bytes[call] = u8::try_from(loaded).unwrap();

    assert_eq!(table.addresses[0], named);
    assert_eq!(judge(&bytes, &pinned), Err(Refusal::Program(venue)));
}

#[test]
fn tables_are_pinned_with_all_that_a_message_takes_from_them() {
    let table = table(vec![Address([31; 32]), Address([32; 32])]);
    let pinned = |length: usize| {
        let known = table.addresses[..length].to_vec();
        rules().with_tables(BTreeMap::from([(table.address, known)]))
    };
    let bytes = v0(&good(), &table);

    let unpinned = Err(Refusal::Table(table.address));
    assert_eq!(judge(&bytes, &rules()), unpinned);
    assert_eq!(judge(&bytes, &pinned(1)), unpinned);
    let judged = judge(&bytes, &pinned(table.addresses.len()));
    assert!(judged.is_ok(), "{judged:?}");
}

#[test]
fn the_wallets_own_accounts_stand_in_the_message_itself() {
    for account in [usdc_account(), temporary()] {
        let table = table(vec![account]);
        let pinned = BTreeMap::from([(table.address, table.addresses.clone())]);

        let judged = judge(&v0(&good(), &table), &rules().with_tables(pinned));

        assert!(
            matches!(judged, Err(Refusal::NotOwn(_) | Refusal::Unclosed(_))),
            "{judged:?}"
        );
    }
}

#[test]
fn what_is_longer_or_in_another_form_is_refused() {
    let mut bytes = message(&good());
    bytes.push(0);

    assert!(matches!(judge(&bytes, &rules()), Err(Refusal::Form(_))));
    assert_eq!(judge(&[0; 1_168], &rules()), Err(Refusal::Size(1_168)));
    assert!(matches!(judge(&[], &rules()), Err(Refusal::Form(_))));
}

#[test]
fn later_versions_of_messages_are_refused() {
    // The version stands before the message, with its highest bit set.
    let v0 = [&[0x80][..], &message(&good()), &[0]].concat();
    assert!(judge(&v0, &rules()).is_ok());

    for version in 1..=127 {
        let later = [&[0x80 | version][..], &message(&good()), &[0]].concat();
        assert!(
            matches!(judge(&later, &rules()), Err(Refusal::Form(_))),
            "version {version}"
        );
    }
}
