//! Published deliveries of other people's making, through the door: each as it was published, at the time at which it
//! was signed, and again with one byte of its body changed.
//!
//! What is published with a secret that no source may have (B27) is made again with one that it may, by another
//! program than ours. Bodies that are no JSON are authentic and not understood (400), which is not the same as refused
//! (401).
//!
//! Four of those that were collected are no deliveries of any kind that is taken, and are not here. RFC 9530's
//! `Content-Digest` is a digest that nobody signs. RFC 9421 B.2.5 and B.2.6 sign a method, a path and other headers
//! than any way that is described can name, and of the body at most that digest. The token of RFC 8037 A.4 signs a
//! sentence and no claims, so it can neither name whom it is from and for, nor be a security event.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::config;
use portcullis::incident::Timestamp;
use portcullis::intake::Intake;
use serde_json::{Value, json};

use crate::harness::*;

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

/// The configuration of the source that takes this one, whose secret is in `secret`.
async fn source(vector: &Value, secret: &str) -> String {
    if let Some(set) = vector.get("set") {
        let jwks = publish(json!({ "keys": [set["jwk"]] }).to_string()).await;
        return format!(
            "[intake]\ntest_only_plain_http = true\n[intake.sources.vector]\nkind = \"ssf\"\nset = {{ issuer = {}, \
             audience = [{}], jwks = \"{jwks}\", algorithms = [\"ES256\"] }}\n",
            set["issuer"], set["audience"]
        );
    }
    format!(
        "[intake.sources.vector]\nkind = \"generic\"\nsignature = {}\nsecrets = [{{ name = \"published\", file = \
         \"{secret}\" }}]\n",
        vector["signature"]
    )
}

fn delivery(vector: &Value) -> Delivery {
    let headers = vector["headers"].as_object().unwrap();
    let mut delivery = Delivery {
        source: "vector".to_owned(),
        headers: headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect(),
        body: STANDARD.decode(vector["body_base64"].as_str().unwrap()).unwrap(),
    };
    if !headers.contains_key("content-type") {
        delivery = delivery.with("content-type", "application/json");
    }
    delivery
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_delivery_is_authentic_and_no_byte_of_it_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    for vector in vectors() {
        fs::write(&file, vector["secret"].as_str().unwrap_or_default()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let config = source(&vector, file.to_str().unwrap()).await;
        let app = TestApp::start_with(Set { config: Box::leak(config.into_boxed_str()), ..Set::default() }).await;
        app.clock.set(Timestamp::from_second(vector["at"].as_i64().unwrap()).unwrap());
        let good = delivery(&vector);
        let mut forged = good.clone();
        let middle = forged.body.len() / 2;
        forged.body[middle] ^= 1;
        let refused = if vector.get("set").is_some() { 400 } else { 401 };
        assert_eq!(app.deliver(&forged).await.status, refused, "{}", vector["name"]);
        assert_eq!(
            i64::from(app.deliver(&good).await.status),
            vector["status"].as_i64().unwrap(),
            "{}",
            vector["name"]
        );
        let records = app.end().await;
        let heard = |kind: &str| records.iter().filter(|record| record.event.kind() == kind).count();
        let expected = match (vector["status"].as_i64(), vector.get("set")) {
            (Some(202), None) => (1, 0),
            (Some(400), None) => (0, 1),
            // A verification is acknowledged and is no alert.
            _ => (0, 0),
        };
        assert_eq!((heard("alert.admitted"), heard("delivery.not_understood")), expected, "{}", vector["name"]);
    }
}

#[test]
fn b27_a_secret_as_short_as_some_that_are_published_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let weak: Vec<Value> = vectors().into_iter().filter(|vector| vector.get("weak").is_some()).collect();
    assert_eq!(weak.len(), 8);
    for vector in weak {
        fs::write(&file, vector["weak"].as_str().unwrap()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let text = format!(
            "[directory]\npreset = \"io\"\napp_key = \"key\"\napp_secret_file = \"secret\"\ncorp_id = \"ding1\"\n\
             [intake.sources.vector]\nkind = \"generic\"\nsignature = {}\nsecrets = [{{ name = \"a\", file = \"secret\" }}]\n",
            vector["signature"]
        );
        fs::write(folder.path().join("portcullis.toml"), text).unwrap();
        let config = config::load(&folder.path().join("portcullis.toml"), &[]).unwrap();
        let refused = Intake::new(&config.intake, folder.path()).err();
        assert!(refused.is_some_and(|error| error.to_string().contains("less than 24 bytes")), "{}", vector["name"]);
    }
}
