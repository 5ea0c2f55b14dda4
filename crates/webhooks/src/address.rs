//! Whereto a connection may be made: nowhere on the local network, unless that is allowed. A name is judged by the
//! addresses that it has at that moment, and the connection goes to one of those that were judged.

use std::fmt::{self, Debug};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where connections may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To what everybody can reach.
    Public,
    /// Anywhere.
    Anywhere,
}

impl Reach {
    /// Whether a connection to this address may be made.
    #[must_use]
    pub fn admits(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_public(address)
    }
}

/// An address of the local network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is an address of the local network, which WEBHOOK_ALLOW_PRIVATE=1 would allow")]
pub struct NotPublic(pub IpAddr);

/// Whether this is an address of the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_of_protocols = a == 192 && b == 0 && c == 0;
    let is_relay = a == 192 && b == 88 && c == 99;
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_of_protocols
        || is_relay
        || is_benchmark
        // Multicast, reserved, and the broadcast address.
        || a >= 224)
}

/// Of the addresses in use, 2000::/3, without those that hold an IPv4 address which is not public, and without those
/// for documents and benchmarks.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(within) = v4_within(address) {
        return is_public_v4(within);
    }
    let [first, second, ..] = address.segments();
    // Teredo (2001::/32), benchmarks, ORCHID and the like are all in 2001::/23.
    let is_special = first == 0x2001 && second < 0x0200;
    let is_document = (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
    (0x2000..0x4000).contains(&first) && !is_special && !is_document
}

/// The IPv4 address to which a connection to this address leads: mapped, translated (64:ff9b::/96) or by 6to4.
fn v4_within(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, third, .., high, low] = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    let is_translated = address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    match address.to_ipv4_mapped() {
        Some(mapped) => Some(mapped),
        None if is_translated => Some(of(high, low)),
        None if first == 0x2002 => Some(of(second, third)),
        None => None,
    }
}

/// Finds the addresses of a name.
pub type Lookup =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Asks the host's resolver.
#[must_use]
pub fn system_lookup() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.collect())
        })
    })
}

/// Gives a connection the addresses of a name that it may go to.
#[derive(Clone)]
pub(crate) struct Judging {
    pub(crate) reach: Reach,
    pub(crate) lookup: Lookup,
}

impl Debug for Judging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judging")
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl Judging {
    /// The addresses of a name to which connections may be made: at least one.
    pub(crate) async fn addresses(
        &self,
        name: &str,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found = (self.lookup)(name.to_owned()).await?;
        let first = found.first().copied();
        let admitted = found.into_iter().filter(|it| self.reach.admits(it.ip()));
        let admitted: Vec<SocketAddr> = admitted.collect();
        match (admitted.is_empty(), first) {
            (true, Some(refused)) => Err(NotPublic(refused.ip()).into()),
            (true, None) => Err(io::Error::other("the name has no address").into()),
            (false, _) => Ok(admitted),
        }
    }
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let judging = self.clone();
        Box::pin(async move {
            let admitted = judging.addresses(name.as_str()).await?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_local_network_are_not_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert!(!is_public(address), "{address}");
            assert!(!Reach::Public.admits(address) && Reach::Anywhere.admits(address));
        }
    }

    /// A name that is public when it is looked up first, and then leads inside.
    #[tokio::test]
    async fn a_name_is_judged_by_each_answer_and_keeps_only_what_is_public() {
        let answers = [
            &["1.1.1.1:0", "10.0.0.1:0", "[::1]:0"][..],
            &["127.0.0.1:0"],
            &["10.0.0.1:0", "192.168.0.1:0"],
            &[],
        ];
        let next = std::sync::atomic::AtomicUsize::new(0);
        let lookup: Lookup = Arc::new(move |name| {
            assert_eq!(name, "shop.example");
            let answer = answers[next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)];
            let found = answer
                .iter()
                .map(|it| it.parse().expect("an address"))
                .collect();
            Box::pin(std::future::ready(Ok(found)))
        });
        let judging = Judging {
            reach: Reach::Public,
            lookup,
        };
        let resolve = async || {
            let name = "shop.example".parse().expect("a name");
            let found = judging.resolve(name).await;
            found
                .map(Iterator::collect::<Vec<_>>)
                .map_err(|error| error.to_string())
        };

        let public = "1.1.1.1:0".parse().expect("an address");
        assert_eq!(resolve().await, Ok(vec![public]));
        for refused in [
            "127.0.0.1 is an",
            "10.0.0.1 is an",
            "the name has no address",
        ] {
            let error = resolve().await.expect_err("is refused");
            assert!(error.starts_with(refused), "{error}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert!(is_public(address), "{address}");
        }
    }
}
