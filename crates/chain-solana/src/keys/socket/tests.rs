use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::task::JoinSet;

use super::super::Wallet;
use super::*;

const MESSAGE: &[u8] = b"a message";

fn wallet(secret: u8) -> Wallet {
    Wallet::new(SigningKey::from_bytes(&[secret; 32]))
}

/// What a signer does with one connection.
#[derive(Clone, Copy)]
enum Manner {
    /// It signs with this key.
    Signs(u8),
    /// It tells the first key's address and signs with the second.
    Lies(u8, u8),
    /// It signs one message, and ends the connection.
    Leaves(u8),
    /// It takes the question and answers nothing.
    Freezes,
    /// It refuses.
    Says(fn(String) -> Answer),
}

struct Place {
    folder: TempDir,
    serving: JoinSet<()>,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            serving: JoinSet::new(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("signer.sock")
    }

    fn open(&mut self, manner: Manner) {
        let _ = std::fs::remove_file(self.path());
        let listener = UnixListener::bind(self.path()).unwrap();
        self.serving.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn(converse(stream, manner));
            }
        });
    }

    async fn close(&mut self) {
        self.serving.shutdown().await;
        std::fs::remove_file(self.path()).unwrap();
    }

    fn client(&self) -> SocketSigner {
        SocketSigner::of(&self.path(), wallet(1).address())
    }
}

async fn converse(mut stream: UnixStream, manner: Manner) {
    let (told, signing) = match manner {
        Manner::Signs(key) | Manner::Leaves(key) => (key, key),
        Manner::Lies(told, signing) => (told, signing),
        Manner::Freezes | Manner::Says(_) => (1, 1),
    };
    while let Ok(length) = stream.read_u16_le().await {
        let mut message = vec![0; length.into()];
        stream.read_exact(&mut message).await.unwrap();
        let answer = match manner {
            Manner::Freezes => std::future::pending().await,
            _ if message.is_empty() => Answer::Address(wallet(told).address()),
            Manner::Says(answer) => answer("so it is".to_owned()),
            _ => Answer::Signed(wallet(signing).sign(&message).await.unwrap()),
        };
        let is_end = matches!(manner, Manner::Leaves(_)) && !message.is_empty();
        if answer.write(&mut stream).await.is_err() || is_end {
            return;
        }
    }
}

fn again_in(signed: Result<Signature, Error>) -> (String, Duration) {
    match signed {
        Err(Error::Unavailable { why, again_in }) => (why, again_in),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_signer_tells_whose_key_it_has_and_signs() {
    let mut place = Place::new();
    place.open(Manner::Signs(1));

    let client = SocketSigner::connect(&place.path()).await.unwrap();

    assert_eq!(client.address(), wallet(1).address());
    let expected = wallet(1).sign(MESSAGE).await.unwrap();
    assert_eq!(client.sign(MESSAGE).await.unwrap(), expected);
}

#[tokio::test]
async fn a_signature_of_another_key_is_none() {
    let mut place = Place::new();
    place.open(Manner::Lies(1, 2));

    let (why, _) = again_in(place.client().sign(MESSAGE).await);

    assert!(why.contains("not the wallet's"), "{why}");
}

#[tokio::test]
async fn a_signer_with_another_key_is_asked_for_nothing() {
    let mut place = Place::new();
    place.open(Manner::Signs(2));

    let (why, _) = again_in(place.client().sign(MESSAGE).await);

    let (ours, theirs) = (wallet(1).address(), wallet(2).address());
    assert!(
        why.contains(&ours.to_string()) && why.contains(&theirs.to_string()),
        "{why}"
    );
}

#[tokio::test]
async fn a_refusal_is_told_from_a_limit_and_from_a_signer_that_cannot_now() {
    let ask = async |answer| {
        let mut place = Place::new();
        place.open(Manner::Says(answer));
        place.client().sign(MESSAGE).await
    };

    let refused = ask(Answer::Refused).await;
    assert!(matches!(refused, Err(Error::Refused(why)) if why == "so it is"));
    let limited = ask(Answer::Limited).await;
    assert!(matches!(limited, Err(Error::Limited(why)) if why == "so it is"));
    let (why, later) = again_in(ask(Answer::Failed).await);
    assert_eq!((why.as_str(), later), ("so it is", LATER));
}

#[tokio::test]
async fn a_connection_that_ended_says_nothing_of_the_signer() {
    let mut place = Place::new();
    place.open(Manner::Leaves(1));
    let client = place.client();

    for _ in 0..10 {
        client.sign(MESSAGE).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_freezes_costs_its_limit_once_and_is_left_alone_then() {
    let mut place = Place::new();
    place.open(Manner::Freezes);
    let client = place.client();
    let began = tokio::time::Instant::now();

    let (why, _) = again_in(client.sign(MESSAGE).await);

    assert_eq!(
        (why.as_str(), began.elapsed()),
        ("no answer in time", ANSWER_LIMIT)
    );
    assert!(client.standing().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_signer_that_is_gone_is_tried_less_and_less_and_used_when_it_is_back() {
    let mut place = Place::new();
    let client = place.client();
    let mut rests = Vec::new();
    for _ in 0..8 {
        client.standing().unwrap();
        let (_, rest) = again_in(client.sign(MESSAGE).await);
        assert!(client.standing().is_err());
        rests.push(rest.as_millis());
        tokio::time::sleep(rest).await;
    }
    assert_eq!(
        rests,
        [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]
    );

    place.open(Manner::Signs(1));

    client.standing().unwrap();
    client.sign(MESSAGE).await.unwrap();
    client.standing().unwrap();
    place.close().await;
}

#[tokio::test(start_paused = true)]
async fn many_who_miss_a_signer_at_once_count_as_one_and_one_asks_for_all() {
    let place = Place::new();
    let client = place.client();
    for _ in 0..10 {
        again_in(client.sign(MESSAGE).await);
    }
    let (_, rest) = again_in(client.sign(MESSAGE).await);
    assert_eq!(rest, Duration::from_millis(250));

    tokio::time::sleep(rest).await;

    client.standing().unwrap();
    assert!(client.standing().is_err(), "one is enough");
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_notices_that_its_signer_goes_and_comes() {
    let mut place = Place::new();
    let client = place.client();
    let watching = async |time| {
        let _ = timeout(time, client.watch()).await;
    };

    watching(Duration::from_millis(10)).await;
    assert!(client.standing().is_err());
    place.open(Manner::Signs(1));
    watching(Duration::from_millis(10)).await;
    client.standing().unwrap();
}
