//! What can go wrong between a client and an engine, by what the caller can do about it.

use std::error::Error as StdError;

use api_types::Problem;

type Source = Box<dyn StdError + Send + Sync>;

/// Why a call got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not that of an HTTP service.
    #[error("{0} is not the address of an engine; it looks like http://127.0.0.1:3000")]
    BaseUrl(String),
    /// Nobody answers there.
    #[error(
        "no engine answers at {base_url}; start one with `order-engine serve`, or name another with --base-url"
    )]
    Unreachable {
        base_url: String,
        #[source]
        source: Source,
    },
    /// The engine refuses the call.
    #[error("{}", explain(.0))]
    Refused(Box<Problem>),
    /// Something answers, but not like an engine.
    #[error("{base_url} does not answer like an engine: {what}")]
    Unexpected { base_url: String, what: String },
    /// An order may have been made or may still be made, and no answer says which. Only its key
    /// tells: repeating under it makes no second order.
    #[error(
        "the order may have been made; to learn that without making a second one, repeat it with --idempotency-key {key}"
    )]
    InDoubt {
        key: String,
        /// The last error.
        #[source]
        source: Box<Error>,
    },
}

impl Error {
    /// The stable code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => Some(&problem.code),
            Self::InDoubt { source, .. } => source.code(),
            _ => None,
        }
    }

    /// Whether the same call may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(problem) => matches!(problem.status, 429 | 503),
            Self::InDoubt { source, .. } => source.is_transient(),
            Self::BaseUrl(_) | Self::Unexpected { .. } => false,
        }
    }
}

fn explain(problem: &Problem) -> String {
    let mut text = problem.detail.clone();
    for error in &problem.errors {
        let line = format!("{}: {}", error.field, error.message);
        if !text.contains(&error.message) {
            text.push_str("; ");
            text.push_str(&line);
        }
    }
    let hint = match problem.status {
        401 => "; give a key with --api-key or API_KEY",
        403 => "; another key is given with --api-key or API_KEY",
        429 | 503 => "; try again a little later",
        _ => "",
    };
    format!("{text} ({}){hint}", problem.code)
}
