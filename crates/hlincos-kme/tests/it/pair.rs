//! A running pair in a folder of its own, and clients of it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use hlincos_kme::{Config, Control, Fault, InitOptions, Server, init};
use hlincos_net::qkd014::{self, Client, Method, SaeId};
use tempfile::TempDir;
use tokio::sync::oneshot;

pub(crate) struct Pair {
    folder: TempDir,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) control_address: SocketAddr,
    pub(crate) control: Control,
    /// Ends the pair when dropped.
    _stop: oneshot::Sender<()>,
}

impl Pair {
    pub(crate) async fn start() -> Self {
        Self::with(false, |text| text).await
    }

    /// A pair whose certificates are RSA or ECDSA, and whose configuration was edited.
    pub(crate) async fn with(rsa: bool, edit: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let sae = |name: &str, kme| (name.to_owned(), kme);
        let options = InitOptions {
            listen: [any, any],
            control: Some(any),
            saes: vec![sae("alice", 0), sae("bob", 1), sae("carol", 1)],
            rsa,
        };
        let path = init(folder.path(), &options).unwrap();
        let text = edit(fs::read_to_string(path).unwrap());
        let config = Config::from_toml(&text, folder.path()).unwrap();
        let server = Server::bind(&config).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let pair = Self {
            folder,
            addresses: server.addresses().unwrap(),
            control_address: server.control_address().unwrap(),
            control: server.control(),
            _stop: stop,
        };
        tokio::spawn(server.serve(async {
            let _ = stopped.await;
        }));
        pair
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How an application is configured that calls one of the pair.
    pub(crate) fn config(&self, name: &str, kme: usize) -> qkd014::Config {
        qkd014::Config {
            address: self.addresses[kme].to_string(),
            server_name: None,
            kme_id: Some(["kme-a", "kme-b"][kme].into()),
            sae_id: Some(name.into()),
            certificate: self.file(&format!("{name}.pem")),
            key: self.file(&format!("{name}.key")),
            ca: self.file("ca.pem"),
            method: Method::Post,
            timeout_s: 10,
        }
    }

    pub(crate) fn alice(&self) -> Client {
        Client::new(&self.config("alice", 0)).unwrap()
    }

    pub(crate) fn bob(&self) -> Client {
        Client::new(&self.config("bob", 1)).unwrap()
    }

    pub(crate) fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.control.set_faults(faults.into_iter().collect());
    }
}

pub(crate) fn sae(name: &str) -> SaeId {
    name.parse().unwrap()
}
