//! Who the server is, to those who connect.

use std::{
    error::Error,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use futures_rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    rustls::{ServerConfig, crypto::ring},
};
use rcgen::{CertifiedKey, generate_simple_self_signed};

/// The certificate and its key.
#[derive(Args, Clone, Debug)]
pub(crate) struct Identity {
    /// The server's certificate, and behind it those that lead to one which clients trust, as PEM [default: one for
    /// localhost that is made at the start, and that nobody trusts]
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The private key of the certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// Where to write the certificate that is made at the start, for clients to trust it: `curl --cacert FILE`
    #[arg(long, value_name = "FILE", conflicts_with = "certificate")]
    write_certificate: Option<PathBuf>,
}

impl Identity {
    /// TLS 1.2 and 1.3, for HTTP/1 and nothing else.
    ///
    /// # Errors
    /// A file cannot be read or written, or certificate and key do not fit together.
    pub(crate) fn config(&self) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
        let (certificates, key) = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => read(certificate, key)?,
            _ => make(self.write_certificate.as_deref())?,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(|error| format!("certificate and key can't be used: {error}"))?;
        // A client that offers other protocols only, as HTTP/2, is told that there are none.
        config.alpn_protocols = [&b"http/1.1"[..], b"http/1.0"].map(<[u8]>::to_vec).into();
        Ok(Arc::new(config))
    }
}

/// Certificates, the server's first, and the key of that.
type CertificatesAndKey = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read(certificate: &Path, key: &Path) -> Result<CertificatesAndKey, String> {
    let certificates = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| wrong(certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, &error))?;
    Ok((certificates, key))
}

/// A certificate that was signed by nobody else.
fn make(write: Option<&Path>) -> Result<CertificatesAndKey, Box<dyn Error>> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
    if let Some(path) = write {
        fs::write(path, cert.pem()).map_err(|error| wrong(path, &error))?;
    }
    Ok((vec![cert.into()], signing_key.into()))
}

fn wrong(path: &Path, error: &dyn Display) -> String {
    format!("{}: {error}", path.display())
}
