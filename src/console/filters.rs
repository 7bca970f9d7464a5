//! Filters as a form has them, in an address that can be kept: what was left empty asks for nothing.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Query;
use maud::{Markup, html};

use super::reader::Reader;
use crate::incident::ActionKind;
use crate::trail::search::Query as Search;
use crate::trail::search::{Cursor, QueryError};

/// The longest query of an address, in bytes.
const QUERY_BYTES_MAX: usize = 8_192;

/// The words for what becomes of an alert, as they stand on records.
const VERDICTS: [&str; 7] = ["tried", "unmatched", "counted", "shadow", "suppressed", "held", "planned"];

/// What each field is called, by its name in the address.
const LABELS: [(&str, &str); 16] = [
    ("text", "filter-text"),
    ("account", "filter-account"),
    ("user_id", "filter-user-id"),
    ("actor", "filter-actor"),
    ("rule", "filter-rule"),
    ("source", "filter-source"),
    ("outcome", "filter-outcome"),
    ("kind", "filter-kind"),
    ("incident", "filter-incident"),
    ("alert", "filter-alert"),
    ("reason", "filter-reason"),
    ("verdict", "filter-verdict"),
    ("step", "filter-step"),
    ("version", "filter-version"),
    ("since", "filter-since"),
    ("until", "filter-until"),
];

/// What may stand in a field of which all is known.
fn choices(name: &str) -> Option<Vec<&'static str>> {
    match name {
        "verdict" => Some(VERDICTS.to_vec()),
        "step" => Some(ActionKind::ALL.map(ActionKind::as_str).to_vec()),
        _ => None,
    }
}

/// What a form has sent, in its order.
pub(super) struct Filters(Vec<(String, String)>);

/// Why it is no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is too long, or cannot be read.
    Form,
    /// A filter is.
    Filter(QueryError),
    /// A time is.
    Time(&'static str),
    /// The cursor is of another question.
    Cursor,
    /// What is chosen from a list is not on it, or the account cannot be one.
    Choice,
}

impl Filters {
    /// Those of the address.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Wrong> {
        if request.query_string().len() > QUERY_BYTES_MAX {
            return Err(Wrong::Form);
        }
        let asked = Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| Wrong::Form)?;
        let asked = asked.into_inner().into_iter().map(|(name, value)| (name, value.trim().to_owned()));
        let asked: Vec<(String, String)> = asked.filter(|(_, value)| !value.is_empty()).collect();
        let may_be = |(name, value): &(String, String)| choices(name).is_none_or(|all| all.contains(&value.as_str()));
        if asked.iter().all(may_be) { Ok(Self(asked)) } else { Err(Wrong::Choice) }
    }

    /// Nothing.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// What stands in a field.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// All but these.
    pub(super) fn without<'f>(&'f self, names: &'f [&str]) -> impl Iterator<Item = (&'f str, &'f str)> {
        let all = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        all.filter(move |(name, _)| !names.contains(name))
    }

    /// Where the page begins that is asked for.
    pub(super) fn cursor(&self, query: &Search) -> Result<Option<Cursor>, Wrong> {
        let decode = |text: &str| Cursor::decode(text, query).ok_or(Wrong::Cursor);
        self.value("cursor").map(decode).transpose()
    }

    /// The address of the page that begins there.
    pub(super) fn next(&self, path: &str, cursor: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.without(&["cursor"])).append_pair("cursor", cursor);
        format!("{path}?{}", query.finish())
    }
}

impl Wrong {
    /// How it is answered: what cannot be read, or what is read and cannot be.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Form => StatusCode::BAD_REQUEST,
            Self::Filter(_) | Self::Time(_) | Self::Cursor | Self::Choice => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// In words. What was given is not in them.
    pub(super) fn says(self, reader: &Reader) -> String {
        match self {
            Self::Form => reader.say("filter-wrong-form"),
            Self::Filter(QueryError::Unknown) => reader.say("filter-wrong-unknown"),
            Self::Time(name) | Self::Filter(QueryError::Value(name, _)) => {
                reader.say_of("filter-wrong-value", &[("name", label(reader, name).into())])
            }
            Self::Filter(QueryError::TooMuch) => reader.say("filter-wrong-much"),
            Self::Cursor => reader.say("filter-wrong-cursor"),
            Self::Choice => reader.say("filter-wrong-choice"),
        }
    }
}

impl From<QueryError> for Wrong {
    fn from(error: QueryError) -> Self {
        Self::Filter(error)
    }
}

/// Said before the form, where something is wrong.
pub(super) fn alert(reader: &Reader, wrong: Option<Wrong>) -> Markup {
    html! { @if let Some(wrong) = wrong { p.state.bad role="alert" { (wrong.says(reader)) } } }
}

/// One field with its label. The hint of times is on the page once.
pub(super) fn field(reader: &Reader, filters: &Filters, name: &str) -> Markup {
    let hint = matches!(name, "since" | "until").then_some("filter-times");
    let value = filters.value(name).unwrap_or_default();
    let choices = choices(name);
    html! {
        div {
            label for={ "f-" (name) } { (label(reader, name)) }
            @if let Some(choices) = choices {
                select id={ "f-" (name) } name=(name) {
                    option value="" { (reader.say("filter-any")) }
                    @for choice in choices { option value=(choice) selected[choice == value] { (chosen(reader, name, choice)) } }
                }
            } @else { input id={ "f-" (name) } name=(name) value=(value) maxlength="512" autocomplete="off" spellcheck="false" aria-describedby=[hint]; }
        }
    }
}

/// A choice in words.
fn chosen(reader: &Reader, name: &str, choice: &str) -> String {
    match name {
        "verdict" => reader.say_either("verdict-", choice, choice),
        _ => reader.say_either("action-", choice, choice),
    }
}

/// What the field of this name is called.
pub(super) fn label(reader: &Reader, name: &str) -> String {
    let key = LABELS.iter().find(|(own, _)| *own == name).map_or(name, |(_, key)| key);
    reader.say_either(key, "", name)
}

/// How times are written.
pub(super) fn hint(reader: &Reader) -> Markup {
    html! { p.quiet #filter-times { (reader.say("filter-times")) } }
}

/// The way to the next page, if there is one.
pub(super) fn onward(reader: &Reader, next: Option<&str>) -> Markup {
    html! { @if let Some(next) = next { p { a rel="next" href=(next) { (reader.say("filter-next")) } } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::VerdictKind;

    #[test]
    fn every_word_for_what_became_of_an_alert_can_be_chosen() {
        let all: Vec<VerdictKind> =
            VERDICTS.iter().map(|word| serde_json::from_value((*word).into()).unwrap()).collect();
        assert!(all.windows(2).all(|two| two[0] < two[1]), "weakest first: {all:?}");
        assert_eq!((all.first(), all.last()), (Some(&VerdictKind::Tried), Some(&VerdictKind::Planned)));
        assert_eq!(all.len(), VerdictKind::Planned as usize + 1);
    }
}
