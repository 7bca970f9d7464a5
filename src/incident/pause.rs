//! What a responder has paused: everything, what one source asks for, or what one rule asks for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{RuleId, SourceName, Timestamp, sorted};

/// How far a pause, or a breaker, reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseScope {
    /// All actions.
    #[default]
    All,
    /// Those for alerts of this source.
    Source(SourceName),
    /// Those that this rule asks for.
    Rule(RuleId),
}

/// A responder's pause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Who paused.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// The pauses in force, at most one of each reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses(#[serde(with = "sorted::map")] BTreeMap<PauseScope, Pause>);

impl PauseScope {
    /// Whether it is everything.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }
}

impl Pauses {
    /// Begins one; of two of the same reach the later one is shown.
    pub fn begin(&mut self, scope: PauseScope, pause: Pause) {
        self.0.insert(scope, pause);
    }

    /// Ends the one of this reach, and no other.
    pub fn end(&mut self, scope: &PauseScope) {
        self.0.remove(scope);
    }

    /// That of everything, if it is in force.
    #[must_use]
    pub fn of_all(&self) -> Option<&Pause> {
        self.0.get(&PauseScope::All)
    }

    /// All of them, that of everything first.
    pub fn iter(&self) -> impl Iterator<Item = (&PauseScope, &Pause)> {
        self.0.iter()
    }

    /// Whether any of them holds what these rules ask for, on the word of this source.
    pub fn hold<'r>(&self, source: Option<&SourceName>, rules: impl IntoIterator<Item = &'r RuleId>) -> bool {
        let is_paused = |scope: PauseScope| self.0.contains_key(&scope);
        // Mostly there is none, and nothing has to be copied to look for it.
        !self.0.is_empty()
            && (is_paused(PauseScope::All)
                || source.is_some_and(|source| is_paused(PauseScope::Source(source.clone())))
                || rules.into_iter().any(|rule| is_paused(PauseScope::Rule(rule.clone()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str) -> SourceName {
        SourceName::parse(name).unwrap()
    }

    fn rule(digit: char) -> RuleId {
        RuleId::parse(&"5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c1x".replace('x', &digit.to_string())).unwrap()
    }

    fn pauses(scopes: &[PauseScope]) -> Pauses {
        let pause = Pause { actor: "a".to_owned(), reason: "b".to_owned(), at: Timestamp::UNIX_EPOCH };
        let mut pauses = Pauses::default();
        scopes.iter().for_each(|scope| pauses.begin(scope.clone(), pause.clone()));
        pauses
    }

    #[test]
    fn a_pause_holds_what_it_reaches_and_nothing_else() {
        let (okta, siem) = (source("okta"), source("siem"));
        let none = pauses(&[]);
        assert!(!none.hold(Some(&okta), &[rule('1')]));
        assert!(pauses(&[PauseScope::All]).hold(None, &[]));
        let of_source = pauses(&[PauseScope::Source(okta.clone())]);
        assert!(of_source.hold(Some(&okta), &[]) && !of_source.hold(Some(&siem), &[rule('1')]));
        let mut of_rule = pauses(&[PauseScope::Rule(rule('1')), PauseScope::All]);
        of_rule.end(&PauseScope::All);
        assert!(of_rule.hold(Some(&siem), &[rule('2'), rule('1')]) && !of_rule.hold(Some(&siem), &[rule('2')]));
        of_rule.end(&PauseScope::Rule(rule('2')));
        assert!(of_rule.hold(None, &[rule('1')]), "another is not ended");
    }

    #[test]
    fn how_far_a_pause_reaches_is_written_in_one_way() {
        for (scope, text) in [
            (PauseScope::All, r#""all""#.to_owned()),
            (PauseScope::Source(source("okta")), r#"{"source":"okta"}"#.to_owned()),
            (PauseScope::Rule(rule('1')), format!(r#"{{"rule":"{}"}}"#, rule('1'))),
        ] {
            assert_eq!(serde_json::to_string(&scope).unwrap(), text);
            assert_eq!(serde_json::from_str::<PauseScope>(&text).unwrap(), scope);
        }
    }
}
