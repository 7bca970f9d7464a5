//! What a message to a group's robot carries: address, signature, body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::Sha256;

use crate::incident::Timestamp;

/// A robot of a group, which knows its own address and what it signs with.
pub struct Robot {
    pub(super) url: Url,
    pub(super) token: SecretString,
    pub(super) secret: SecretString,
}

impl Robot {
    /// Where a message goes that is sent at `now`. For the sake of what is in it, it is never logged.
    pub(super) fn address(&self, now: Timestamp) -> Url {
        let timestamp = now.as_millisecond().to_string();
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("access_token", self.token.expose_secret())
            .append_pair("timestamp", &timestamp)
            .append_pair("sign", &signature(self.secret.expose_secret(), &timestamp));
        url
    }
}

/// The message. The same `id` again is the same message to DingTalk; nobody is called by name.
pub(super) fn body(id: &str, text: &str) -> String {
    json!({ "msgtype": "text", "text": { "content": text }, "at": { "isAtAll": false }, "msgUuid": id }).to_string()
}

fn signature(secret: &str, timestamp: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(timestamp.as_bytes());
    mac.update(b"\n");
    mac.update(secret.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_documented_one() {
        let robot = Robot {
            url: Url::parse("https://oapi.dingtalk.com/robot/send").unwrap(),
            token: "test-token".into(),
            secret: "this is secret".into(),
        };
        let address = robot.address(Timestamp::from_millisecond(1_577_262_236_757).unwrap());
        assert_eq!(
            address.as_str(),
            "https://oapi.dingtalk.com/robot/send?access_token=test-token&timestamp=1577262236757\
             &sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"
        );
    }

    #[test]
    fn the_message_calls_nobody_by_name() {
        let expected = r#"{"at":{"isAtAll":false},"msgUuid":"ntc_1","msgtype":"text","text":{"content":"@all \"a\""}}"#;
        assert_eq!(body("ntc_1", "@all \"a\""), expected);
    }
}
