//! The settings of a signer.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Address;

use super::*;

#[derive(Debug, Parser)]
pub(super) struct Program {
    #[command(flatten)]
    signer: Signer,
}

fn parse(flags: &[&str]) -> Result<Signer, String> {
    let arguments = ["program"].iter().chain(flags).map(Into::into);
    parse_flags::<Program>(arguments)
        .map(|program| program.signer)
        .map_err(|stop| stop.to_string())
}

#[track_caller]
fn refused(flag: &str) -> String {
    let line = parse(&[flag]).expect_err("must be refused");
    assert_eq!(line.lines().count(), 1, "{line:?} is one line");
    line
}

#[test]
fn a_signer_needs_a_key_and_limits_and_nothing_else() {
    let signer = parse(&["--key-file=/k", "--limits=SOL:1/day,fees:1/day"]).expect("right");

    let (key_file, limits) = signer.needed().expect("complete");
    assert_eq!(
        (key_file.to_str(), limits),
        (Some("/k"), "SOL:1/day,fees:1/day")
    );
    assert_eq!(signer.socket.to_str(), Some("./signer/signer.sock"));
    assert_eq!(signer.journal.to_str(), Some("./signer/journal"));
    assert_eq!((signer.max_per_minute, signer.user), (600, None));
    assert_eq!(signer.tokens(), Arc::new(TokenList::mainnet()));
}

#[test]
fn what_a_signer_lacks_is_named() {
    let without = |flags: &[&str]| parse(flags).expect("right").needed().map(drop);

    let no_key = without(&["--limits=SOL:1/day"]).expect_err("no key");
    assert!(no_key.to_string().starts_with("SIGNER_KEY_FILE is not set"));
    let no_limits = without(&["--key-file=/k"]).expect_err("no limits");
    assert!(
        no_limits
            .to_string()
            .starts_with("SIGNER_LIMITS is not set")
    );
}

#[test]
fn the_programs_of_a_named_cluster_stand_where_they_are() {
    let flags = [
        "--key-file=/k",
        "--limits=SOL:1/day",
        "--programs=cpmm=CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C",
    ];
    let devnet = [&flags[..], &["--solana-cluster=devnet"]].concat();
    let localnet = [&flags[..], &["--solana-cluster=localnet"]].concat();

    assert!(parse(&devnet).expect("right").needed().is_err());
    assert!(parse(&localnet).expect("right").needed().is_ok());
    let tokens = parse(&["--solana-cluster=devnet"]).expect("right").tokens();
    assert_eq!(tokens, Arc::new(TokenList::devnet()));
}

#[test]
fn lookup_tables_are_read_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tables");
    let flag = format!("--tables={}", path.display());
    let (sol, usdc) = (
        "So11111111111111111111111111111111111111112",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    );
    let write = |text: String| std::fs::write(&path, text).expect("a file");

    write(format!("# pools\n{sol} {usdc} {sol} # two\n\n{usdc}\n"));
    let tables = parse(&[&flag]).expect("right").tables.expect("tables");
    let (sol_at, usdc_at): (Address, Address) =
        (sol.parse().expect("one"), usdc.parse().expect("one"));
    let expected = BTreeMap::from([(sol_at, vec![usdc_at, sol_at]), (usdc_at, Vec::new())]);
    assert_eq!(*tables.0, expected);

    for (text, told) in [
        (
            format!("{sol} {usdc}\n{sol} {usdc}"),
            "line 2 names a table for the second time",
        ),
        (
            format!("{sol} what"),
            "line 1 has something that is no address",
        ),
        (
            format!("{sol}{}", format!(" {usdc}").repeat(257)),
            "more than 256 addresses",
        ),
    ] {
        write(text);
        let line = refused(&flag);
        assert!(
            line.starts_with("SIGNER_TABLES=") && line.contains(told),
            "{line}"
        );
    }
}
