//! The page on which a demo can be watched: it shows what was done to whom, and what their screen says.

use crate::harness::{Delivery, TestApp};

async fn page(app: &TestApp, path: &str) -> (u16, String, String) {
    let answer = app.client.get(format!("{}{path}", app.dingtalk_url())).send().await.unwrap();
    let policy =
        answer.headers().get("content-security-policy").map_or("", |policy| policy.to_str().unwrap()).to_owned();
    (answer.status().as_u16(), policy, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_was_done_and_what_the_employee_reads() {
    let app = TestApp::start().await;
    let (status, policy, before) = page(&app, "/sandbox/watch").await;
    assert!(status == 200 && policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    assert!(before.contains("signed in, 2 sessions") && !before.contains("class=\"screen\""), "{before}");
    assert!(!before.contains("http-equiv=\"refresh\"") && !before.contains("<script"), "{before}");
    assert!(page(&app, "/sandbox/watch?live=yes").await.2.contains("http-equiv=\"refresh\""));

    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let account = app.dingtalk().account("zhangsan").unwrap();
    let notice = account.last_sign_out.unwrap();
    let (_, _, own) = page(&app, "/sandbox/watch/zhangsan").await;
    assert!(own.contains("disabled, signed out everywhere"), "{own}");
    assert!(!notice.shown.is_empty());
    for (language, text) in &notice.shown {
        let shown = format!("<p lang=\"{}\" dir=\"auto\">{text}</p>", language.replace('_', "-"));
        assert!(own.contains(&shown), "{shown}: {own}");
    }
    let (_, _, all) = page(&app, "/sandbox/watch").await;
    assert!(all.contains("disable zhangsan: 200") && all.contains("Disabled because: "), "{all}");

    app.dingtalk().change("lisi", |account| account.name = "<script>alert(1)</script>".to_owned());
    let (_, _, hostile) = page(&app, "/sandbox/watch").await;
    assert!(hostile.contains("&lt;script&gt;") && !hostile.contains("<script"), "{hostile}");
    for unknown in ["/sandbox/watch/nobody", "/sandbox/watch/", "/sandbox/watch/%3Cb%3E"] {
        let (status, _, text) = page(&app, unknown).await;
        assert!(status == 404 && !text.contains("<b>"), "{unknown}: {status}");
    }
    app.end().await;
}
