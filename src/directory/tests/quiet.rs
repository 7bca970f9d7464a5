//! Secrets and personal data stay out of logs and of everything that can be printed.

use std::io::Write;
use std::sync::Mutex;

use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::directory::{DepartmentId, PageFrom, TokenCall};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Runs calls that end in every way, with everything logged that anybody would log.
async fn lines_of_many_calls() -> String {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(lines.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    for reply in [
        Reply::json(200, r#"{"result":true,"disable":true,"errcode":0}"#),
        Reply::json(400, r#"{"code":"user.not.exist","requestid":"r-1","message":"张三"}"#),
        Reply::json(200, r#"{"errcode":60011,"errmsg":"张三","request_id":"r-2"}"#),
        Reply::Raw(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{".to_vec()),
        Reply::Hang,
    ] {
        let harness = Harness::start(move |_| reply.clone()).await;
        let _ = harness.disable().await;
        let _ = harness.directory.find(&mobile()).await;
        let _ = harness.directory.account(&user_id()).await;
        let _ = harness.directory.is_disabled(&user_id()).await;
        let _ = harness.directory.search("张三").await;
        let _ = harness.directory.members(DepartmentId::ROOT, PageFrom::START).await;
    }
    drop(guard);
    lines.text()
}

#[tokio::test]
async fn g13_the_secret_that_stands_in_a_url_is_in_no_log() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(lines.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    for reply in [
        Reply::json(200, r#"{"errcode":0,"access_token":"test-token","expires_in":7200}"#),
        Reply::json(200, r#"{"errcode":40096,"errmsg":"test-secret-of-no-app"}"#),
        Reply::Raw(Vec::new()),
        Reply::Hang,
    ] {
        let stub = Stub::start(move |_| reply.clone()).await;
        let settings = Settings { token_call: TokenCall::LegacyToken, ..settings(&format!("http://{}", stub.address)) };
        let clock = Arc::new(HandSetClock::at(Timestamp::from_second(1_700_000_000).unwrap()));
        let _ = client(&settings, clock).greet().await;
        assert_eq!(stub.seen("/gettoken")[0].target, format!("/gettoken?appkey=test-app&appsecret={TEST_SECRET}"));
    }
    drop(guard);
    let lines = lines.text();
    assert!(lines.contains("/gettoken") && lines.contains("40096"), "{lines}");
    assert!(!lines.contains(TEST_SECRET) && !lines.contains(TEST_TOKEN), "{lines}");
}

#[tokio::test]
async fn g13_logs_carry_no_secret_token_name_number_or_url() {
    let lines = lines_of_many_calls().await;
    for named in
        ["/v1.0/contact/orgAccounts/disable", "/topapi/v2/user/getbymobile", "Permanent", "r-1", "connection_lost"]
    {
        assert!(lines.contains(named), "{named} is worth a line:\n{lines}");
    }
    for kept in [TEST_SECRET, TEST_TOKEN, "access_token", "13800000001", "张三", "user123", "inc_1"] {
        assert!(!lines.contains(kept), "{kept}:\n{lines}");
    }
}

#[tokio::test]
async fn one_exchange_gives_one_line() {
    let lines = lines_of_many_calls().await;
    let own = lines.lines().filter(|line| line.contains("dingtalk.api=")).count();
    assert_eq!(own, 5 * (1 + 6), "{lines}");
}

#[tokio::test]
async fn nothing_public_prints_a_secret() {
    let harness = Harness::start(|_| Reply::json(200, YES)).await;
    let done = harness.disable().await.unwrap();
    let settings = settings("http://127.0.0.1:1");
    let secret = SecretString::from(TEST_SECRET);
    let mut wrong = settings.clone();
    wrong.burst = 0;
    let error = DingTalk::new(&wrong, secret, Arc::clone(&harness.clock) as Arc<_>).unwrap_err();
    let printed =
        format!("{:?} {:?} {settings:?} {done:?} {error:?} {error} {:?}", harness.directory, mobile(), disable());
    for kept in [TEST_SECRET, TEST_TOKEN, "13800000001"] {
        assert!(!printed.contains(kept), "{printed}");
    }
    assert!(format!("{:?}", harness.directory).contains("127.0.0.1"));
}
