//! The answers that were given to writes that a key names.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use jiff::SignedDuration;

use crate::incident::{Digest, Timestamp};

/// The most keys that are known; with another one the oldest that is answered is forgotten.
const KEYS_MAX: usize = 4_096;
/// How long a key is known.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The writes of the last day that had a key.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Mutex<HashMap<Key, Write>>>);

/// Who asks for what.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Whose token it is.
    pub(super) holder: String,
    pub(super) path: String,
    pub(super) key: String,
    /// Digest of everything else that is said.
    pub(super) said: Digest,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) media_type: Option<HeaderValue>,
    pub(super) body: Bytes,
}

/// What is known of a write.
#[derive(Debug)]
pub(super) enum Known {
    /// Nothing: it is to be done.
    New(UnderWay),
    /// It was done.
    Answered(Answer),
    /// It is being done.
    UnderWay,
    /// Something else was asked for under this key.
    Otherwise,
}

/// A write that is being done. One that ends without an answer is forgotten.
#[derive(Debug)]
pub(super) struct UnderWay {
    all: Arc<Mutex<HashMap<Key, Write>>>,
    key: Option<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    holder: String,
    path: String,
    key: String,
}

#[derive(Debug)]
struct Write {
    said: Digest,
    since: Timestamp,
    answer: Option<Answer>,
}

impl Answer {
    /// The longest that is kept: answers to writes say what came of them, in a few words.
    pub(super) const BYTES_MAX: usize = 64 * 1024;
}

impl Answers {
    /// Says what is known of it; what is new is under way from here on.
    pub(super) fn begin(&self, asked: Asked, now: Timestamp) -> Known {
        let Asked { holder, path, key, said } = asked;
        let key = Key { holder, path, key };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, write| write.answer.is_none() || write.since.saturating_add(KEPT).is_ok_and(|end| end > now));
        if all.len() >= KEYS_MAX && !all.contains_key(&key) {
            forget_oldest(&mut all);
        }
        match all.entry(key) {
            Entry::Occupied(known) if known.get().said != said => Known::Otherwise,
            Entry::Occupied(known) => known.get().answer.clone().map_or(Known::UnderWay, Known::Answered),
            Entry::Vacant(free) => {
                let key = Some(free.key().clone());
                free.insert(Write { said, since: now, answer: None });
                Known::New(UnderWay { all: Arc::clone(&self.0), key })
            }
        }
    }
}

fn forget_oldest(all: &mut HashMap<Key, Write>) {
    let answered = all.iter().filter(|(_, write)| write.answer.is_some());
    if let Some(oldest) = answered.min_by_key(|(_, write)| write.since).map(|(key, _)| key.clone()) {
        all.remove(&oldest);
    }
}

impl UnderWay {
    /// What is said to whoever repeats it.
    pub(super) fn answered(mut self, answer: Answer) {
        let Some(key) = self.key.take() else { return };
        if let Some(write) = self.all.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&key) {
            write.answer = Some(answer);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn asked(key: &str, said: &str) -> Asked {
        Asked { holder: "a".into(), path: "/v1/pause".into(), key: key.into(), said: Digest::of(said.as_bytes()) }
    }

    fn answer(text: &'static str) -> Answer {
        Answer { status: StatusCode::OK, media_type: None, body: Bytes::from_static(text.as_bytes()) }
    }

    fn begun(answers: &Answers, key: &str, now: Timestamp) -> UnderWay {
        match answers.begin(asked(key, "this"), now) {
            Known::New(underway) => underway,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_write_is_answered_once_for_a_day_and_only_to_whom_and_for_what_it_was() {
        let answers = Answers::default();
        let underway = begun(&answers, "one", at(0));
        assert!(matches!(answers.begin(asked("one", "this"), at(0)), Known::UnderWay));
        assert!(matches!(answers.begin(asked("one", "that"), at(0)), Known::Otherwise));
        underway.answered(answer("done"));
        let end = 24 * 3_600;
        assert!(
            matches!(answers.begin(asked("one", "this"), at(end - 1)), Known::Answered(was) if was == answer("done"))
        );
        let others = Asked { holder: "b".into(), ..asked("one", "this") };
        assert!(matches!(answers.begin(others, at(0)), Known::New(_)));
        let elsewhere = Asked { path: "/v1/resume".into(), ..asked("one", "this") };
        assert!(matches!(answers.begin(elsewhere, at(0)), Known::New(_)));
        assert!(matches!(answers.begin(asked("one", "that"), at(end)), Known::New(_)));
    }

    #[test]
    fn a_write_that_breaks_off_is_forgotten() {
        let answers = Answers::default();
        drop(begun(&answers, "one", at(0)));
        drop(begun(&answers, "one", at(0)));
    }

    #[test]
    fn of_too_many_the_oldest_is_forgotten_and_what_is_under_way_is_not() {
        let answers = Answers::default();
        let underway = begun(&answers, "under way", at(0));
        for number in 1..KEYS_MAX {
            begun(&answers, &number.to_string(), at(number as i64)).answered(answer("done"));
        }
        begun(&answers, "another", at(5)).answered(answer("done"));
        assert_eq!(answers.0.lock().unwrap().len(), KEYS_MAX);
        assert!(matches!(answers.begin(asked("under way", "this"), at(6)), Known::UnderWay));
        assert!(matches!(answers.begin(asked("2", "this"), at(6)), Known::Answered(_)));
        drop(begun(&answers, "1", at(6)));
        drop(underway);
    }
}
