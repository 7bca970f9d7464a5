//! What is asked for: filters by their names, all of which a record has to pass.

use std::collections::{BTreeMap, BTreeSet};

use super::field::Field;
use super::terms::{Terms, term};
use super::words;
use crate::incident::{AccountKind, AccountRef, AlertId, IncidentId, Mark, Timestamp};
use crate::trail::{Pseudonyms, Subjects};

/// The most filters of a query, words among them.
const FILTERS_MAX: usize = 64;
/// The longest value, in bytes.
const VALUE_BYTES_MAX: usize = 512;
/// The kinds of names by which an account is asked for.
const KINDS: [AccountKind; 6] = [
    AccountKind::UserId,
    AccountKind::Email,
    AccountKind::LoginId,
    AccountKind::Mobile,
    AccountKind::UnionId,
    AccountKind::JobNumber,
];

/// A term that is looked for, or one that begins so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) term: Vec<u8>,
    pub(super) is_prefix: bool,
}

/// Records that have one term of each group, made from `since` on and before `until`. The default asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub(super) groups: BTreeSet<BTreeSet<Wanted>>,
    pub(super) since: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

/// Why filters are no query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// There is no such filter.
    #[error("there is no filter of the name given; there are since, until, {}", names())]
    Unknown,
    /// It cannot have this value.
    #[error("the filter {0} cannot have the value given: {1}")]
    Value(&'static str, &'static str),
    /// There are too many, or one is too long.
    #[error("there are more than {FILTERS_MAX} filters or words, or one is longer than {VALUE_BYTES_MAX} bytes")]
    TooMuch,
}

impl Query {
    /// The query of these filters. Of several values of one field any will do, of words all have to be there.
    ///
    /// # Errors
    /// A filter is not known, or its value cannot be.
    pub fn parse<'t>(
        filters: impl IntoIterator<Item = (&'t str, &'t str)>,
        pseudonyms: &Pseudonyms,
        subjects: &Subjects,
    ) -> Result<Self, QueryError> {
        let mut query = Self::default();
        let mut by_field: BTreeMap<Field, BTreeSet<Wanted>> = BTreeMap::new();
        let mut count = 0;
        for (name, value) in filters {
            count += 1;
            if count > FILTERS_MAX || value.len() > VALUE_BYTES_MAX {
                return Err(QueryError::TooMuch);
            }
            match (name, Field::parse(name)) {
                ("since", _) => set("since", &mut query.since, value)?,
                ("until", _) => set("until", &mut query.until, value)?,
                (_, Some(Field::Text)) => query.add_words(value)?,
                (_, Some(Field::Account)) => {
                    by_field.entry(Field::Account).or_default().extend(account(value, pseudonyms, subjects)?)
                }
                (_, Some(field)) => {
                    by_field.entry(field).or_default().insert(wanted(field, value)?);
                }
                (_, None) => return Err(QueryError::Unknown),
            }
        }
        query.groups.extend(by_field.into_values());
        if query.groups.len() > FILTERS_MAX { Err(QueryError::TooMuch) } else { Ok(query) }
    }

    /// The same, and one of these kinds.
    #[must_use]
    pub fn of_kinds(mut self, kinds: &[&str]) -> Self {
        let exact = |kind: &&str| Wanted { term: term(Field::Kind, kind), is_prefix: false };
        self.groups.insert(kinds.iter().map(exact).collect());
        self
    }

    /// The same, and this.
    #[must_use]
    pub fn with(mut self, field: Field, text: &str) -> Self {
        self.groups.insert([Wanted { term: term(field, text), is_prefix: false }].into());
        self
    }

    /// The same, and one of these.
    #[must_use]
    pub fn with_any(mut self, any: &[(Field, &str)]) -> Self {
        let exact = |(field, text): &(Field, &str)| Wanted { term: term(*field, text), is_prefix: false };
        self.groups.insert(any.iter().map(exact).collect());
        self
    }

    /// The same, of this time: from `since` on and before `until`.
    #[must_use]
    pub fn within(mut self, since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        (self.since, self.until) = (since, until);
        self
    }

    /// Whether what lies beside a record has to be looked at as well.
    pub(super) fn asks_for_subjects(&self) -> bool {
        let is_subject = |wanted: &Wanted| wanted.term.first() == Some(&Field::Subject.code());
        self.groups.iter().flatten().any(is_subject)
    }

    /// Whether a record is meant.
    pub(super) fn meets(&self, terms: &Terms, at: Timestamp) -> bool {
        let has = |wanted: &Wanted| match wanted.is_prefix {
            false => terms.0.contains(&wanted.term),
            true => terms.0.range(wanted.term.clone()..).next().is_some_and(|term| term.starts_with(&wanted.term)),
        };
        self.is_of(at) && self.groups.iter().all(|group| group.iter().any(has))
    }

    fn is_of(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }

    fn add_words(&mut self, text: &str) -> Result<(), QueryError> {
        let mut is_empty = true;
        for part in text.split_whitespace() {
            let field = match (IncidentId::parse(part), AlertId::parse(part)) {
                (Ok(_), _) => Some(Field::Incident),
                (_, Ok(_)) => Some(Field::Alert),
                _ => None,
            };
            if let Some(field) = field {
                self.groups.insert([Wanted { term: term(field, part), is_prefix: false }].into());
                is_empty = false;
                continue;
            }
            for word in words::of_query(part) {
                let wanted = Wanted { term: term(Field::Text, &word.word), is_prefix: word.is_prefix };
                self.groups.insert([wanted].into());
                is_empty = false;
            }
        }
        if is_empty { Err(QueryError::Value("text", "it has no word")) } else { Ok(()) }
    }
}

/// Only kinds may be asked for by their beginning: `step.*`.
fn wanted(field: Field, value: &str) -> Result<Wanted, QueryError> {
    if value.is_empty() {
        return Err(QueryError::Value(field.as_str(), "it is empty"));
    }
    let beginning = value.strip_suffix('*').filter(|_| field == Field::Kind);
    let (text, is_prefix) = beginning.map_or((value, false), |text| (text, true));
    Ok(Wanted { term: term(field, text), is_prefix })
}

/// A pseudonym as it stands on records, or a name that has one: the incidents that were opened for it, and everything that
/// lies beside records under its keys. A name whose keys were destroyed finds nothing any more, or anybody could try
/// whose records are left. Who is asked for by their userid is found by that, too. A name without its kind is looked for
/// as every kind that it can be.
fn account(value: &str, pseudonyms: &Pseudonyms, subjects: &Subjects) -> Result<Vec<Wanted>, QueryError> {
    let exact = |field, text: &str| Wanted { term: term(field, text), is_prefix: false };
    let of = |mark: &Mark| -> Vec<Wanted> {
        subjects.keys_of([mark]).names().map(|key| exact(Field::Subject, &key)).collect()
    };
    let Some((kind, name)) = value.split_once(':') else {
        let mut asked = vec![wanted(Field::Account, value)?];
        asked.extend(value.parse().ok().iter().flat_map(of));
        for kind in KINDS.into_iter().filter(|kind| AccountRef::parse(*kind, value).is_ok()) {
            asked.extend(account(&format!("{}:{value}", kind.as_str()), pseudonyms, subjects)?);
        }
        return Ok(asked);
    };
    let wrong =
        QueryError::Value("account", "it is a pseudonym, or a kind of name and the name, as in email:a@example.com");
    let kind = KINDS.into_iter().find(|known| known.as_str() == kind).ok_or(wrong)?;
    let account = AccountRef::parse(kind, name).map_err(|_| wrong)?;
    let mut wanted = of(&pseudonyms.mark(&account));
    if !wanted.is_empty() {
        wanted.push(exact(Field::Account, &pseudonyms.of(&account)));
    }
    if kind == AccountKind::UserId {
        wanted.push(exact(Field::UserId, name));
    }
    Ok(wanted)
}

fn set(name: &'static str, to: &mut Option<Timestamp>, value: &str) -> Result<(), QueryError> {
    let wrong = "it is a time, once, as in 2026-11-22 or 2026-11-22T08:00:00Z";
    if to.is_some() {
        return Err(QueryError::Value(name, wrong));
    }
    *to = Some(moment(value).ok_or(QueryError::Value(name, wrong))?);
    Ok(())
}

/// A time as people write it: to the second and further with its zone, or a day, which is its first moment in UTC.
#[must_use]
pub fn moment(text: &str) -> Option<Timestamp> {
    let is_day = text.len() == 10 && !text.contains('T');
    if is_day { format!("{text}T00:00:00Z").parse().ok() } else { text.parse().ok() }
}

fn names() -> String {
    Field::ALL.map(Field::as_str).join(", ")
}
