//! Addresses of nodes: as settings name them, and as nodes name each other.

use deadpool_redis::redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError, RedisResult,
    TlsCertificates,
};

use crate::failure::ConnectError;
use crate::settings::RedisServer;

/// The nodes of `redis://user:password@one:6379,two:6379`; the first of them at least.
pub(crate) fn named(url: &str) -> RedisResult<Vec<ConnectionInfo>> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (credentials, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let hosts = hosts.split(',');
    hosts
        .map(|host| format!("{scheme}://{credentials}{host}{tail}").into_connection_info())
        .collect()
}

/// Whom to believe beside the system's authorities.
pub(crate) fn certificates(server: &RedisServer) -> Result<Option<TlsCertificates>, ConnectError> {
    let Some(path) = &server.root_certificate else {
        return Ok(None);
    };
    let root_cert = std::fs::read(path).map_err(|source| ConnectError::Certificate {
        path: path.display().to_string(),
        source,
    })?;
    Ok(Some(TlsCertificates {
        client_tls: None,
        root_cert: Some(root_cert),
    }))
}

/// A client of one node.
pub(crate) fn client(
    info: ConnectionInfo,
    certificates: Option<&TlsCertificates>,
) -> RedisResult<Client> {
    match certificates {
        Some(certificates) => Client::build_with_tls(info, certificates.clone()),
        None => Client::open(info),
    }
}

/// The other node to which this answer of a node sends its caller.
pub(crate) fn elsewhere(place: &ConnectionAddr, error: &RedisError) -> Option<ConnectionAddr> {
    let (to, _slot) = error.redirect_node()?;
    let (host, port) = to.rsplit_once(':')?;
    let port = port.parse().ok()?;
    // Without a host it is the one that answers.
    let host = |own: &str| if host.is_empty() { own } else { host }.to_owned();
    Some(match place {
        ConnectionAddr::TcpTls {
            host: own,
            insecure,
            tls_params,
            ..
        } => ConnectionAddr::TcpTls {
            host: host(own),
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        ConnectionAddr::Tcp(own, _) => ConnectionAddr::Tcp(host(own), port),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use deadpool_redis::redis::{Value, parse_redis_value};

    use super::*;

    #[track_caller]
    fn check(url: &str, hosts: &[&str]) {
        let named = named(url).expect("a valid address");

        let found: Vec<String> = named.iter().map(|node| node.addr().to_string()).collect();
        assert_eq!(found, hosts, "{url}");
        for node in &named {
            let settings = node.redis_settings();
            assert_eq!(settings.username(), named[0].redis_settings().username());
            assert_eq!(settings.password(), named[0].redis_settings().password());
        }
    }

    #[test]
    fn nodes_stand_behind_commas_and_share_what_is_written_once() {
        check("redis://cache", &["cache:6379"]);
        check("redis://one:1,two:2", &["one:1", "two:2"]);
        check("rediss://:p,w@[::1]:1,two/0", &["::1:1", "two:6379"]);
    }

    #[test]
    fn a_user_and_a_password_are_everybodys() {
        let named = named("redis://engine:p%40ss@one,two?protocol=resp3").expect("a valid address");

        for node in named {
            assert_eq!(node.redis_settings().username(), Some("engine"));
            assert_eq!(node.redis_settings().password(), Some("p@ss"));
        }
    }

    #[test]
    fn a_node_that_is_told_without_a_host_is_where_the_teller_is() {
        let moved = |to: &str| {
            let answer = parse_redis_value(format!("-MOVED 7 {to}\r\n").as_bytes());
            let error = answer.and_then(Value::extract_error);
            let error = error.expect_err("it is an error");
            elsewhere(&ConnectionAddr::Tcp("here".to_owned(), 1), &error)
        };

        let other = ConnectionAddr::Tcp("there".to_owned(), 2);
        assert_eq!(moved("there:2"), Some(other));
        let own = ConnectionAddr::Tcp("here".to_owned(), 2);
        assert_eq!(moved(":2"), Some(own));
        let six = ConnectionAddr::Tcp("::1".to_owned(), 2);
        assert_eq!(moved("::1:2"), Some(six));
        assert_eq!(moved("nowhere"), None);
    }
}
