//! The trail over the API: page by page, byte for byte as it was hashed.

use portcullis::incident::{Digest, Event};
use portcullis::trail::Record;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::harness::{AUDITOR, Delivery, RESPONDER, TestApp, harmless};

#[derive(Deserialize)]
struct Page {
    records: Vec<Box<RawValue>>,
    next: Option<u64>,
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    size: u64,
    root: Digest,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_together_are_the_bytes_under_the_root() {
    let app = app_with_records().await;
    let size = app.records().len() as u64;
    let mut records: Vec<Vec<u8>> = Vec::new();
    let head = loop {
        let page = page(&app, &format!("from={}&limit=4", records.len())).await;
        records.extend(page.records.iter().map(|record| record.get().as_bytes().to_vec()));
        match page.next {
            Some(next) => assert_eq!((page.records.len(), next), (4, records.len() as u64)),
            // Each reading adds a record of its own, after the head it was given.
            None => break page.head,
        }
    };
    assert!(head.size > size && head.size == records.len() as u64, "{} of {}", records.len(), head.size);
    for (seq, record) in records.iter().enumerate() {
        let stored = app.app.trail().store().read(seq as u64, 1).unwrap().pop().unwrap();
        assert_eq!((record, leaf(record)), (&stored.record, stored.leaf));
        assert_eq!(Record::decode(record).unwrap().seq, seq as u64);
    }
    assert_eq!(root(&records.iter().map(|record| leaf(record)).collect::<Vec<_>>()), head.root);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i20_who_reads_the_trail_is_on_it() {
    let app = app_with_records().await;
    let size = app.records().len() as u64;
    for (path, token) in [("/v1/trail?from=2&limit=3", AUDITOR), ("/v1/trail?from=1000000", RESPONDER)] {
        assert_eq!(app.get(path, token).await.status, 200);
    }
    let read: Vec<(String, u64, u32)> = app
        .records_of("trail.read")
        .into_iter()
        .map(|record| match record.event {
            Event::TrailRead { actor, from, count, .. } => (actor, from, count),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(read, [("auditor".to_owned(), 2, 3), ("responder".to_owned(), 1_000_000, 0)]);
    assert_eq!(app.records().len() as u64, size + 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_a_page_that_makes_no_sense_is_refused_and_a_huge_one_is_bounded() {
    let app = app_with_records().await;
    let size = app.records().len();
    for query in ["limit=-1", "limit=a", "from=-1", "from=1.5", "from=18446744073709551616", "page=2", "from=0&from=1"]
    {
        let answer = app.get(&format!("/v1/trail?{query}"), AUDITOR).await;
        assert_eq!((answer.status, answer.code()), (400, "bad_request"), "{query}");
    }
    assert_eq!(app.records().len(), size, "a question that was not answered is no reading");

    let batch: Vec<_> = (0..1_000).map(|number| harmless(&format!("more-{number}"))).collect();
    assert_eq!(app.deliver(&Delivery::of_events("msg_batch", &batch, app.now())).await.status, 202);
    let all = page(&app, "limit=18446744073709551615").await;
    assert_eq!((all.records.len(), all.next), (1_000, Some(1_000)));
    assert_eq!(page(&app, "").await.records.len(), 100);
    app.end().await;
}

async fn app_with_records() -> TestApp {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.deliver(&Delivery::of_events("msg_quiet", &[harmless("a"), harmless("b")], app.now())).await;
    app
}

async fn page(app: &TestApp, query: &str) -> Page {
    let url = format!("{}/v1/trail?{query}", app.app.url());
    let text = app.client.get(url).bearer_auth(AUDITOR).send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// RFC 6962 section 2.1, written here a second time so that the program cannot agree with itself.
fn leaf(record: &[u8]) -> Digest {
    Digest::of(&[&[0], record].concat())
}

fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [only] => *only,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            Digest::of(&[&[1], &root(left).0[..], &root(right).0[..]].concat())
        }
    }
}
