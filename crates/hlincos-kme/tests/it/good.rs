//! Good days: same keys at both ends, by every way that the standard has.

use std::os::unix::fs::PermissionsExt;

use hlincos_net::qkd014::{
    Client, ConfigError, Key, KmeError, Limits, Method, Named, Order, Prefetcher, Remedy,
};

use crate::pair::{Pair, sae};

fn named(keys: &[Key]) -> Vec<Named> {
    let one = |key: &Key| Named {
        id: key.id,
        size_bits: u32::try_from(key.bytes.len() * 8).unwrap(),
    };
    keys.iter().map(one).collect()
}

#[track_caller]
fn same(keys: &[Key], others: &[Key]) {
    let pairs = |keys: &[Key]| -> Vec<_> {
        keys.iter()
            .map(|key| (key.id, key.bytes.to_vec()))
            .collect()
    };
    assert_eq!(pairs(keys), pairs(others));
}

async fn exchange(pair: &Pair, method: Method, order: &Order) {
    let mut alice = pair.config("alice", 0);
    let mut bob = pair.config("bob", 1);
    (alice.method, bob.method) = (method, method);
    let (alice, bob) = (Client::new(&alice).unwrap(), Client::new(&bob).unwrap());
    let keys = alice.enc_keys(&sae("bob"), order).await.unwrap();
    let others = bob.dec_keys(&sae("alice"), &named(&keys)).await.unwrap();
    same(&keys, &others);
    let again = bob
        .dec_keys(&sae("alice"), &named(&keys))
        .await
        .unwrap_err();
    assert!(matches!(again, KmeError::KeysGone { .. }), "{again}");
    assert_eq!(again.remedy(), Remedy::GiveUp);
}

#[tokio::test]
async fn both_ends_get_the_same_keys_by_post_and_by_get() {
    let pair = Pair::start().await;
    let status = pair.alice().status(&sae("bob")).await.unwrap();
    let limits = Limits::of(&status).unwrap();
    for method in [Method::Post, Method::Get] {
        exchange(&pair, method, &Order::of_defaults(&limits)).await;
        exchange(&pair, method, &Order::new(1, 512).unwrap()).await;
        exchange(&pair, method, &Order::new(5, 1_024).unwrap()).await;
    }
}

#[tokio::test]
async fn rsa_certificates_work_as_well() {
    let pair = Pair::with(true, |text| text).await;
    exchange(&pair, Method::Post, &Order::new(2, 256).unwrap()).await;
}

#[tokio::test]
async fn names_are_free() {
    let free = "SAE A/大阪 ?#%+&=1";
    let pair = Pair::with(false, |text| {
        let named = format!("id = \"{free}\"\ncertificate_name = \"alice\"");
        text.replace("id = \"alice\"", &named)
    })
    .await;
    let mut alice = pair.config("alice", 0);
    alice.sae_id = Some(free.into());
    let alice = Client::new(&alice).unwrap();
    let status = alice.status(&sae("bob")).await.unwrap();
    assert_eq!(status.master_sae_id, free);
    let order = Order::new(1, 256).unwrap();
    let keys = alice.enc_keys(&sae("bob"), &order).await.unwrap();
    let others = pair
        .bob()
        .dec_keys(&sae(free), &named(&keys))
        .await
        .unwrap();
    same(&keys, &others);
    assert_eq!(
        pair.bob().status(&sae(free)).await.unwrap().slave_sae_id,
        free
    );
}

#[tokio::test]
async fn additional_slaves_get_the_keys_too_and_others_do_not() {
    let pair = Pair::start().await;
    let carol = Client::new(&pair.config("carol", 1)).unwrap();
    let order = Order::new(2, 256).unwrap();
    let shared = order.clone().with_additional(&[sae("carol")]);
    let keys = pair.alice().enc_keys(&sae("bob"), &shared).await.unwrap();
    for slave in [&pair.bob(), &carol] {
        let others = slave.dec_keys(&sae("alice"), &named(&keys)).await.unwrap();
        same(&keys, &others);
    }
    let keys = pair.alice().enc_keys(&sae("bob"), &order).await.unwrap();
    let refused = carol
        .dec_keys(&sae("alice"), &named(&keys))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, KmeError::Unauthorized { status: 401, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn extensions_reach_the_key_manager() {
    let pair = Pair::start().await;
    let parameter = serde_json::from_str(r#"{"abc_route_type": "direct"}"#).unwrap();
    let order = Order::new(1, 256).unwrap();
    let optional = order
        .clone()
        .with_optional(vec![serde_json::Map::clone(&parameter)]);
    assert!(pair.alice().enc_keys(&sae("bob"), &optional).await.is_ok());
    let mandatory = order.with_mandatory(vec![parameter]);
    let refused = pair
        .alice()
        .enc_keys(&sae("bob"), &mandatory)
        .await
        .unwrap_err();
    let message = "not all extension_mandatory parameters are supported";
    assert!(refused.to_string().contains(message), "{refused}");
}

#[tokio::test]
async fn a_pad_is_prefetched_and_collected_in_bulk() {
    let pair = Pair::with(false, |text| {
        text.replace("initial_key_count = 1000", "initial_key_count = 1000000")
    })
    .await;
    let (alice, bob) = (pair.alice(), pair.bob());
    let mut keys = Vec::new();
    let wanted = 3 << 20;
    let mut prefetcher = Prefetcher::new(&alice, sae("bob"));
    let bytes = prefetcher
        .collect(wanted, |batch| keys.extend(batch))
        .await
        .unwrap();
    assert_eq!(bytes, wanted);
    assert_eq!(
        keys.len(),
        3 * 128,
        "as large as allowed: 8 KiB a key, 128 keys a request"
    );
    let mut collector = Prefetcher::new(&bob, sae("alice"));
    let others = collector.collect_named(&named(&keys), 0).await.unwrap();
    same(&keys, &others);
    assert_eq!(pair.control.figures().waiting_keys, 0);
}

#[tokio::test]
async fn only_the_key_manager_that_was_configured_is_spoken_to() {
    let pair = Pair::start().await;
    let ask = async |config: &hlincos_net::qkd014::Config| {
        let client = Client::new(config).unwrap();
        client.status(&sae("bob")).await.unwrap_err()
    };
    let mut config = pair.config("alice", 0);
    config.kme_id = Some("kme-z".into());
    let error = ask(&config).await;
    assert!(matches!(error, KmeError::NotTheKme { .. }), "{error}");
    config.kme_id = None;
    config.server_name = Some("kme-b".into());
    let error = ask(&config).await;
    assert!(matches!(error, KmeError::Tls { .. }), "{error}");
    config.server_name = Some("kme-a".into());
    let elsewhere = Pair::start().await;
    config.ca = elsewhere.file("ca.pem");
    let error = ask(&config).await;
    assert!(matches!(error, KmeError::Tls { .. }), "{error}");
    assert_eq!(error.remedy(), Remedy::Correct);
    assert_eq!(
        pair.control.figures().refused,
        0,
        "none of them sent a request"
    );

    // Nor does the key manager speak to strangers.
    let mut config = pair.config("alice", 0);
    config.certificate = elsewhere.file("alice.pem");
    config.key = elsewhere.file("alice.key");
    let error = ask(&config).await;
    assert!(matches!(error, KmeError::Tls { .. }), "{error}");
}

#[tokio::test]
async fn an_application_of_the_other_key_manager_is_told_401() {
    let pair = Pair::start().await;
    let client = Client::new(&pair.config("bob", 0)).unwrap();
    let refused = client.status(&sae("alice")).await.unwrap_err();
    assert!(
        matches!(refused, KmeError::Unauthorized { status: 401, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let pair = Pair::start().await;
    let refused = |edit: fn(&mut hlincos_net::qkd014::Config, &Pair)| {
        let mut config = pair.config("alice", 0);
        edit(&mut config, &pair);
        Client::new(&config).err().unwrap()
    };
    let missing = refused(|config, pair| config.ca = pair.file("none.pem"));
    assert!(matches!(missing, ConfigError::Read(..)) && missing.to_string().contains("none.pem"));
    let other = refused(|config, pair| config.ca = pair.file("alice.key"));
    assert!(matches!(other, ConfigError::Malformed(..)), "{other}");
    let strange = refused(|config, pair| config.key = pair.file("bob.key"));
    assert!(matches!(strange, ConfigError::Tls(_)), "{strange}");
    let name = refused(|config, _| config.server_name = Some("not a name".into()));
    assert!(matches!(name, ConfigError::Name(_)), "{name}");
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(pair.file("alice.key"), open).unwrap();
    let open = refused(|_, _| {});
    assert!(open.to_string().contains("chmod 600"), "{open}");
}
