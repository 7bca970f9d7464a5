//! The program at work while its system calls are written down, to its end by SIGKILL.

use portcullis::incident::Timestamp;
use tokio::task::JoinSet;

use super::disk::{Disk, ID_BYTES};
use super::trace::{self, Call};
use crate::crash::site::{Site, person, post};
use crate::harness::{Delivery, harmless};

/// What acknowledgements begin with.
const ACKNOWLEDGED: &[u8] = b"HTTP/1.1 202 ";
/// Where in a body the alert's id stands.
const ID: &[u8] = b"\"alerts\":[{\"id\":\"";
/// Senders that each wait for an answer before they send again.
const SENDERS: usize = 4;
/// Everybody is here at one address, which may send much more than usual.
const MUCH: [(&str, &str); 2] =
    [("PORTCULLIS_INTAKE__PER_ADDRESS__PER_SECOND", "100000"), ("PORTCULLIS_INTAKE__PER_ADDRESS__BURST", "100000")];

/// What was done, and where.
pub(super) struct Recording {
    pub(super) site: Site,
    pub(super) calls: Vec<Call>,
}

/// An alert that somebody was told is kept, and when the telling began.
#[derive(Debug)]
pub(super) struct Acknowledged {
    pub(super) begin: usize,
    pub(super) id: String,
}

impl Recording {
    /// The program takes so many deliveries, every twentieth of which has it act, and is killed with the last answer.
    pub(super) async fn of(deliveries: usize) -> Self {
        let site = Site::new().await;
        let log = site.path("calls");
        let program = site.start_under(&trace::traced(&log), &MUCH).await;
        let mut senders = JoinSet::new();
        for sender in 0..SENDERS {
            let (client, url) = program.door();
            senders.spawn(async move {
                for number in (sender..deliveries).step_by(SENDERS) {
                    let answer = post(&client, &url, &delivery(number)).await.expect("an answer");
                    assert_eq!(answer.status, 202, "{answer:?}");
                }
            });
        }
        while let Some(sender) = senders.join_next().await {
            sender.unwrap();
        }
        program.kill();
        let calls = trace::read(&log).await;
        Self { site, calls }
    }

    /// The trail's disk, had these calls not been.
    pub(super) fn disk_without(&self, ignored: &[&str]) -> Disk {
        Disk::of(&self.site.path("trail"), &self.calls, ignored)
    }

    /// Who was told what.
    pub(super) fn acknowledged(&self) -> Vec<Acknowledged> {
        let told = self.calls.iter().filter(|call| matches!(call.name.as_str(), "sendto" | "write" | "writev"));
        let told = told.filter_map(|call| Some((call.begin, id_in(&call.texts.concat())?)));
        told.map(|(begin, id)| Acknowledged { begin, id }).collect()
    }

    /// A place behind all calls.
    pub(super) fn end(&self) -> usize {
        self.calls.iter().map(|call| call.end.unwrap_or(call.begin)).max().map_or(0, |last| last + 1)
    }
}

fn delivery(number: usize) -> Delivery {
    let (id, now) = (format!("msg_{number}"), Timestamp::now());
    match number % 20 {
        7 => Delivery::of_high_risk(&person(1 + number / 20).0, u32::try_from(number).unwrap(), now),
        _ => Delivery::of_events(&id, &[harmless(&id)], now),
    }
}

fn id_in(answer: &[u8]) -> Option<String> {
    let id = memchr::memmem::find(answer, ID).filter(|_| answer.starts_with(ACKNOWLEDGED))? + ID.len();
    String::from_utf8(answer[id..id + ID_BYTES].to_vec()).ok()
}
