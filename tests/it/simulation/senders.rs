//! The senders: each sends what nobody has acknowledged again, and some send what they have sent already, or something
//! else under a known id.

use portcullis::admission::{AdmissionError, Receipt};
use portcullis::incident::Timestamp;
use serde_json::{Value, json};

use super::dice::Dice;
use super::laws::Broken;
use super::site::{EVENTS, PEOPLE, UNTOUCHABLE, name_of};
use crate::harness::{Delivery, GITHUB, OKTA, Source, hook};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// To be sent, or sent again.
    Waiting,
    UnderWay,
    Acknowledged,
    /// Another one has its id.
    Refused,
}

/// One delivery, however often it is sent.
struct Sent {
    source: &'static Source,
    id: String,
    events: Vec<Value>,
    state: State,
    /// Whether it has ever been acknowledged.
    is_known: bool,
}

/// All deliveries of a run.
#[derive(Default)]
pub(super) struct Senders(Vec<Sent>);

impl Senders {
    /// One more, which is its number.
    pub(super) fn write(&mut self, dice: &mut Dice) -> usize {
        let number = self.0.len();
        let source = if dice.chance(70) { &OKTA } else { &GITHUB };
        let known: Vec<_> = self.0.iter().filter(|sent| sent.source.name == source.name).map(|sent| &sent.id).collect();
        let id = match dice.chance(4) && !known.is_empty() {
            true => (*dice.pick(&known)).clone(),
            false => format!("msg_{number}"),
        };
        let many = dice.weigh(&[(85, 1), (10, 2), (5, 4)]);
        let events = (0..many).map(|nth| event(&format!("event-{number}-{nth}"), dice)).collect();
        self.0.push(Sent { source, id, events, state: State::Waiting, is_known: false });
        number
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The first one to be sent.
    pub(super) fn waiting(&self) -> Option<usize> {
        self.0.iter().position(|sent| sent.state == State::Waiting)
    }

    /// As it goes over the wire now.
    pub(super) fn send(&mut self, number: usize, now: Timestamp) -> Delivery {
        let sent = &mut self.0[number];
        sent.state = State::UnderWay;
        Delivery::signed(sent.source, &sent.id, hook(&sent.events), now)
    }

    /// Notes an answer. Promise 3: what was acknowledged is known from then on.
    pub(super) fn answered(&mut self, number: usize, answer: Result<Receipt, AdmissionError>) -> Result<(), Broken> {
        let sent = &mut self.0[number];
        match answer {
            Ok(receipt) if sent.is_known && !receipt.repeated => {
                return Err(format!("delivery {number} was acknowledged before and is new again: {receipt:?}"));
            }
            Ok(_) => (sent.state, sent.is_known) = (State::Acknowledged, true),
            Err(AdmissionError::Conflict) if sent.is_known => {
                return Err(format!("delivery {number} was acknowledged before and is another one now"));
            }
            Err(AdmissionError::Conflict) => sent.state = State::Refused,
            Err(_) if sent.is_known => sent.state = State::Acknowledged,
            Err(_) => sent.state = State::Waiting,
        }
        Ok(())
    }

    /// Nobody hears the answers to what is under way.
    pub(super) fn forget(&mut self) {
        for sent in self.0.iter_mut().filter(|sent| sent.state == State::UnderWay) {
            sent.state = State::Waiting;
        }
    }
}

fn event(uuid: &str, dice: &mut Dice) -> Value {
    let event = *dice.pick(&EVENTS);
    let person = match dice.below(20) {
        0 => "nobody",
        1..=4 => dice.pick(&UNTOUCHABLE),
        _ => dice.pick(&PEOPLE),
    };
    let target = json!([{ "id": "00utest", "type": "User", "alternateId": name_of(person, event) }]);
    json!({ "uuid": uuid, "published": "2026-11-21T03:00:00.000Z", "eventType": event, "target": target })
}
