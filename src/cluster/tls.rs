//! Who may talk to whom: both sides show a certificate of the cluster's own authority, and the scheduler lets in only
//! those whose fingerprints stand on its list. Without all that only within one machine, and only when asked for.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use law::domain::hex;
use sha2::{Digest, Sha256};
use store::durable::At as _;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};
use tonic::{Request, Status};

use engine::EngineError;

/// Where a machine's certificate lies, PEM.
#[derive(Debug, Clone)]
pub struct Papers {
    /// The certificate of the authority that signed everybody's.
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Clone)]
pub enum Security {
    Certificates(Papers),
    /// Nothing at all; only between processes of one machine.
    Insecure,
}

/// Fingerprints (SHA-256 of the certificate, hex) that the scheduler lets in, with whom they belong to.
#[derive(Debug, Clone, Default)]
pub struct AllowList(BTreeMap<String, String>);

impl AllowList {
    /// Reads `fingerprint name` lines; colons and case do not matter, `#` opens a comment.
    pub fn read(path: &Path) -> Result<Self, EngineError> {
        let text = std::fs::read_to_string(path).at(path)?;
        let mut known = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let (print, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let print = print.replace(':', "").to_lowercase();
            if line.is_empty() {
                continue;
            }
            if print.len() != 64 || !print.bytes().all(|b| b.is_ascii_hexdigit()) {
                let why = format!("{}:{}: no SHA-256 fingerprint", path.display(), at + 1);
                return Err(EngineError::Refused(format!("{why}; openssl x509 -noout -fingerprint -sha256 -in ...")));
            }
            known.insert(print, name.trim().to_owned());
        }
        Ok(Self(known))
    }

    /// Lets a call in whose certificate is known.
    pub(super) fn admit(&self, request: Request<()>) -> Result<Request<()>, Status> {
        let shown = request.peer_certs();
        let print = shown.as_ref().and_then(|chain| chain.first()).map(|first| hex(&Sha256::digest(first)));
        if print.as_ref().is_some_and(|print| self.0.contains_key(print)) {
            return Ok(request);
        }
        let print = print.unwrap_or_else(|| "none".to_owned());
        tracing::warn!(fingerprint = print, "a certificate that is not on the list was turned away");
        Err(Status::permission_denied(format!("certificate {print} is not on the scheduler's list")))
    }
}

impl Security {
    /// Refuses to go unprotected beyond this machine.
    pub fn check(&self, host: &str) -> Result<(), EngineError> {
        let is_local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match self {
            Self::Insecure if !is_local => Err(EngineError::Refused(format!(
                "insecure is only for loopback addresses, and {host} is none: give certificates"
            ))),
            _ => Ok(()),
        }
    }

    /// The way to `host:port` for a client.
    pub(super) fn endpoint(&self, scheduler: &str) -> Result<Endpoint, EngineError> {
        let wrong = |error: tonic::transport::Error| EngineError::Refused(format!("{scheduler}: {error}"));
        let scheme = if matches!(self, Self::Insecure) { "http" } else { "https" };
        let endpoint = Endpoint::from_shared(format!("{scheme}://{scheduler}")).map_err(wrong)?;
        let host = endpoint.uri().host().unwrap_or_default().to_owned();
        self.check(&host)?;
        let endpoint = endpoint
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(20))
            .keep_alive_while_idle(true);
        let Self::Certificates(papers) = self else { return Ok(endpoint) };
        let tls = ClientTlsConfig::new()
            .domain_name(host)
            .ca_certificate(Certificate::from_pem(read(&papers.authority)?))
            .identity(papers.identity()?);
        endpoint.tls_config(tls).map_err(wrong)
    }

    /// What the scheduler serves with; `None` when unprotected.
    pub(super) fn server(&self) -> Result<Option<ServerTlsConfig>, EngineError> {
        let Self::Certificates(papers) = self else { return Ok(None) };
        let authority = Certificate::from_pem(read(&papers.authority)?);
        Ok(Some(ServerTlsConfig::new().identity(papers.identity()?).client_ca_root(authority)))
    }
}

impl Papers {
    fn identity(&self) -> Result<Identity, EngineError> {
        Ok(Identity::from_pem(read(&self.certificate)?, read(&self.key)?))
    }
}

/// `df://host:port` without its scheme.
pub(super) fn authority_of(scheduler: &str) -> Result<&str, EngineError> {
    scheduler
        .strip_prefix("df://")
        .map(|rest| rest.trim_end_matches('/'))
        .filter(|rest| {
            rest.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        })
        .ok_or_else(|| EngineError::Refused(format!("`{scheduler}` is no scheduler: write df://host:port")))
}

/// The host of an address, as [`Security::check`] reads it.
pub(super) fn host_of(address: SocketAddr) -> String {
    address.ip().to_string()
}

fn read(path: &Path) -> Result<Vec<u8>, EngineError> {
    std::fs::read(path).map_err(|error| EngineError::Refused(format!("{}: {error}", path.display())))
}

/// The list as the server asks it.
pub(super) fn interceptor(
    list: Option<AllowList>,
) -> impl Fn(Request<()>) -> Result<Request<()>, Status> + Clone + Send + Sync + 'static {
    let list = list.map(Arc::new);
    move |request: Request<()>| match &list {
        Some(list) => list.admit(request),
        None => Ok(request),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_goes_without_certificates() {
        for host in ["127.0.0.1", "127.8.0.1", "::1", "localhost"] {
            assert!(Security::Insecure.check(host).is_ok(), "{host}");
        }
        for host in ["0.0.0.0", "10.0.0.1", "192.168.1.7", "scheduler", "::", "localhost.example"] {
            assert!(Security::Insecure.check(host).is_err(), "{host}");
        }
        assert!(Security::Insecure.endpoint("10.0.0.1:50050").is_err());
    }

    #[test]
    fn a_scheduler_is_a_host_and_a_port() {
        assert_eq!(authority_of("df://scheduler:50050").unwrap(), "scheduler:50050");
        for wrong in ["scheduler:50050", "http://scheduler:50050", "df://scheduler", "df://:50050", "df://a:b", ""] {
            assert!(authority_of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_list_reads_what_openssl_prints_and_names_a_wrong_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allowed");
        let print = "AB:".repeat(31) + "CD";
        std::fs::write(&path, format!("# executors\n{print} executor-1\n\n{} # lower\n", "0".repeat(64))).unwrap();
        let list = AllowList::read(&path).unwrap();
        assert_eq!(list.0.len(), 2);
        assert_eq!(list.0[&("ab".repeat(31) + "cd")], "executor-1");
        assert!(list.admit(Request::new(())).is_err(), "nobody shown, nobody let in");
        std::fs::write(&path, "\nnonsense\n").unwrap();
        assert!(AllowList::read(&path).unwrap_err().to_string().contains("allowed:2"));
    }
}
