//! The pair's answers as bytes: requests that no client of ours would send.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::pair::Pair;

/// Sends one request as an application; gives status, kind and body.
async fn send(
    pair: &Pair,
    who: &str,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, String, String) {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(pair.file("ca.pem")).unwrap())
        .unwrap();
    let certificate = CertificateDer::from_pem_file(pair.file(&format!("{who}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(pair.file(&format!("{who}.key"))).unwrap();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)
        .unwrap();
    let stream = TcpStream::connect(pair.addresses[0]).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("kme-a").unwrap();
    let stream = connector.connect(name, stream).await.unwrap();
    let group = stream.get_ref().1.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), rustls::NamedGroup::X25519MLKEM768);
    exchange(stream, method, path, "kme-a", body).await
}

async fn exchange(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    method: &str,
    path: &str,
    host: &str,
    body: &str,
) -> (u16, String, String) {
    let io = TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", host)
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::copy_from_slice(body.as_bytes())))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn every_refusal_is_json_with_a_message_and_tells_that_it_is_a_simulation() {
    let pair = Pair::start().await;
    let keys = "/api/v1/keys";
    let uuid = "550e8400-e29b-41d4-a716-446655440000";
    let one = format!("{{\"key_IDs\":[{{\"key_ID\":\"{uuid}\"}}]}}");
    let found = "one or more keys specified are not found on KME";
    for (method, path, body, status, message) in [
        ("POST", "bob/status", "", 400, "status is asked for by GET"),
        ("PUT", "bob/enc_keys", "", 400, "GET or POST"),
        ("DELETE", "bob/dec_keys", "", 400, "GET or POST"),
        ("GET", "mallory/status", "", 400, "not known"),
        (
            "GET",
            "bob/enc_keys?size=250",
            "",
            400,
            "size shall be a multiple of 8",
        ),
        (
            "GET",
            "bob/enc_keys?number=x",
            "",
            400,
            "number shall be an integer",
        ),
        (
            "GET",
            "bob/enc_keys?number=-1",
            "",
            400,
            "number shall be an integer",
        ),
        (
            "GET",
            "bob/enc_keys?number=1&number=2",
            "",
            400,
            "one number",
        ),
        (
            "POST",
            "bob/enc_keys",
            "{\"number\":0}",
            400,
            "number shall be from 1",
        ),
        (
            "POST",
            "bob/enc_keys",
            "{\"number\":\"2\"}",
            400,
            "no key request",
        ),
        (
            "POST",
            "bob/enc_keys",
            "{\"size\":250}",
            400,
            "size shall be a multiple of 8",
        ),
        ("POST", "bob/enc_keys", "not JSON", 400, "no key request"),
        ("POST", "bob/enc_keys", "[]", 400, "no key request"),
        (
            "POST",
            "bob/enc_keys",
            "{\"extension_mandatory\":[{\"x_y\":1}]}",
            400,
            "not all extension_mandatory parameters are supported",
        ),
        (
            "POST",
            "bob/enc_keys",
            "{\"extension_mandatory\":{\"x_y\":1}}",
            400,
            "no key request",
        ),
        ("GET", "bob/dec_keys", "", 400, "?key_ID="),
        ("GET", "bob/dec_keys?key_ID=7", "", 400, "UUID"),
        (
            "GET",
            &format!("bob/dec_keys?key_ID={uuid}"),
            "",
            400,
            found,
        ),
        (
            "GET",
            &format!("bob/dec_keys?key_ID={uuid}&key_ID={uuid}"),
            "",
            400,
            "use POST",
        ),
        ("POST", "bob/dec_keys", "", 400, "no list of key IDs"),
        ("POST", "bob/dec_keys", "{\"key_IDs\":[]}", 400, "1 to 128"),
        ("POST", "bob/dec_keys", &one, 400, found),
        ("GET", "bob/secrets", "", 404, "the paths are"),
        ("GET", "bob%FF/status", "", 404, "the paths are"),
    ] {
        let path = format!("{keys}/{path}");
        let (came, kind, body) = send(&pair, "alice", method, &path, body).await;
        assert_eq!(
            (came, kind.as_str()),
            (status, "application/json"),
            "{method} {path}: {body}"
        );
        let json: Value = serde_json::from_str(&body).unwrap();
        assert!(
            json["message"].as_str().unwrap().contains(message),
            "{method} {path}: {body}"
        );
        assert!(
            json["details"][0]["hlincos_simulation"]["notice"].is_string(),
            "{body}"
        );
    }
    let (status, kind, body) = send(&pair, "bob", "GET", "/api/v1/keys/alice/status", "").await;
    assert_eq!((status, kind.as_str()), (401, "application/json"), "{body}");
}

#[tokio::test]
async fn an_empty_body_asks_for_the_defaults_and_unknown_members_are_passed_over() {
    let pair = Pair::start().await;
    for body in ["", "{}", "{\"number\":null}", "{\"colour\":\"red\"}"] {
        let (status, _, answer) =
            send(&pair, "alice", "POST", "/api/v1/keys/bob/enc_keys", body).await;
        let json: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (status, json["keys"].as_array().unwrap().len()),
            (200, 1),
            "{body}"
        );
        assert!(json["key_container_extension"]["hlincos_simulation"].is_object());
    }
}

#[tokio::test]
async fn the_page_tells_that_it_is_a_simulation() {
    let pair = Pair::start().await;
    let (status, kind, body) = send(&pair, "alice", "GET", "/", "").await;
    assert_eq!(status, 200);
    assert!(kind.starts_with("text/html"));
    assert!(body.contains("SIMULATION") && body.contains("304000 bit/s"));
}

/// The control address, as a script at this machine uses it.
async fn order(pair: &Pair, host: &str, method: &str, body: &str) -> (u16, Value) {
    let stream = TcpStream::connect(pair.control_address).await.unwrap();
    let (status, _, body) = exchange(stream, method, "/control", host, body).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn outages_and_faults_are_ordered_at_the_control_address() {
    let pair = Pair::start().await;
    let host = pair.control_address.to_string();
    let (status, told) = order(
        &pair,
        &host,
        "POST",
        "{\"rate_bits_s\":0,\"faults\":[\"slow\"]}",
    )
    .await;
    assert_eq!(
        (status, &told["figures"]["bits_per_s"]),
        (200, &Value::from(0))
    );
    assert_eq!(told["hlincos_simulation"]["faults"][0], "slow");
    let (_, told) = order(&pair, &host, "POST", "{\"faults\":[]}").await;
    assert_eq!(told["figures"]["bits_per_s"], 0, "what is not named stays");
    let (_, told) = order(&pair, &host, "POST", "{\"rate_bits_s\":null}").await;
    assert_eq!(told["figures"]["bits_per_s"], 304_000);
    assert!(told["hlincos_simulation"]["faults"].is_null());
    let (status, _) = order(&pair, &host, "POST", "{\"speed\":1}").await;
    assert_eq!(status, 400);
    let (status, _) = order(&pair, "rebound.example:80", "POST", "{\"rate_bits_s\":0}").await;
    assert_eq!(status, 400);
    assert_eq!(pair.control.figures().bits_per_s, 304_000);
}
