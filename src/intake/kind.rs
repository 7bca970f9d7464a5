//! The table of source kinds: how each kind of sender writes its events, as data. Adding one is
//! adding a row.

use serde::Deserialize;

use crate::incident::{AccountKind, LogSource};

/// A kind's name in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Okta event hooks, as signed by a gateway in front of Okta.
    OktaEventHook,
    /// Any JSON object is one alert.
    Generic,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::OktaEventHook, Self::Generic];

    /// The name as in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OktaEventHook => "okta-event-hook",
            Self::Generic => "generic",
        }
    }

    pub(super) fn row(self) -> &'static Kind {
        match self {
            Self::OktaEventHook => &OKTA_EVENT_HOOK,
            Self::Generic => &GENERIC,
        }
    }
}

/// One row: where in the document to look for what.
#[derive(Debug)]
pub(super) struct Kind {
    pub events: Events,
    pub key: KeyRule,
    pub event_type: EventTypeRule,
    /// The member of an event with its RFC 3339 time.
    pub occurred_at: Option<&'static str>,
    pub person: Option<PersonRule>,
    pub log_source: LogSourceRule,
}

/// Where the events are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Events {
    /// The document is one.
    Whole,
    /// In the array one reaches through these members.
    Within(&'static [&'static str]),
}

/// What tells one event from another, within its source.
#[derive(Debug, Clone, Copy)]
pub(super) enum KeyRule {
    /// The event's own id, in this member.
    Member(&'static str),
    /// The delivery's signed id, or the digest of its body where the id is not signed.
    Delivery,
}

/// Where an event's type is.
#[derive(Debug, Clone, Copy)]
pub(super) enum EventTypeRule {
    /// In this member, which must be there.
    Required(&'static str),
    /// In the first of these members that holds one.
    FirstOf(&'static [&'static str]),
}

/// Where the person is: the one element on `path` (two are nobody), in its member.
#[derive(Debug, Clone, Copy)]
pub(super) struct PersonRule {
    pub path: &'static str,
    pub member: &'static str,
    pub kind: AccountKind,
}

/// Sigma's log sources of the events.
#[derive(Debug, Clone, Copy)]
pub(super) enum LogSourceRule {
    /// These; they cannot be configured.
    Fixed(&'static [OwnLogSource]),
    /// As configured, else the source's name as product.
    Configured,
}

/// One of a kind's own log sources.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnLogSource {
    pub category: Option<&'static str>,
    pub product: Option<&'static str>,
    pub service: Option<&'static str>,
}

impl OwnLogSource {
    pub(super) fn to_log_source(self) -> LogSource {
        let [category, product, service] =
            [self.category, self.product, self.service].map(|name| name.map(str::to_owned));
        LogSource { category, product, service }
    }
}

/// <https://developer.okta.com/docs/concepts/event-hooks/>: several events in one request. The person
/// is the target of type `User`; the actor of a risk event is Okta itself.
static OKTA_EVENT_HOOK: Kind = Kind {
    events: Events::Within(&["data", "events"]),
    key: KeyRule::Member("uuid"),
    event_type: EventTypeRule::Required("eventType"),
    occurred_at: Some("published"),
    person: Some(PersonRule { path: "target[type=User]", member: "alternateId", kind: AccountKind::Email }),
    log_source: LogSourceRule::Fixed(&[OwnLogSource { category: None, product: Some("okta"), service: Some("okta") }]),
};

static GENERIC: Kind = Kind {
    events: Events::Whole,
    key: KeyRule::Delivery,
    event_type: EventTypeRule::FirstOf(&["type", "event_type"]),
    occurred_at: None,
    person: None,
    log_source: LogSourceRule::Configured,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::path::Path;

    #[test]
    fn names_are_the_same_in_settings_and_in_print() {
        for kind in SourceKind::ALL {
            let parsed: SourceKind = serde_json::from_value(kind.as_str().into()).unwrap();
            assert_eq!(parsed, kind);
        }
    }

    #[test]
    fn every_path_of_the_table_is_a_path() {
        for rule in SourceKind::ALL.into_iter().filter_map(|kind| kind.row().person) {
            assert!(rule.path.parse::<Path>().is_ok(), "{rule:?}");
        }
    }
}
