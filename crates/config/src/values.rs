//! Parsers of single values. Each error says what is allowed, so that an operator knows what to do.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use domain::venue::Program;
use domain::{Address, ClientId};

use crate::secret::Secret;

/// A parser of whole numbers within `allowed`.
pub(super) fn whole<T>(allowed: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Copy,
{
    within("a whole number", allowed)
}

/// A parser of decimal numbers within `allowed`.
pub(super) fn decimal(
    allowed: RangeInclusive<f64>,
) -> impl Fn(&str) -> Result<f64, String> + Clone {
    within("a number", allowed)
}

fn within<T>(
    what: &'static str,
    allowed: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Copy,
{
    move |text| {
        let value = text.trim().parse::<T>().ok();
        value
            .filter(|value| allowed.contains(value))
            .ok_or_else(|| format!("{what} from {} to {}", allowed.start(), allowed.end()))
    }
}

/// Redis' port. If Kubernetes sets the variable of this name, that is not the operator's mistake.
pub(super) fn redis_port(text: &str) -> Result<u16, String> {
    whole(1..=u16::MAX)(text).map_err(|allowed| {
        if text.contains("://") {
            format!(
                "{allowed}. Kubernetes sets it for a service that is called redis: give the pod \
                 enableServiceLinks: false, or set REDIS_URL"
            )
        } else {
            allowed
        }
    })
}

/// An address or a name to listen on.
pub(super) fn host(text: &str) -> Result<String, String> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_%".contains(&byte);
    if !text.is_empty() && text.len() <= 253 && text.bytes().all(named) {
        Ok(text.to_owned())
    } else {
        Err("an IP address or a host name, such as 127.0.0.1, 0.0.0.0 or ::1".to_owned())
    }
}

pub(super) fn url(text: &str, schemes: &[&str]) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = !text
        .bytes()
        .any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control());
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // Several servers of one database, and nodes of one cluster, stand behind commas.
    let are_hosts = host.split(',').all(is_host_and_port);
    (plain && are_hosts && schemes.contains(&scheme)).then(|| text.to_owned())
}

fn is_host_and_port(text: &str) -> bool {
    let after_name = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(_, after)| after),
        None => text.find(':').map_or(Some(""), |at| text.get(at..)),
    };
    let has_name = !text.is_empty() && !text.starts_with(':');
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    has_name
        && after_name.is_some_and(|after| after.strip_prefix(':').map_or(after.is_empty(), is_port))
}

/// The values of PostgreSQL's `sslmode`.
const SSL_MODES: [&str; 6] = [
    "disable",
    "allow",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
];

/// Where PostgreSQL is.
pub(super) fn database_url(text: &str) -> Result<Secret, String> {
    let query = text.split_once('?').map_or("", |(_, query)| query);
    let mut modes = query
        .split('&')
        .filter_map(|one| one.strip_prefix("sslmode="));
    if modes.any(|mode| !SSL_MODES.contains(&mode)) {
        return Err(format!("sslmode is one of {}", SSL_MODES.join(", ")));
    }
    url(text, &["postgres", "postgresql"])
        .map(|text| Secret::new(&text))
        .ok_or_else(|| "a URL such as postgres://user:password@host:5432/database".to_owned())
}

/// Where Redis is.
pub(super) fn redis_url(text: &str) -> Result<Secret, String> {
    let is_database = |text: &String| {
        let path = text.split('/').nth(3).unwrap_or_default();
        let number = path.split('?').next().unwrap_or_default();
        number.bytes().all(|byte| byte.is_ascii_digit())
    };
    url(text, &["redis", "rediss"])
        .filter(is_database)
        .map(|text| Secret::new(&text))
        .ok_or_else(|| {
            "a URL such as redis://host:6379 or rediss://user:password@host:6380, for a Redis Cluster also with \
             several of its nodes: redis://one:6379,two:6379"
                .to_owned()
        })
}

/// The base of an HTTP service. The engine appends paths to it and shows it to others.
pub(super) fn http_url(text: &str) -> Result<String, String> {
    url(text, &["http", "https"])
        .filter(|text| !text.contains(['?', '#', '@']))
        .map(|text| text.trim_end_matches('/').to_owned())
        .ok_or_else(|| {
            "a URL such as http://host:4000 or https://host, without ?, # or a password".to_owned()
        })
}

/// Where the simulated cluster is. Some platforms give a private service's address without the
/// scheme.
pub(super) fn chain_url(text: &str) -> Result<String, String> {
    if text.contains("://") {
        return http_url(text);
    }
    let (name, port) = text.trim().rsplit_once(':').unwrap_or_default();
    (!name.is_empty() && port.parse::<u16>().is_ok())
        .then(|| http_url(&format!("http://{}", text.trim())).ok())
        .flatten()
        .ok_or_else(|| "a URL such as http://host:4000, or host:4000".to_owned())
}

/// An endpoint of a Solana cluster. Providers put keys into its path or query.
pub(super) fn rpc_url(text: &str) -> Result<Secret, String> {
    url(text, &["http", "https"])
        .filter(|text| !text.contains(['#', '@']))
        .map(|text| Secret::new(&text))
        .ok_or_else(|| {
            "URLs such as http://host:8899 or https://host/?api-key=KEY, comma-separated".to_owned()
        })
}

/// Where a Solana cluster tells news. Providers put keys into its path or query.
pub(super) fn socket_url(text: &str) -> Result<Secret, String> {
    url(text, &["ws", "wss"])
        .filter(|text| !text.contains(['#', '@', ',']))
        .map(|text| Secret::new(&text))
        .ok_or_else(|| "a URL such as ws://host:8900 or wss://host/?api-key=KEY".to_owned())
}

/// An address on the chain.
pub(super) fn address(text: &str) -> Result<Address, String> {
    let address = text.trim().parse::<Address>();
    address.map_err(|_| "addresses in base58, comma-separated".to_owned())
}

/// A venue's program and where it is.
pub(super) fn program(text: &str) -> Result<(Program, Address), String> {
    let (name, address) = text.split_once('=').unwrap_or_default();
    let program = Program::parse(name.trim());
    program.zip(address.trim().parse().ok()).ok_or_else(|| {
        "NAME=ADDRESS pairs, comma-separated, of cpmm, amm_v4, damm_v2 and dlmm".to_owned()
    })
}

/// An origin as a browser sends it, or all of them.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    let bare = |url: &String| {
        !url.split_once("://")
            .is_some_and(|(_, rest)| rest.contains('/'))
    };
    if text == "*" {
        return Ok(text.to_owned());
    }
    url(text, &["http", "https"])
        .filter(bare)
        .ok_or_else(|| "origins such as https://desk.example, comma-separated, or *".to_owned())
}

/// A client's name and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub client: ClientId,
    pub key: Secret,
}

/// `name:key`.
pub(super) fn api_key(text: &str) -> Result<ApiKey, String> {
    const ALLOWED: &str = "name:key pairs, comma-separated; a name has 1 to 64 and a key 1 to 512 \
                           visible ASCII characters";
    let (name, key) = text
        .trim()
        .split_once(':')
        .ok_or_else(|| ALLOWED.to_owned())?;
    let client = ClientId::parse(name).map_err(|_| ALLOWED.to_owned())?;
    let key = secret_text(key).map_err(|_| ALLOWED.to_owned())?;
    Ok(ApiKey { client, key })
}

/// A key that is valid in a header.
pub(super) fn secret_text(text: &str) -> Result<Secret, String> {
    let text = text.trim();
    if !text.is_empty() && text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Secret::new(text))
    } else {
        Err("1 to 512 visible ASCII characters".to_owned())
    }
}

/// Which lines are logged.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let parts = text.split(',').map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let text = parts.join(",");
    let is_level = |word: &str| {
        word.parse::<tracing_subscriber::filter::LevelFilter>()
            .is_ok()
    };
    // A single word is a level: a mistyped one would be a module name, and silence everything else.
    let is_plain = parts
        .iter()
        .all(|part| part.contains('=') || is_level(part));
    match text.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) if is_plain && !text.is_empty() => Ok(text),
        _ => Err(
            "off, error, warn, info, debug or trace, also per module such as info,order_worker=debug"
                .to_owned(),
        ),
    }
}
