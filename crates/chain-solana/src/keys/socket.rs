//! A signer in a process of its own, over a Unix socket.
//!
//! A question is its length in two bytes and a message, or nothing for the wallet's address. An answer is its kind, its
//! length in two bytes, and what it holds. A connection carries one question at a time. The same message may be asked
//! for again: the signer counts it once.

mod standing;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amm::Address;
use async_trait::async_trait;
use ed25519_dalek::VerifyingKey;
use solana_signature::Signature;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

use super::{Error, Signer};
use standing::Standing;

/// The longest text of an answer.
pub const TEXT_MAX: usize = 1_024;
/// Connections to a signer: so many messages are signed at once.
const CONNECTIONS: usize = 4;
/// A signature that comes later than this after it was asked for is never read.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// How often it is asked whether it is there, so that an idle worker knows too.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// When to ask again where the signer itself says that it may sign later.
const LATER: Duration = Duration::from_secs(5);

/// What a signer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Whose key it has.
    Address(Address),
    /// The message is signed.
    Signed(Signature),
    /// It breaks a rule, which is named.
    Refused(String),
    /// It would pass a limit, which is named.
    Limited(String),
    /// It cannot be signed now, and why.
    Failed(String),
}

impl Answer {
    /// Writes it.
    pub async fn write(&self, stream: &mut UnixStream) -> io::Result<()> {
        let (kind, content) = match self {
            Self::Address(address) => (0, &address.0[..]),
            Self::Signed(signature) => (1, signature.as_ref()),
            Self::Refused(why) => (2, why.as_bytes()),
            Self::Limited(why) => (3, why.as_bytes()),
            Self::Failed(why) => (4, why.as_bytes()),
        };
        let content = &content[..content.len().min(TEXT_MAX)];
        let length = u16::try_from(content.len()).unwrap_or(0);
        let bytes = [&[kind][..], &length.to_le_bytes(), content].concat();
        stream.write_all(&bytes).await
    }

    async fn read(stream: &mut UnixStream) -> io::Result<Self> {
        let strange = || io::Error::other("an answer that no signer gives");
        let mut head = [0; 3];
        stream.read_exact(&mut head).await?;
        let [kind, length @ ..] = head;
        let length = usize::from(u16::from_le_bytes(length));
        if length > TEXT_MAX {
            return Err(strange());
        }
        let mut content = vec![0; length];
        stream.read_exact(&mut content).await?;
        let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
        match kind {
            0 => content
                .try_into()
                .map(|it| Self::Address(Address(it)))
                .map_err(|_| strange()),
            1 => Signature::try_from(content)
                .map(Self::Signed)
                .map_err(|_| strange()),
            2 => Ok(Self::Refused(text(&content))),
            3 => Ok(Self::Limited(text(&content))),
            4 => Ok(Self::Failed(text(&content))),
            _ => Err(strange()),
        }
    }
}

/// A signer that is reached at a socket.
pub struct SocketSigner {
    path: PathBuf,
    address: Address,
    key: Option<VerifyingKey>,
    connections: Vec<Mutex<Option<UnixStream>>>,
    standing: Standing,
}

impl SocketSigner {
    /// The signer at this socket, which must have the key of this address. It need not be there yet.
    #[must_use]
    pub fn of(path: &Path, address: Address) -> Self {
        Self {
            path: path.to_owned(),
            address,
            key: VerifyingKey::from_bytes(&address.0).ok(),
            connections: (0..CONNECTIONS).map(|_| Mutex::new(None)).collect(),
            standing: Standing::good(address),
        }
    }

    /// Asks the signer at this socket whose key it has.
    pub async fn connect(path: &Path) -> io::Result<Self> {
        let asking = async {
            let mut stream = UnixStream::connect(path).await?;
            ask(&mut stream, &[]).await
        };
        let late = |_| io::Error::other("it does not answer in time");
        let answer = timeout(ANSWER_LIMIT, asking).await.map_err(late)??;
        match answer {
            Answer::Address(address) => Ok(Self::of(path, address)),
            _ => Err(io::Error::other("it does not tell its address")),
        }
    }

    /// Looks whether the signer is there, for as long as this is awaited.
    pub async fn watch(&self) {
        loop {
            let _ = self.answer(&[]).await;
            sleep(LOOK_EVERY).await;
        }
    }

    /// What it answers, within the limit.
    async fn answer(&self, message: &[u8]) -> Result<Answer, Error> {
        let why = match timeout(ANSWER_LIMIT, self.ask(message)).await {
            Ok(Ok(answer)) => {
                self.standing.heard();
                return Ok(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        Err(self.standing.missed(why))
    }

    /// Asks over a connection that is taken out meanwhile: where the answer is not waited for, the next question must
    /// not read it. A connection that ended since it was used last says nothing of the signer.
    async fn ask(&self, message: &[u8]) -> io::Result<Answer> {
        let mut place = self.connection().await;
        if let Some(mut stream) = place.take()
            && let Ok(answer) = ask(&mut stream, message).await
        {
            *place = Some(stream);
            return Ok(answer);
        }
        let mut stream = UnixStream::connect(&self.path).await?;
        match ask(&mut stream, &[]).await? {
            Answer::Address(address) if address == self.address => {}
            Answer::Address(other) => {
                let why = format!("it has the key of {other}, not of {}", self.address);
                return Err(io::Error::other(why));
            }
            _ => return Err(io::Error::other("it does not tell its address")),
        }
        let answer = ask(&mut stream, message).await?;
        *place = Some(stream);
        Ok(answer)
    }

    /// The first connection that nobody uses, or else the first that comes free.
    async fn connection(&self) -> MutexGuard<'_, Option<UnixStream>> {
        let mut all = self.connections.iter();
        match all.find_map(|one| one.try_lock().ok()) {
            Some(free) => free,
            None => {
                let all = self.connections.iter().map(|one| Box::pin(one.lock()));
                futures_util::future::select_all(all).await.0
            }
        }
    }

    /// Whether it is the wallet's own signature of these bytes.
    fn is_signature(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_array());
        let key = self.key.as_ref();
        key.is_some_and(|key| key.verify_strict(message, &signature).is_ok())
    }
}

async fn ask(stream: &mut UnixStream, message: &[u8]) -> io::Result<Answer> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    let question = [&length.to_le_bytes()[..], message].concat();
    stream.write_all(&question).await?;
    Answer::read(stream).await
}

#[async_trait]
impl Signer for SocketSigner {
    fn address(&self) -> Address {
        self.address
    }

    fn standing(&self) -> Result<(), Error> {
        self.standing.look()
    }

    async fn sign(&self, message: &[u8]) -> Result<Signature, Error> {
        let later = |why: String| Error::Unavailable {
            why,
            again_in: LATER,
        };
        match self.answer(message).await? {
            Answer::Signed(signature) if self.is_signature(message, &signature) => Ok(signature),
            Answer::Signed(_) => Err(later("a signature that is not the wallet's".to_owned())),
            Answer::Address(_) => Err(later("an address in place of a signature".to_owned())),
            Answer::Refused(rule) => Err(Error::Refused(rule)),
            Answer::Limited(limit) => Err(Error::Limited(limit)),
            Answer::Failed(why) => Err(later(why)),
        }
    }
}

impl fmt::Debug for SocketSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SocketSigner").field(&self.address).finish()
    }
}

#[cfg(test)]
mod tests;
