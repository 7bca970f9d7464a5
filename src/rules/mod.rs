//! Floor 2: the rule authors. Loads a rules folder strictly and says what its rules match.
//!
//! A folder holds Sigma rules, correlations and filters (`*.yml`, `*.yaml`, flat or in subfolders), some of
//! the first two with a `response:` section, `guardrails.yml`, `identities.csv`, `lists/<name>.yml` and
//! `reasons/<locale>.yml`. [`load`] reads all of it or says everything that is wrong with it; nothing is
//! ignored, approximated or guessed. What comes out is an immutable [`RuleSet`], and [`RuleSet::evaluate`] is the
//! one evaluator: rules' own tests, the server and the command line all go through it.
//!
//! In reading order. [`load`] begins; `source` and `opened` read files, `sorted` sorts them; `yaml` and `scalar`
//! make trees; `document` tells rules from correlations and filters, and `drafts` gathers them. A [`Rule`] is what
//! both of the first have: `head` reads it, and `response`, `step` and `template` what it asks for. A [`Detector`]
//! finds events one by one: `detection` and `condition` read its searches, `key`, `modifier` and `item` one key of
//! a search, `value` one test. A [`Correlation`] counts what others match; `correlation` has a folder.
//!
//! `evaluate` and `field` put an event to a detection. In a `rule_set` the detectors are found by `routing`, which
//! knows the log sources, and `index`, which knows what each needs (`cover`, `literals`, `grams`, `postings`, `tally`) and so
//! what is left to ask (`conjunct`); `near` names the nearest miss.
//!
//! What an employee reads is in `reasons`; `time_zones` and `local_time` write times in it as its `language` does.
//!
//! Around it: `lint` looks for what is allowed and probably not meant, `coverage` for what no test holds; `explain`
//! tells of one event; `skeleton` begins a rule and `promote` lets one act; `vouched` and `signature` say who
//! vouches for a set, and `in_force` holds the one that decides.

mod allowance;
mod allowed;
mod approval;
mod attributes;
mod behaviour;
mod breakers;
mod budgets;
mod carried;
mod commit;
mod committed;
mod compare;
mod condition;
mod conjunct;
mod correlation;
mod cover;
mod coverage;
mod date_part;
mod detection;
mod detector;
mod dialect;
mod document;
mod drafts;
mod duration;
mod edge;
mod encode;
mod evaluate;
mod excerpt;
mod explain;
mod expression;
mod fed;
mod field;
mod filter;
mod fold;
mod folded;
mod format;
mod grams;
mod groups;
mod guardrails;
mod head;
mod identities;
mod in_force;
mod index;
mod item;
mod key;
mod language;
mod lint;
mod lists;
mod literals;
mod load;
mod local_time;
mod log_source;
mod modifier;
mod near;
mod needle;
mod network;
mod opened;
mod other_field;
mod own_tests;
mod part;
mod pattern;
mod people;
mod placeholder;
mod postings;
mod present;
mod problem;
mod promote;
mod quantifier;
mod reader;
mod reasons;
mod repeated;
mod responders;
mod response;
mod routing;
mod rule;
mod rule_set;
mod scalar;
mod schema;
mod selector;
mod settings;
mod signature;
mod signers;
mod skeleton;
mod sorted;
mod sought;
mod source;
mod spelling;
mod step;
mod taken;
mod tally;
mod template;
mod test_run;
#[cfg(test)]
mod tests;
mod time_zones;
mod told;
mod unheard;
mod value;
mod version;
mod vouched;
mod yaml;

pub use allowed::Allowed;
pub use breakers::BreakerLimits;
pub use budgets::Budgets;
pub use commit::checked_out;
pub use committed::{Committed, NotCommitted, committed};
pub use correlation::{Correlation, Row, Signal, SignalValue, Told, When};
pub use coverage::{By, Coverage};
pub use detector::Detector;
pub use excerpt::Excerpt;
pub use explain::Explained;
pub use format::{Unformatted, formatted};
pub use groups::ProtectedGroups;
pub use guardrails::{Guardrails, Protected, contact};
pub use identities::Identities;
pub use in_force::{InForce, Loaded, Refused};
pub use language::{Language, languages};
pub use lint::{Lint, LintLevel, Linted, Mended, Mends, Unmended, WhyUnmended, lint, lint_with, mended};
pub use load::{compile, compile_with, load, load_with};
pub use near::Nearest;
pub use people::names;
pub use problem::{LoadErrors, Place, Problem};
pub use promote::{NotPromoted, Promotion, promotion, refuse_unpromoted};
pub use reasons::{EMPLOYEE_TEXT_CHARS_MAX, EmployeeValues, LOCALES, Reasons, SAMPLE_INCIDENT};
pub use repeated::Repeated;
pub use responders::Responders;
pub use response::{AccountPath, Mode, Named, Response};
pub use rule::{Level, Rule, RuleStatus, Statuses};
pub use rule_set::{Evaluation, Match, RuleSet};
pub use schema::schema;
pub use settings::Settings;
pub use signers::{Signers, SignersError};
pub use skeleton::{NoSkeleton, Sketch, first_event, guessed_log_source, skeleton};
pub use sorted::rule_files;
pub use sought::Sought;
pub use source::{SourceFile, write};
pub use step::StepTemplate;
pub use template::{Template, Variable};
pub use test_run::{Gap, TestOutcome, TestedRule, test};
pub use told::check_channels;
pub use vouched::{Vouched, load_signed, manifest};
