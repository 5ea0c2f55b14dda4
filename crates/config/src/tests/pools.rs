//! Which pools may be used.

use std::io::Write as _;

use domain::{Address, Asset, BaseUnits};

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("it is written");
    file
}

fn listed(text: &str) -> Result<Vec<Address>, String> {
    let file = file(text);
    let flag = format!("--pools-file={}", file.path().display());
    let config = parse(&[&flag])?;
    Ok(config.pools.pools_file.expect("it is set").to_vec())
}

#[test]
fn what_a_pool_must_hold_is_written_in_whole_tokens() {
    let min_depth = |flags: &[&str]| parse(flags).expect("right").min_depth();
    let of = |asset, units| (asset, BaseUnits::new(units));

    assert_eq!(min_depth(&[]), Ok(MinDepth::Any));
    assert_eq!(min_depth(&["--pool-min-depth=0"]), Ok(MinDepth::Any));
    let both = vec![
        of(Asset::SOL, 10_500_000_000),
        of(Asset::USDC, 1_500_000_000),
    ];
    assert_eq!(
        min_depth(&["--pool-min-depth=sol:10.5, USDC:1500"]),
        Ok(MinDepth::Of(both))
    );
    for wrong in ["SOL", "SOL:", ":10", "SOL:1,", "SOL=1"] {
        check_refused(
            "--pool-min-depth",
            wrong,
            "POOL_MIN_DEPTH",
            "SOL:10,USDC:1500",
        );
    }
}

#[test]
fn what_is_not_set_follows_from_the_mode() {
    let config = parse(&[]).expect("right");
    let set = parse(&["--pool-max-deviation-bps=250"]).expect("right");

    assert_eq!(config.max_deviation_bps(), 0);
    assert_eq!(set.max_deviation_bps(), 250);
    assert_eq!(config.chain.order_venue_mode.defaults(), Defaults::SIM);
    assert_eq!(Defaults::LIVE.min_depth, MinDepth::TimesOrder(20));
    assert_eq!(Defaults::LIVE.max_deviation_bps, 1_000);
    assert_eq!(Defaults::LIVE.simulate, Switch::On);
    assert_eq!(Defaults::LIVE.max_price_impact_bps, 1_000);
    // Real money is not traded for what nobody named.
    assert_eq!(Defaults::LIVE.pair, None);
    check_refused(
        "--pool-max-deviation-bps",
        "-1",
        "POOL_MAX_DEVIATION_BPS",
        "0 to 1000000",
    );
}

#[test]
fn a_file_of_pools_has_one_address_in_each_line() {
    let [one, other] = [[1; 32], [2; 32]].map(Address::new);

    let text = format!("# ours\n\n  {one}  # SOL/USDC\r\n{other}\n{one}\n");
    assert_eq!(listed(&text), Ok(vec![one, other]));

    for (text, why) in [
        ("", "it has none"),
        ("# nothing\n", "it has none"),
        (&format!("{one}\nSOL\n"), "line 2 has none"),
        (&format!("{one} {other}"), "line 1 has none"),
    ] {
        let refused = listed(text).expect_err("must be refused");
        assert!(
            refused.contains("POOLS_FILE=") && refused.contains(why),
            "{refused}"
        );
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }
    check_refused(
        "--pools-file",
        "/nowhere",
        "POOLS_FILE",
        "a file with pools' addresses",
    );
}

#[test]
fn a_file_of_too_many_pools_is_refused() {
    let address = |number: u32| {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Address::new(bytes).to_string()
    };
    let many = |count| (0..count).map(address).collect::<Vec<_>>().join("\n");

    assert_eq!(listed(&many(2_000)).map(|it| it.len()), Ok(2_000));
    let refused = listed(&many(2_001)).expect_err("must be refused");
    assert!(refused.contains("at most 2000 pools"), "{refused}");
}
