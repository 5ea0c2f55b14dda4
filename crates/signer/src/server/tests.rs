use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chain_solana::keys::Error;
use chain_solana::keys::socket::SocketSigner;
use nix::unistd::{Uid, geteuid};
use ports::{Shutdown, SystemClock};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::judge::tests::messages;
use crate::limits::tests::parse;

/// Two sales of one SOL fit into a day.
const LIMITS: &str = "SOL:1/order,SOL:2/day,USDC:5000/day,fees:0.1/day";

struct Scene {
    folder: TempDir,
    shutdown: Shutdown,
}

fn journal(folder: &Path) -> Journal {
    let limits = parse(LIMITS).unwrap();
    let now = moment(&SystemClock::new());
    Journal::open(&folder.join("journal"), limits, 600, now).unwrap()
}

fn signer(folder: &Path) -> Signer {
    let clock = Arc::new(SystemClock::new());
    Signer::new(
        messages::wallet(),
        messages::rules(),
        journal(folder),
        clock,
    )
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self {
            folder: tempfile::tempdir().unwrap(),
            shutdown: Shutdown::new(),
        };
        scene.start();
        scene
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("signer.sock")
    }

    fn start(&mut self) {
        let door = Door::open(&self.path(), geteuid()).unwrap();
        self.serve(door);
    }

    fn serve(&mut self, door: Door) {
        let signer = Arc::new(signer(self.folder.path()));
        self.shutdown = Shutdown::new();
        let shutdown = self.shutdown.clone();
        self.shutdown.spawn(async move {
            door.serve(signer, &shutdown).await;
        });
    }

    async fn stop(&self) {
        self.shutdown.request_soft();
        self.shutdown.finished().await;
    }

    async fn client(&self) -> SocketSigner {
        SocketSigner::connect(&self.path()).await.unwrap()
    }

    fn journal_lines(&self, kind: &str) -> usize {
        let text = std::fs::read_to_string(self.folder.path().join("journal")).unwrap();
        text.lines().filter(|line| line.starts_with(kind)).count()
    }
}

#[tokio::test]
async fn what_the_rules_allow_is_signed_with_the_wallets_own_key() {
    let scene = Scene::new();
    let client = scene.client().await;

    let signed = client.sign(&messages::numbered(1)).await.unwrap();

    assert_eq!(client.address(), messages::WALLET);
    let own = messages::wallet().sign(&messages::numbered(1)).await;
    assert_eq!(signed, own.unwrap());
}

#[tokio::test]
async fn the_same_message_gets_the_same_signature_and_counts_once() {
    let scene = Scene::new();
    let client = scene.client().await;
    let one = messages::numbered(1);

    let first = client.sign(&one).await.unwrap();
    for _ in 0..5 {
        assert_eq!(client.sign(&one).await.unwrap(), first);
    }

    assert_eq!(scene.journal_lines("use"), 1);
    client.sign(&messages::numbered(2)).await.unwrap();
}

#[tokio::test]
async fn a_refusal_names_the_rule_and_the_limit() {
    let scene = Scene::new();
    let client = scene.client().await;
    let mut lamports = messages::sale(amm::Program::MAINNET[0]);
    lamports.push(messages::moved(messages::transfer(messages::THIEF, 1)));

    let rule = client
        .sign(&messages::message(&lamports))
        .await
        .unwrap_err();
    assert!(
        matches!(&rule, Error::Refused(why) if why.starts_with("instructions:")),
        "{rule}"
    );
    for number in 1..=2 {
        client.sign(&messages::numbered(number)).await.unwrap();
    }
    let limit = client.sign(&messages::numbered(3)).await.unwrap_err();
    assert!(
        matches!(&limit, Error::Limited(why) if why.starts_with("limits:")),
        "{limit}"
    );
}

#[tokio::test]
async fn limits_hold_for_all_who_ask_at_once() {
    let scene = Scene::new();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..20 {
        let path = scene.path();
        asking.spawn(async move {
            let client = SocketSigner::connect(&path).await.unwrap();
            client.sign(&messages::numbered(number)).await.is_ok()
        });
    }

    let signed = asking.join_all().await;

    assert_eq!(signed.into_iter().filter(|signed| *signed).count(), 2);
}

#[tokio::test]
async fn limits_hold_over_a_restart_and_the_socket_comes_back() {
    let mut scene = Scene::new();
    let client = scene.client().await;
    client.sign(&messages::numbered(1)).await.unwrap();
    scene.stop().await;
    assert!(!scene.path().exists());
    let away = client.sign(&messages::numbered(2)).await.unwrap_err();
    assert!(matches!(away, Error::Unavailable { .. }), "{away}");

    scene.start();

    client.sign(&messages::numbered(2)).await.unwrap();
    let limit = client.sign(&messages::numbered(3)).await;
    assert!(matches!(limit, Err(Error::Limited(_))), "{limit:?}");
}

#[tokio::test]
async fn the_socket_is_its_users_alone() {
    let scene = Scene::new();

    let mode = std::fs::metadata(scene.path())
        .unwrap()
        .permissions()
        .mode();

    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_process_of_another_user_is_turned_away() {
    let mut scene = Scene::new();
    scene.stop().await;
    let mut door = Door::open(&scene.path(), geteuid()).unwrap();
    // To this door we are strangers.
    door.user = Uid::from_raw(geteuid().as_raw() + 1);
    scene.serve(door);

    let turned_away = SocketSigner::connect(&scene.path()).await;

    assert!(turned_away.is_err());
    assert_eq!(scene.journal_lines("use"), 0);
}

#[tokio::test]
async fn a_folder_that_others_may_write_is_refused() {
    let scene = Scene::new();
    let open = scene.folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o775)).unwrap();
    let link = scene.folder.path().join("link");
    std::os::unix::fs::symlink(scene.folder.path(), &link).unwrap();

    for folder in [open, link] {
        let refused = Door::open(&folder.join("signer.sock"), geteuid());
        assert!(matches!(refused, Err(NoDoor::Folder(..))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_made_for_its_owner() {
    let scene = Scene::new();
    let made = scene.folder.path().join("made");

    let _door = Door::open(&made.join("signer.sock"), geteuid()).unwrap();

    let mode = std::fs::metadata(made).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_folder_that_is_made_lets_another_user_through_who_may_ask() {
    let scene = Scene::new();
    let made = scene.folder.path().join("made");
    let somebody = Uid::from_raw(geteuid().as_raw() + 1);

    check_folder(&made.join("signer.sock"), somebody).unwrap();

    let mode = std::fs::metadata(made).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o711);
}

#[tokio::test]
async fn two_signers_never_listen_at_one_socket() {
    let scene = Scene::new();

    let second = Door::open(&scene.path(), geteuid());

    assert!(matches!(second, Err(NoDoor::Taken(_))), "{second:?}");
    scene.client().await;
}

#[tokio::test]
async fn a_socket_that_a_killed_signer_left_is_replaced() {
    let mut scene = Scene::new();
    scene.stop().await;
    drop(std::os::unix::net::UnixListener::bind(scene.path()).unwrap());
    assert!(scene.path().exists());

    scene.start();

    scene.client().await;
}

#[tokio::test]
async fn a_question_that_is_too_long_is_not_read() {
    let scene = Scene::new();
    let mut stream = UnixStream::connect(scene.path()).await.unwrap();

    stream.write_all(&1_168_u16.to_le_bytes()).await.unwrap();

    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer[0], 2);
    assert!(String::from_utf8_lossy(&answer[3..]).starts_with("size:"));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_does_not_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let signer = signer(folder.path());
    let (mut asker, answerer) = UnixStream::pair().unwrap();
    asker.write_all(&[200, 0, 1, 2]).await.unwrap();

    let ended = converse(answerer, &signer).await.unwrap_err();

    assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_neither_signed_nor_counted() {
    let folder = tempfile::tempdir().unwrap();
    let signer = signer(folder.path());
    let (mut asker, answerer) = UnixStream::pair().unwrap();
    let message = messages::numbered(1);
    let length = u16::try_from(message.len()).unwrap().to_le_bytes();
    asker
        .write_all(&[&length, &message[..]].concat())
        .await
        .unwrap();
    drop(asker);

    converse(answerer, &signer).await.unwrap();

    let text = std::fs::read_to_string(folder.path().join("journal")).unwrap();
    assert!(!text.contains("use "), "{text}");
}

#[tokio::test]
async fn neither_the_signer_nor_its_answers_show_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let signer = signer(folder.path());

    let shown = format!("{signer:?}");

    assert!(shown.contains(&messages::WALLET.to_string()));
    assert!(!shown.contains("7, 7, 7"), "{shown}");
}

/// While it answers, every socket of this process is one of files.
#[tokio::test]
async fn a_signer_asks_no_network() {
    let scene = Scene::new();
    let client = scene.client().await;
    client.sign(&messages::numbered(1)).await.unwrap();

    let of_files = std::fs::read_to_string("/proc/self/net/unix").unwrap();
    let of_files: Vec<&str> = of_files
        .lines()
        .filter_map(|line| line.split_whitespace().nth(6))
        .collect();
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let sockets: Vec<String> = open
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| {
            let inode = link.to_str()?.strip_prefix("socket:[")?;
            Some(inode.trim_end_matches(']').to_owned())
        })
        .collect();

    assert!(!sockets.is_empty());
    for socket in &sockets {
        assert!(
            of_files.contains(&socket.as_str()),
            "{socket} is of a network"
        );
    }
    scene.stop().await;
}

/// How much longer a signature takes over the socket: `cargo test --release -p signer -- --ignored --nocapture costs`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, which needs a release build and a machine of its own"]
async fn the_socket_costs_at_most_150_microseconds() {
    const ROUNDS: u32 = 20_000;
    let scene = Scene::new();
    scene.stop().await;
    let limits = parse("SOL:1000000/day,fees:1000000/day").unwrap();
    let folder = scene.folder.path().join("fast");
    std::fs::create_dir(&folder).unwrap();
    let clock = SystemClock::new();
    let pace = crate::journal::PER_MINUTE_MAX;
    let journal = Journal::open(&folder.join("journal"), limits, pace, moment(&clock)).unwrap();
    let signer = Signer::new(
        messages::wallet(),
        messages::rules(),
        journal,
        Arc::new(clock),
    );
    let door = Door::open(&scene.path(), geteuid()).unwrap();
    let (signer, shutdown) = (Arc::new(signer), Shutdown::new());
    let stop = shutdown.clone();
    shutdown.spawn(async move { door.serve(signer, &stop).await });
    let client = scene.client().await;
    let bare = messages::wallet();
    let clock = SystemClock::new();

    let (mut alone, mut asked) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let message = messages::of_execution(number);
        let began = clock.monotonic();
        let expected = bare.sign(&message).await.unwrap();
        let between = clock.monotonic();
        let signed = client.sign(&message).await.unwrap();
        asked.push(clock.monotonic() - between);
        alone.push(between - began);
        assert_eq!(signed, expected);
    }
    shutdown.request_soft();
    shutdown.finished().await;

    let p = |times: &mut Vec<Duration>, part: usize| {
        times.sort_unstable();
        times[times.len() * part / 100]
    };
    let (bare, over) = (p(&mut alone, 50), p(&mut asked, 50));
    eprintln!(
        "bare p50 {bare:?}; over the socket p50 {over:?}, p99 {:?}",
        p(&mut asked, 99)
    );
    assert!(over.saturating_sub(bare) <= Duration::from_micros(150));
}
