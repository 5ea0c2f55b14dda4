//! TLS over rustls for PostgreSQL's client, with the channel binding of SCRAM: the password proof
//! then names the server's certificate, so that nobody in between can forward it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// Makes encrypted connections.
#[derive(Debug, Clone)]
pub(crate) struct Connector(Arc<ClientConfig>);

/// Makes one connection to one server.
pub(crate) struct ToServer {
    connector: tokio_rustls::TlsConnector,
    name: ServerName<'static>,
}

/// An encrypted connection.
pub(crate) struct Encrypted<S>(tokio_rustls::client::TlsStream<S>);

impl Connector {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self(Arc::new(config))
    }
}

impl<S> MakeTlsConnect<S> for Connector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type TlsConnect = ToServer;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> Result<ToServer, InvalidDnsNameError> {
        let name = ServerName::try_from(domain)?.to_owned();
        let connector = Arc::clone(&self.0).into();
        Ok(ToServer { connector, name })
    }
}

impl<S> TlsConnect<S> for ToServer
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.connector.connect(self.name, stream);
        Box::pin(async { Ok(Encrypted(connecting.await?)) })
    }
}

impl<S> TlsStream for Encrypted<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        let server = certificates.and_then(<[_]>::first);
        server
            .and_then(|certificate| end_point(certificate))
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

/// The digest by which SCRAM names a certificate (RFC 5929): with the hash of the certificate's own
/// signature, or SHA-256 if that hash is weaker. `None` if the signature names no hash.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: [u8; 6] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];

    let identifier = signature_algorithm(certificate)?;
    let hash = if let Some(rest) = identifier.strip_prefix(&RSA) {
        match rest {
            // MD5 and SHA-1.
            [4 | 5] => 256,
            [11] => 256,
            [12] => 384,
            [13] => 512,
            _ => return None,
        }
    } else {
        match identifier.strip_prefix(&ECDSA)? {
            // SHA-1.
            [1] => 256,
            [3, 2] => 256,
            [3, 3] => 384,
            [3, 4] => 512,
            _ => return None,
        }
    };
    Some(match hash {
        384 => Sha384::digest(certificate).to_vec(),
        512 => Sha512::digest(certificate).to_vec(),
        _ => Sha256::digest(certificate).to_vec(),
    })
}

/// The object identifier of the algorithm that signed a certificate. A certificate is a sequence of
/// the signed content, the algorithm (itself a sequence that begins with the identifier), and the
/// signature.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const IDENTIFIER: u8 = 0x06;

    let (whole, _) = element(certificate, SEQUENCE)?;
    let (_, after_signed) = element(whole, SEQUENCE)?;
    let (algorithm, _) = element(after_signed, SEQUENCE)?;
    let (identifier, _) = element(algorithm, IDENTIFIER)?;
    Some(identifier)
}

/// The content of the DER element at the beginning of the bytes, and what follows the element.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, short], rest) = bytes.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if short < 0x80 {
        (usize::from(short), rest)
    } else {
        let digits = usize::from(short & 0x7f);
        let (length, rest) = rest.split_at_checked(digits)?;
        // No element in TLS is longer than three bytes can express.
        if length.len() > 3 {
            return None;
        }
        let length = length
            .iter()
            .fold(0, |sum, &digit| (sum << 8) | usize::from(digit));
        (length, rest)
    };
    rest.split_at_checked(length)
}

impl<S> AsyncRead for Encrypted<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S> AsyncWrite for Encrypted<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn a_certificate_is_named_by_the_hash_of_its_own_signature() {
        let certificate = CertificateDer::from_pem_file(servers::tls::certificate());
        let certificate = certificate.expect("the fixture");
        // ecdsa-with-SHA256, as `openssl x509 -text` says.
        let expected = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

        assert_eq!(signature_algorithm(&certificate), Some(&expected[..]));
        let digest = Sha256::digest(&certificate).to_vec();
        assert_eq!(end_point(&certificate), Some(digest));
    }

    #[test]
    fn bytes_that_are_no_certificate_name_nothing() {
        let lies_about_its_length = [0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30];
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x82, 0x01],
            &lies_about_its_length,
        ] {
            assert_eq!(end_point(bytes), None, "{bytes:?}");
        }
    }
}
