//! What a caller hears whose certificate is not taken.

use std::io;

use hlincos_net::Listener;
use hlincos_pki::Role;
use hlincos_tls::{client_config, server_config, server_name};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::authority::{authority, credential, identity};

/// A way to call a listener with a certificate that it does not take.
async fn strangers() -> impl AsyncFn() -> TlsStream<TcpStream> {
    let (ours, other) = (authority(), authority());
    let gateway = identity(Role::Gateway, "gateway");
    let server = server_config(&credential(&ours, &gateway, &ours.0)).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), server)
        .await
        .unwrap();
    let address = listener.address();
    tokio::spawn(listener.serve(axum::Router::new(), std::future::pending()));
    let agent = identity(Role::Agent, "stranger");
    let tls = TlsConnector::from(client_config(&credential(&other, &agent, &ours.0)).unwrap());
    async move || {
        let stream = TcpStream::connect(address).await.unwrap();
        // With TLS 1.3 the caller's handshake is done before its certificate is judged.
        let name = server_name(&gateway);
        tls.connect(name, stream).await.unwrap()
    }
}

fn is_alert(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::AlertReceived(_)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_is_refused_while_it_speaks_hears_why() {
    let call = strangers().await;
    for _ in 0..20 {
        let mut stream = call().await;
        // The refusal is here; the caller has not looked, and speaks on.
        stream.get_ref().0.peek(&mut [0]).await.unwrap();
        for _ in 0..32 {
            stream.write_all(&[0; 4096]).await.unwrap();
            stream.flush().await.unwrap();
        }
        let error = stream.read(&mut [0; 64]).await.unwrap_err();
        assert!(is_alert(&error), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_caller_that_never_ends_is_cut_off() {
    let call = strangers().await;
    let mut stream = call().await;
    let mut spoken = 0_usize;
    while stream.write_all(&[0; 64 << 10]).await.is_ok() {
        spoken += 64 << 10;
        assert!(spoken < 64 << 20, "it is listened to without end");
    }
}
