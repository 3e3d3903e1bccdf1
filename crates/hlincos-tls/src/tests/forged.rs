//! A client whose key share is whatever a test says.

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{Error, ProtocolVersion};

use super::*;

#[derive(Clone, Debug)]
struct Forged(Vec<u8>);

impl SupportedKxGroup for Forged {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        Ok(Box::new(self.clone()))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::from(Exchange::X25519MlKem768Ctidh512.code_point())
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

impl ActiveKeyExchange for Forged {
    fn complete(self: Box<Self>, _: &[u8]) -> Result<SharedSecret, Error> {
        Err(Error::General("the server took the forged share".into()))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn pub_key(&self) -> &[u8] {
        &self.0
    }

    fn group(&self) -> NamedGroup {
        self.name()
    }
}

/// A client that sends this share for X25519MLKEM768+CTIDH512.
pub(super) fn client_config(credential: &Credential, share: Vec<u8>) -> Arc<ClientConfig> {
    let crypto = Arc::new(CryptoProvider {
        kx_groups: vec![Box::leak(Box::new(Forged(share)))],
        ..provider(&[])
    });
    let mut roots = RootCertStore::empty();
    roots.add(credential.roots[0].clone()).unwrap();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(roots.into(), crypto.clone()).build();
    let key = adapter::certified(credential.chain.clone(), &credential.key).unwrap();
    let config = ClientConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_webpki_verifier(verifier.unwrap())
        .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)));
    Arc::new(config)
}
