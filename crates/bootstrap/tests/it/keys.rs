//! The key that a process signs with: what is wrong with it ends the process with one line that holds nothing of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bootstrap::doctor::{Question, State, examine};
use bootstrap::world::keys::{Held, address, address_of, keys};
use chain_solana::keys::{Wallet, from_text};
use config::Config;
use domain::{Asset, BaseUnits};

use crate::config;

/// A key file's content with its address: nobody's, as it stands here.
const NUMBERS: &str = "[42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,42,\
                       25,127,107,35,225,108,133,50,198,171,200,56,250,205,94,167,137,190,12,118,178,146,3,52,3,155,\
                       250,139,61,54,141,97]";
const ADDRESS: &str = "2iXtA8oeZqUU5pofxK971TCEvFGfems2AcDRaZHKD2pQ";
const OTHER: &str = "So11111111111111111111111111111111111111112";

fn key_file(folder: &Path, mode: u32) -> PathBuf {
    let path = folder.join("wallet.json");
    fs::write(&path, NUMBERS).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

fn live(folder: &Path, flags: &[&str]) -> Config {
    config(folder, &[&["--order-venue-mode=live"], flags].concat())
}

fn own(config: &Config) -> Wallet {
    key(config).expect("a key")
}

fn key(config: &Config) -> Result<Wallet, config::args::Stop> {
    match keys(config)?.into_parts().0.held {
        Held::Here(wallet) => Ok(*wallet),
        Held::At(socket) => panic!("{socket:?}"),
    }
}

#[track_caller]
fn refused(config: &Config) -> String {
    let line = key(config).expect_err("is refused").to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(!line.contains("42,42"), "{line}");
    line
}

#[test]
fn a_key_file_and_a_key_give_the_same_wallet() {
    let folder = tempfile::tempdir().unwrap();
    let path = key_file(folder.path(), 0o600);
    let by_file = format!("--wallet={}", path.display());
    let by_text = format!("--wallet-key={NUMBERS}");
    let named = format!("--wallet-address={OTHER},{ADDRESS}");
    for flags in [&[by_file.as_str()][..], &[&by_text], &[&by_file, &named]] {
        let wallet = own(&live(folder.path(), flags));

        assert_eq!(address_of(&wallet).to_string(), ADDRESS);
        assert_eq!(format!("{wallet:?}"), format!("Wallet({ADDRESS})"));
    }
}

#[test]
fn a_key_that_others_can_take_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = key_file(folder.path(), 0o644);
    let line = refused(&live(
        folder.path(),
        &[&format!("--wallet={}", path.display())],
    ));
    assert!(
        line.contains("mode 644") && line.contains("chmod 600"),
        "{line}"
    );

    key_file(folder.path(), 0o600);
    let link = folder.path().join("link.json");
    symlink(&path, &link).unwrap();
    let line = refused(&live(
        folder.path(),
        &[&format!("--wallet={}", link.display())],
    ));
    assert!(
        line.starts_with("WALLET=") && line.contains("is a link"),
        "{line}"
    );

    let line = refused(&live(folder.path(), &["--wallet=/nowhere/wallet.json"]));
    assert!(line.contains("/nowhere/wallet.json"), "{line}");
}

#[test]
fn a_wrong_key_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let line = refused(&live(folder.path(), &["--wallet-key=[42,42]"]));
    assert!(line.starts_with("WALLET_KEY=*** is not allowed"), "{line}");

    let by_text = format!("--wallet-key={NUMBERS}");
    let other = format!("--wallet-address={OTHER}");
    let line = refused(&live(folder.path(), &[&by_text, &other]));
    assert!(
        line.starts_with("WALLET_ADDRESS") && line.contains(ADDRESS),
        "{line}"
    );
}

#[test]
fn a_live_process_without_a_key_has_none() {
    let folder = tempfile::tempdir().unwrap();

    assert!(refused(&live(folder.path(), &[])).starts_with("WALLET is not set"));
    assert_eq!(address(&live(folder.path(), &[])), None);

    let named = format!("--wallet-address={ADDRESS}");
    let looked_at = address(&live(folder.path(), &[&named]));
    assert_eq!(looked_at.map(|it| it.to_string()), Some(ADDRESS.to_owned()));
    // A simulated cluster's key is no secret, and follows from the cluster.
    let simulated = config(folder.path(), &[]);
    let wallet = own(&simulated);
    assert_eq!(address(&simulated), Some(address_of(&wallet)));
}

#[test]
fn the_key_of_these_tests_is_a_key() {
    assert_eq!(
        address_of(&from_text(NUMBERS).unwrap()).to_string(),
        ADDRESS
    );
}

#[test]
fn several_wallets_have_names_and_each_key_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = key_file(folder.path(), 0o600);
    let twice = format!("--wallets=main={0},second={0}", path.display());

    let line = refused(&live(folder.path(), &[&twice]));
    assert!(
        line.starts_with("WALLETS gives main and second the same key"),
        "{line}"
    );
    let nowhere = format!("--wallets=main={},second=/nowhere.json", path.display());
    let line = refused(&live(folder.path(), &[&nowhere]));
    assert!(
        line.starts_with("WALLETS=second=/nowhere.json is not allowed"),
        "{line}"
    );
    let unnamed = [
        format!("--wallets=main={}", path.display()),
        format!("--wallet-address={OTHER}"),
    ];
    let line = refused(&live(
        folder.path(),
        &unnamed.each_ref().map(String::as_str),
    ));
    assert!(
        line.starts_with("WALLET_ADDRESS") && line.contains(ADDRESS),
        "{line}"
    );

    let simulated = config(folder.path(), &["--wallets=second,main"]);
    let names = keys(&simulated).unwrap().names();
    let told: Vec<&str> = names.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(told, ["second", "main"]);
    // The one that trades where nobody names any.
    let unasked = key(&config(folder.path(), &[])).unwrap();
    assert_eq!(names[1].address, address_of(&unasked));
    assert_ne!(names[0].address, names[1].address);
}

#[tokio::test]
async fn the_doctor_has_a_line_for_each_wallet() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &["--wallets=main,second"]);
    let question = Question {
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(1),
    };

    let findings = examine(&config, question).await.unwrap();

    for wallet in keys(&config).unwrap().names() {
        let about = format!("key {}", wallet.name);
        let mut of_it = findings.iter().filter(|it| it.about == about);
        let finding = of_it.next().expect("a line of its own");
        assert_eq!(finding.state, State::Good);
        assert!(finding.detail.contains(&wallet.address.to_string()));
    }
}

#[tokio::test]
async fn one_of_several_keys_may_be_in_a_signer() {
    let folder = tempfile::tempdir().unwrap();
    let path = key_file(folder.path(), 0o600);
    let socket = folder.path().join("signer.sock");
    let both = format!(
        "--wallets=main={},desk=unix:{}",
        path.display(),
        socket.display()
    );
    let config = config(folder.path(), &[&both]);

    let keys = keys(&config).unwrap();
    // Whose key a signer has, it alone can tell.
    let names = keys.names();
    let known: Vec<&str> = names.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(known, ["main"]);
    let places: Vec<_> = keys.iter().map(|it| &it.held).collect();
    assert!(
        matches!(places[..], [Held::Here(_), Held::At(at)] if *at == socket),
        "{places:?}"
    );

    let question = Question {
        asset_in: Asset::SOL,
        asset_out: Asset::USDC,
        amount_in: BaseUnits::new(1),
    };
    let findings = examine(&config, question).await.unwrap();
    let of = |about: &str| findings.iter().find(|it| it.about == about).unwrap();
    assert_eq!(of("key main").state, State::Good);
    assert_eq!(of("key desk").state, State::Bad);
    assert!(of("key desk").detail.contains("does not answer"));
}
