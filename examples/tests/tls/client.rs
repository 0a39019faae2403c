//! Somebody else's client, over TLS.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
};

use futures_rustls::{
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    rustls::{
        ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, crypto::ring,
        version::TLS13,
    },
};
use tests::{
    client::PATIENCE,
    reply::{Reply, To, take},
};

/// A connection. What goes wrong fails its test by a panic.
pub(crate) struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
    received: Vec<u8>,
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The server said so: with a close_notify.
    Told,
    /// It may have been cut by anybody.
    Cut,
}

impl Client {
    /// Connects to a server that has this certificate, or one that it has signed.
    pub(crate) fn connect(address: SocketAddr, certificate: &Path) -> Self {
        Self::connect_with(address, config(certificate, &TLS13), "localhost")
    }

    pub(crate) fn connect_with(address: SocketAddr, config: ClientConfig, name: &str) -> Self {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let session = ClientConnection::new(Arc::new(config), name).unwrap();
        Self { stream: StreamOwned::new(session, tcp(address)), received: Vec::new() }
    }

    /// Waits until the server has been heard, or has refused.
    pub(crate) fn shake_hands(&mut self) -> std::io::Result<()> {
        self.stream.conn.complete_io(&mut self.stream.sock).map(drop)
    }

    pub(crate) const fn session(&self) -> &ClientConnection {
        &self.stream.conn
    }

    /// Sends octets: up to 16 KiB as one record.
    pub(crate) fn send(&mut self, octets: impl AsRef<[u8]>) -> &mut Self {
        self.stream.write_all(octets.as_ref()).unwrap();
        self.stream.flush().unwrap();
        self
    }

    /// Says that no more will be sent.
    pub(crate) fn end(&mut self) -> &mut Self {
        self.stream.conn.send_close_notify();
        self.stream.flush().unwrap();
        self
    }

    /// The next reply.
    pub(crate) fn reply(&mut self) -> Reply {
        loop {
            if let Some((reply, length)) = take(&self.received, To::Other) {
                self.received.drain(..length);
                return reply;
            }
            let mut buffer = vec![0; 1 << 20];
            let length = self.stream.read(&mut buffer).expect("a reply in time");
            assert!(length > 0, "the server closed behind {}", self.received.escape_ascii());
            self.received.extend_from_slice(&buffer[..length]);
        }
    }

    /// What comes up to the end of the connection, and how that ends.
    pub(crate) fn rest(&mut self) -> (Vec<u8>, End) {
        let mut rest = std::mem::take(&mut self.received);
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => (rest, End::Told),
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => {
                (rest, End::Cut)
            }
            Err(error) => panic!("no end in time: {error}"),
        }
    }
}

/// A socket that is impatient.
pub(crate) fn tcp(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// A client that trusts this certificate, and speaks HTTP/1.1 over this version of TLS.
pub(crate) fn config(certificate: &Path, version: &'static SupportedProtocolVersion) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}
