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
