//! The sandbox's page, on which a demo is watched.

use super::axe;
use super::every_page::{Seen, inspect};
use super::person::Person;
use crate::harness::{Delivery, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_can_be_watched_by_everybody() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let person = Person::at_url(app.dingtalk_url()).await;
    let axe = axe::source();
    let mut wrong = Vec::new();
    for (path, name) in [("/sandbox/watch", "sandbox"), ("/sandbox/watch/zhangsan", "sandbox-account")] {
        let page = Seen { path: path.to_owned(), name: name.to_owned(), status: 200 };
        wrong.extend(inspect(&person, &page, "en", &axe).await.1);
    }
    assert_eq!(wrong, Vec::<String>::new());
    app.end().await;
}
