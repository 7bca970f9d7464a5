//! Floor 2: the rule authors. Loads a rules folder strictly and says what its rules match.
//!
//! A folder holds Sigma rules with a `response:` section (`*.yml`, `*.yaml`, flat or in subfolders),
//! `guardrails.yml`, `identities.csv` and `reasons/<locale>.yml`. [`load`] reads all of it or says
//! everything that is wrong with it; nothing is ignored, approximated or guessed. What comes out is
//! an immutable [`RuleSet`], and [`RuleSet::evaluate`] is the one evaluator: rules' own tests, the
//! server and the command line all go through it.
//!
//! In reading order: [`load`] sorts files; `source` reads them; `yaml` and `scalar` make trees;
//! `document` reads a rule, `detection`, `condition`, `modifier`, `pattern` and `value` its searches,
//! `response`, `step` and `template` what it asks for; `evaluate` and `field` put an event to it.

mod condition;
mod detection;
mod document;
mod duration;
mod evaluate;
mod field;
mod fold;
mod guardrails;
mod identities;
mod load;
mod log_source;
mod modifier;
mod own_tests;
mod pattern;
mod problem;
mod reader;
mod reasons;
mod response;
mod rule_set;
mod scalar;
mod settings;
mod source;
mod spelling;
mod step;
mod template;
#[cfg(test)]
mod tests;
mod value;
mod yaml;

pub use document::{Level, Rule, RuleStatus};
pub use guardrails::{Guardrails, Protected};
pub use identities::Identities;
pub use load::{compile, load};
pub use problem::{LoadErrors, Place, Problem};
pub use reasons::{EmployeeValues, LOCALES, Reasons};
pub use response::{AccountPath, Mode, Named, Response};
pub use rule_set::{Evaluation, Match, RuleSet};
pub use settings::Settings;
pub use source::SourceFile;
pub use step::StepTemplate;
pub use template::{Template, Variable};
