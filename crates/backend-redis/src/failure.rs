//! What Redis' errors mean for the caller.

use std::sync::Arc;

use deadpool_redis::PoolError;
use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};
use ports::Error;

const QUEUE_AND_FEED: &str = "Redis";

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the address of Redis is not valid")]
    Address(#[source] RedisError),
    #[error("the certificate {path} cannot be read")]
    Certificate {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("a limit over all workers needs one queue shard, not {shards}")]
    LimitOverShards { shards: u16 },
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection")]
    Unconnected(#[source] PoolError),
    #[error("it has not answered lately")]
    Away,
    #[error("it answered with an error, or not at all")]
    Refused(#[source] RedisError),
}

impl Failure {
    /// The same failure for several callers.
    pub(crate) fn shared(failure: Arc<Self>) -> Error {
        if failure.is_away() {
            Error::unavailable(QUEUE_AND_FEED, failure)
        } else {
            Error::corrupt(QUEUE_AND_FEED, failure)
        }
    }

    /// Whether the server has to be given the script first.
    pub(crate) fn is_unknown_script(&self) -> bool {
        matches!(self, Self::Refused(error)
            if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
    }

    /// Whether the server is of no use at the moment: unreachable, silent, loading, out of memory, a
    /// replica, unable to save, or not the one of its cluster to ask. Everything but an answer about what was asked.
    pub(crate) fn is_away(&self) -> bool {
        match self {
            Self::Unconnected(_) | Self::Away => true,
            Self::Refused(error) => !is_about_the_question(error),
        }
    }
}

fn is_about_the_question(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::CrossSlot) => {
            // The client library reports a script's failure as a general error, whatever its cause.
            !["OOM", "READONLY", "MISCONF", "LOADING", "BUSY"]
                .iter()
                .any(|code| error.to_string().contains(code))
        }
        ErrorKind::Server(ServerErrorKind::NoPerm | ServerErrorKind::NoScript)
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::Parse => true,
        ErrorKind::Extension => error.code() == Some("WRONGTYPE"),
        _ => false,
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Failure::shared(Arc::new(failure))
    }
}
