use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// No answer of a server on this machine takes longer.
const LIMIT: Duration = Duration::from_secs(20);
/// Losses are ended by the test, not by the clock.
const FOR_EVER: Duration = Duration::from_secs(3_600);

/// A server that counts each byte and answers with the count.
struct Echo {
    port: u16,
    done: Arc<AtomicUsize>,
    _tasks: tokio::task::JoinSet<()>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let done = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&done);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut served = tokio::task::JoinSet::new();
            while let Ok((mut line, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                served.spawn(async move {
                    while let Ok(byte) = line.read_u8().await {
                        count.fetch_add(1, Ordering::SeqCst);
                        if line.write_u8(byte).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self {
            port,
            done,
            _tasks: tasks,
        }
    }

    async fn has_done(&self, count: usize) {
        let waiting = async {
            while self.done.load(Ordering::SeqCst) < count {
                tokio::task::yield_now().await;
            }
        };
        timeout(LIMIT, waiting).await.expect("it was done");
    }
}

async fn line_to(proxy: &LosingProxy) -> TcpStream {
    let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port()))
        .await
        .unwrap();
    assert_eq!(asked(&mut line).await.unwrap(), 7, "before any trouble");
    line
}

async fn asked(line: &mut TcpStream) -> io::Result<u8> {
    line.write_u8(7).await?;
    timeout(LIMIT, line.read_u8())
        .await
        .expect("an answer or an end")
}

/// Runs `during` while answers are lost.
async fn while_lost(
    proxy: &LosingProxy,
    whose: Whose,
    then: Then,
    during: impl Future<Output = ()>,
) {
    tokio::select! {
        biased;
        _ = proxy.lose_answers(whose, then, FOR_EVER) => unreachable!("it goes on for ever"),
        () = during => {}
    }
}

#[tokio::test]
async fn what_was_asked_is_done_and_its_answer_is_lost_and_the_connection_cut() {
    let echo = Echo::start().await;
    let proxy = LosingProxy::to(echo.port).await.unwrap();
    let mut line = line_to(&proxy).await;

    while_lost(&proxy, Whose::All, Then::Cut, async {
        asked(&mut line).await.unwrap_err();
    })
    .await;

    echo.has_done(2).await;
    line_to(&proxy).await;
}

#[tokio::test]
async fn one_loses_its_answer_and_the_others_go_on() {
    let echo = Echo::start().await;
    let proxy = LosingProxy::to(echo.port).await.unwrap();
    let (mut one, mut other) = (line_to(&proxy).await, line_to(&proxy).await);

    while_lost(&proxy, Whose::NextAnswered, Then::Cut, async {
        asked(&mut one).await.unwrap_err();
        assert_eq!(asked(&mut other).await.unwrap(), 7);
    })
    .await;

    assert_eq!(asked(&mut other).await.unwrap(), 7);
}

#[tokio::test]
async fn of_all_answers_every_third_is_lost() {
    let echo = Echo::start().await;
    let proxy = LosingProxy::to(echo.port).await.unwrap();
    let mut lines = Vec::new();
    for _ in 0..6 {
        lines.push(line_to(&proxy).await);
    }

    let mut answered = Vec::new();
    while_lost(&proxy, Whose::EveryNth(3), Then::Cut, async {
        for line in &mut lines {
            answered.push(asked(line).await.is_ok());
        }
    })
    .await;

    assert_eq!(answered, [true, true, false, true, true, false]);
    echo.has_done(12).await;
}

#[tokio::test]
async fn a_stalled_connection_takes_requests_on_brings_no_answer_and_is_cut_at_the_end() {
    let echo = Echo::start().await;
    let proxy = LosingProxy::to(echo.port).await.unwrap();
    let mut line = line_to(&proxy).await;

    while_lost(&proxy, Whose::All, Then::Stall, async {
        line.write_u8(1).await.unwrap();
        echo.has_done(2).await;
        line.write_u8(2).await.unwrap();
        echo.has_done(3).await;
    })
    .await;

    let ended = timeout(LIMIT, line.read_u8()).await.expect("an end");
    assert!(ended.is_err(), "it was answered after all: {ended:?}");
}

#[tokio::test]
async fn without_a_server_a_caller_is_sent_off() {
    let port = crate::free_port::free_port();
    let proxy = LosingProxy::to(port).await.unwrap();

    let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port()))
        .await
        .unwrap();

    assert!(asked(&mut line).await.is_err());
}
