//! HTTP over QUIC.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use hlincos_net::{Call, CallError, Client, LinkProfile, Listener, Peer, QuicDial};
use hlincos_pki::{Certificate, Identity, KeyPair, Role};
use hlincos_tls::{client_config, server_config, server_name};
use tokio::sync::{mpsc, oneshot};

use crate::authority::{authority, credential, identity};

type Authority = (Certificate, KeyPair);

fn client(
    to: std::net::SocketAddr,
    by: &Authority,
    trusted: &Certificate,
    who: &Identity,
) -> Client {
    let tls = client_config(&credential(by, who, trusted)).unwrap();
    let name = server_name(&identity(Role::Gateway, "gateway"));
    let profile = LinkProfile::satellite();
    let dial = QuicDial::new(to.to_string(), name.clone(), tls, profile).unwrap();
    Client::over(name, std::sync::Arc::new(dial))
}

async fn listener(by: &Authority) -> (Listener, std::net::SocketAddr) {
    let gateway = identity(Role::Gateway, "gateway");
    let server = server_config(&credential(by, &gateway, &by.0)).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let mut listener = Listener::bind(any, server.clone()).await.unwrap();
    let address = listener
        .open_quic(any, server, LinkProfile::default())
        .unwrap();
    (listener, address)
}

fn call(path: &str, body: Option<Bytes>) -> Call<'_> {
    Call {
        path,
        body,
        content_type: "application/octet-stream",
        timeout: Duration::from_secs(20),
        answer_bytes_max: 8 << 20,
        over: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_long_requests_come_through_with_the_callers_name() {
    let ours = authority();
    let (listener, address) = listener(&ours).await;
    let echo = async |axum::Extension(Peer(peer)): axum::Extension<Peer>, body: Bytes| {
        assert_eq!(
            (peer.role, peer.name.to_string()),
            (Role::Agent, "hospital".into())
        );
        body
    };
    let router = Router::new()
        .route("/echo", post(echo))
        .layer(axum::extract::DefaultBodyLimit::max(8 << 20));
    tokio::spawn(listener.serve(router, std::future::pending()));
    let client = client(address, &ours, &ours.0, &identity(Role::Agent, "hospital"));
    for len in [0, 1, 100_000, 4 << 20] {
        let body = Bytes::from(vec![7; len]);
        let answer = client
            .call(call("/echo", Some(body.clone())))
            .await
            .unwrap();
        assert_eq!(answer, body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_of_another_authority_is_refused_and_told_so() {
    let (ours, other) = (authority(), authority());
    let (listener, address) = listener(&ours).await;
    let router = Router::new().route("/", get(async || "secret"));
    tokio::spawn(listener.serve(router, std::future::pending()));
    let stranger = identity(Role::Agent, "stranger");
    let refused = client(address, &other, &ours.0, &stranger)
        .call(call("/", None))
        .await;
    assert!(
        !matches!(&refused, Ok(_) | Err(CallError::TimedOut(_))),
        "{refused:?}"
    );
    // And a server of another authority is not believed.
    let fooled = client(address, &ours, &other.0, &stranger)
        .call(call("/", None))
        .await;
    assert!(matches!(&fooled, Err(CallError::Tls(_))), "{fooled:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "2 of 100 runs end with an HTTP/2 error at the caller; docs/state.md"]
async fn a_server_that_stops_lets_a_request_under_way_finish() {
    let ours = authority();
    let (listener, address) = listener(&ours).await;
    let (began, mut begun) = mpsc::channel(1);
    let (go_on, gone_on) = oneshot::channel::<()>();
    let gone_on = std::sync::Arc::new(tokio::sync::Mutex::new(Some(gone_on)));
    let slow = async move || {
        began.send(()).await.unwrap();
        gone_on.lock().await.take().unwrap().await.unwrap();
        "done"
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new().route("/", get(slow));
    let serving = tokio::spawn(listener.serve(router, async { drop(stopped.await) }));
    let client = client(address, &ours, &ours.0, &identity(Role::Agent, "hospital"));
    let calling = tokio::spawn(async move { client.call(call("/", None)).await });
    begun.recv().await.unwrap();
    stop.send(()).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(calling.await.unwrap().unwrap(), "done");
    serving.await.unwrap();
}
