//! Which log sources the events of a source belong to: its kind's own, or those that are configured, one
//! or a list. A rule applies when it is for any of them.

use std::fmt;
use std::sync::Arc;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::kind::{Kind, LogSourceRule};
use super::settings::SourceSettings;
use crate::incident::{LogSource, SourceName};

/// The most log sources that can be configured for one source.
pub(super) const LOG_SOURCES_MAX: usize = 16;

/// The log sources of what `source` sends with these settings; there is at least one.
pub(super) fn of(source: &SourceName, kind: &Kind, settings: &SourceSettings) -> Arc<[LogSource]> {
    match kind.log_source {
        LogSourceRule::Fixed(own) => own.iter().map(|own| own.to_log_source()).collect(),
        LogSourceRule::Usually(usual) if settings.log_source.is_empty() => {
            usual.iter().map(|usual| usual.to_log_source()).collect()
        }
        LogSourceRule::Configured if settings.log_source.is_empty() => {
            Arc::new([LogSource { product: Some(source.as_str().to_owned()), ..LogSource::default() }])
        }
        LogSourceRule::Usually(_) | LogSourceRule::Configured => settings.log_source.iter().cloned().collect(),
    }
}

/// Whether the configured ones can be meant: each names something, and none is there twice.
pub(super) fn are_usable(configured: &[LogSource]) -> bool {
    let is_new = |(place, one): (usize, &LogSource)| configured.iter().take(place).all(|earlier| earlier != one);
    configured.len() <= LOG_SOURCES_MAX
        && configured.iter().all(|one| *one != LogSource::default())
        && configured.iter().enumerate().all(is_new)
}

/// Reads one log source, or a list of them.
pub(super) fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LogSource>, D::Error> {
    struct OneOrSeveral;

    impl<'de> Visitor<'de> for OneOrSeveral {
        type Value = Vec<LogSource>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a log source such as { product = \"siem\" }, or a list of them")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            LogSource::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    deserializer.deserialize_any(OneOrSeveral)
}
