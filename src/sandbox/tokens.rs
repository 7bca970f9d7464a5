//! The three token calls and the one token they all give out.

use serde_json::{Value, json};

use crate::incident::Timestamp;

use super::answer::Answer;
use super::catalogue::corp_of_token_path;
use super::organization::{APP_KEY, APP_SECRET, CORP_ID, FOREIGN_CORP_ID};
use super::refusals::{
    INVALID_CLIENT, INVALID_CLIENT_ID_OR_SECRET, MISSING_BODY, NewRefusal, UNAUTHORIZED_CLIENT, UNKNOWN_ERROR,
    UNSUPPORTED_GRANT_TYPE,
};
use super::request::{Content, Request};

/// The app's token: the same while it lives, and asking again renews it.
#[derive(Debug)]
pub(super) struct Tokens {
    life_s: u64,
    issued: u64,
    current: Option<Token>,
}

#[derive(Debug)]
struct Token {
    text: String,
    expires_at: Timestamp,
}

impl Tokens {
    pub(super) fn new(life_s: u64) -> Self {
        Self { life_s, issued: 0, current: None }
    }

    /// Whether `text` is the token that lives now.
    pub(super) fn is_valid(&self, text: &str, now: Timestamp) -> bool {
        self.current.as_ref().is_some_and(|token| token.text == text && now < token.expires_at)
    }

    /// Ends the present token, as if its time were up.
    pub(super) fn expire(&mut self) {
        self.current = None;
    }

    /// `POST /v1.0/oauth2/accessToken`
    pub(super) fn access_token(&mut self, request: &Request, now: Timestamp) -> Result<Value, NewRefusal> {
        let Content::Json(_) = request.content else { return Err(MISSING_BODY) };
        if !is_app(text(request, "appKey"), text(request, "appSecret")) {
            return Err(INVALID_CLIENT_ID_OR_SECRET);
        }
        Ok(json!({ "accessToken": self.issue(now), "expireIn": self.life_s }))
    }

    /// `POST /v1.0/oauth2/{corpId}/token`
    pub(super) fn corp_token(&mut self, request: &Request, now: Timestamp) -> Result<Value, NewRefusal> {
        let Content::Json(_) = request.content else { return Err(MISSING_BODY) };
        match corp_of_token_path(&request.path) {
            Some(CORP_ID) => {}
            Some(FOREIGN_CORP_ID) => return Err(UNAUTHORIZED_CLIENT),
            _ => return Err(UNKNOWN_ERROR),
        }
        if !is_app(text(request, "client_id"), text(request, "client_secret")) {
            return Err(INVALID_CLIENT);
        }
        if text(request, "grant_type") != Some("client_credentials") {
            return Err(UNSUPPORTED_GRANT_TYPE);
        }
        Ok(json!({ "access_token": self.issue(now), "expires_in": self.life_s }))
    }

    /// `GET /gettoken`. Its parameters are read from the query only.
    pub(super) fn legacy_token(&mut self, request: &Request, now: Timestamp) -> Answer {
        let (key, secret) = (request.query("appkey"), request.query("appsecret"));
        if key.is_none() || secret.is_none() {
            return Answer::Bare(json!({ "errcode": 40035, "errmsg": "缺少参数 corpid or appkey" }), Some("40035"));
        }
        if !is_app(key, secret) {
            return Answer::Bare(json!({ "errcode": 40096, "errmsg": "不合法的appKey或appSecret" }), Some("40096"));
        }
        let body = json!({ "errcode": 0, "access_token": self.issue(now), "errmsg": "ok", "expires_in": self.life_s });
        Answer::Bare(body, None)
    }

    fn issue(&mut self, now: Timestamp) -> String {
        let life = jiff::SignedDuration::from_secs(i64::try_from(self.life_s).unwrap_or(i64::MAX));
        let expires_at = now.checked_add(life).unwrap_or(Timestamp::MAX);
        let text = match self.current.take().filter(|token| now < token.expires_at) {
            Some(token) => token.text,
            None => self.next_text(),
        };
        self.current = Some(Token { text: text.clone(), expires_at });
        text
    }

    /// 32 characters like a real one, and plainly not a real one.
    fn next_text(&mut self) -> String {
        self.issued = self.issued.saturating_add(1);
        format!("sandboxtoken{:020}", self.issued)
    }
}

fn text<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.json(name).and_then(Value::as_str)
}

fn is_app(key: Option<&str>, secret: Option<&str>) -> bool {
    key == Some(APP_KEY) && secret == Some(APP_SECRET)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_stays_the_same_while_it_lives_and_asking_renews_it() {
        let mut tokens = Tokens::new(100);
        let first = tokens.issue(at(0));
        assert_eq!(first.len(), 32);
        assert_eq!(tokens.issue(at(99)), first);
        assert!(tokens.is_valid(&first, at(198)), "asking at 99 renewed it");
        assert!(!tokens.is_valid(&first, at(199)));
        let second = tokens.issue(at(199));
        assert_ne!(second, first);
        assert!(!tokens.is_valid(&first, at(199)) && tokens.is_valid(&second, at(199)));
    }

    #[test]
    fn an_ended_token_is_not_given_out_again() {
        let mut tokens = Tokens::new(100);
        let first = tokens.issue(at(0));
        tokens.expire();
        assert!(!tokens.is_valid(&first, at(1)));
        assert_ne!(tokens.issue(at(1)), first);
    }
}
