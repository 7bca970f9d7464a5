//! What a run is about: rules that act in every way there is, guardrails that are narrow or wide, and the accounts.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use portcullis::config::Config;
use portcullis::incident::{AccountKind, Timestamp};
use portcullis::intake::Intake;
use portcullis::rules::{self, InForce, Loaded};
use tempfile::TempDir;

use crate::harness::{configure, copy_folder};

/// Ordinary people, whom rules may act on.
pub(super) const PEOPLE: [&str; 6] = ["ann", "bob", "cem", "dee", "eva", "fay"];
/// People whom nothing may ever be done to, for as many reasons.
pub(super) const UNTOUCHABLE: [&str; 6] = ["listed1", "listed2", "admin1", "senior1", "foreign1", "plain1"];
/// The responders' own accounts.
pub(super) const RESPONDERS: [&str; 2] = ["resp1", "resp2"];
pub(super) const OWN_CORP: &str = "dingsimulatedcorp01";

/// How often rules may act, and on how many people in ten minutes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// By the hour and by the day.
    pub(super) each_rule: (usize, usize),
    pub(super) each_source: (usize, usize),
    pub(super) organization: (usize, usize),
    /// Accounts within ten minutes.
    pub(super) rule_breaker: usize,
    pub(super) source_breaker: usize,
}

/// Narrow budgets; a narrow breaker; nothing narrow.
const LIMITS: [Limits; 3] = [
    Limits { each_rule: (2, 4), each_source: (3, 6), organization: (4, 7), rule_breaker: 1_000, source_breaker: 1_000 },
    Limits {
        each_rule: (100, 100),
        each_source: (100, 100),
        organization: (100, 100),
        rule_breaker: 2,
        source_breaker: 3,
    },
    Limits {
        each_rule: (100, 100),
        each_source: (100, 100),
        organization: (100, 100),
        rule_breaker: 1_000,
        source_breaker: 1_000,
    },
];

/// A rule of the simulation: what it is called, by what of an event it knows the account, and what it asks for.
struct Asks {
    event: &'static str,
    kind: AccountKind,
    response: &'static str,
    steps: &'static str,
}

/// The events that rules are about, each of another one.
pub(super) const EVENTS: [&str; 7] =
    ["test.contained", "test.leaked", "test.asked.one", "test.asked.two", "test.left", "test.found", "test.back"];

const SIGN_OUT: &str = "        - sign_out: { reason: 'out {{ incident.id }}', employee_reason: account-takeover }\n";

const RULES: [Asks; 7] = [
    Asks {
        event: EVENTS[0],
        kind: AccountKind::Email,
        response: "        - disable: { reason: 'off {{ incident.id }}', expires_in: 2h }\n    cooldown: 30m\n",
        steps: "[sign_out, disable]",
    },
    Asks {
        event: EVENTS[1],
        kind: AccountKind::Email,
        response: "        - disable: { reason: 'off {{ incident.id }}', permanent: true }\n        - sign_out\n    cooldown: 0s\n",
        steps: "[sign_out, disable, sign_out]",
    },
    Asks {
        event: EVENTS[2],
        kind: AccountKind::Email,
        response: "        - disable: { reason: 'off {{ incident.id }}', expires_in: 1h }\n    cooldown: 10m\n    approval: { people: 1, within: 20m, otherwise: drop }\n",
        steps: "[sign_out, disable]",
    },
    Asks {
        event: EVENTS[3],
        kind: AccountKind::Email,
        response: "        - disable: { reason: 'off {{ incident.id }}', expires_in: 8h }\n    cooldown: 10m\n    approval: { people: 2, within: 30m, otherwise: act }\n",
        steps: "[sign_out, disable]",
    },
    Asks { event: EVENTS[4], kind: AccountKind::Email, response: "    cooldown: 5m\n", steps: "[sign_out]" },
    Asks {
        event: EVENTS[5],
        kind: AccountKind::LoginId,
        response: "        - disable: { reason: 'off {{ incident.id }}', expires_in: 4h }\n        - sign_out: { reason: 'out {{ incident.id }}', employee_reason: account-takeover }\n    cooldown: 1h\n",
        steps: "[disable, sign_out]",
    },
    Asks { event: EVENTS[6], kind: AccountKind::Email, response: "    cooldown: 0s\n", steps: "[enable]" },
];

/// Where runs take place, which none of them changes.
pub(super) struct Site {
    pub(super) config: Config,
    pub(super) rules: Arc<InForce>,
    /// It reads the roots of all certificates, which takes longer than a run; and it remembers nothing that decides.
    pub(super) intake: Intake,
    pub(super) limits: Limits,
    _folder: TempDir,
}

impl Site {
    /// One of each kind.
    pub(super) fn all() -> Vec<Self> {
        LIMITS.map(Self::new).into()
    }

    fn new(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        copy_folder(&shipped.join("reasons"), &rules.join("reasons"));
        for (number, asks) in RULES.iter().enumerate() {
            fs::write(rules.join(format!("rule-{number}.yml")), text_of(number, asks)).unwrap();
        }
        fs::write(rules.join("guardrails.yml"), guardrails(limits)).unwrap();
        fs::write(rules.join("identities.csv"), identities()).unwrap();
        let config = configure(folder.path(), "http://127.0.0.1:1", "");
        let intake = Intake::new(&config.intake, &config.base).unwrap();
        let vouched = rules::load_signed(&rules, &config.rules.signers, config.rules.statuses()).unwrap();
        let loaded = Loaded { set: vouched.set, since: Timestamp::UNIX_EPOCH, commit: None, signer: None };
        Self { config, intake, rules: Arc::new(InForce::new(loaded)), limits, _folder: folder }
    }
}

/// How an alert names a person to the rule about `event`.
pub(super) fn name_of(person: &str, event: &str) -> String {
    let asks = RULES.iter().find(|asks| asks.event == event).unwrap();
    match asks.kind {
        // Another name of the same people.
        AccountKind::Email if event == EVENTS[1] => format!("{person}@example.net"),
        AccountKind::Email => format!("{person}@example.com"),
        _ => person.to_owned(),
    }
}

fn text_of(number: usize, asks: &Asks) -> String {
    let Asks { event, kind, response, steps } = asks;
    let first = match *steps {
        "[enable]" => "        - enable\n",
        "[disable, sign_out]" => "",
        _ => SIGN_OUT,
    };
    let name = name_of("ann", event);
    let kind = kind.as_str();
    format!(
        "title: Rule {number}\n\
         id: 00000000-0000-4000-8000-00000000000{number}\n\
         status: test\n\
         logsource: {{ product: okta, service: okta }}\n\
         detection:\n    event:\n        eventType: {event}\n    condition: event\n\
         level: high\nowner: tests\n\
         response:\n    mode: enforce\n    account: {{ {kind}: 'target[type=User].alternateId' }}\n    steps:\n{first}{response}\
         \n    assurance: B\n\
         tests:\n    - name: it is acted on\n      alert:\n          eventType: {event}\n          \
         target: [{{ type: User, alternateId: {name} }}]\n      expect: {{ account: {name}, steps: {steps} }}\n\
         \x20   - name: anything else is left alone\n      alert: {{ eventType: test.other }}\n      expect: none\n"
    )
}

fn guardrails(limits: Limits) -> String {
    let Limits { each_rule, each_source, organization, rule_breaker, source_breaker } = limits;
    let budget = |(hour, day): (usize, usize)| format!("{{per_hour: {hour}, per_day: {day}}}");
    format!(
        "protected:\n  - {{ user_id: listed1, why: a test }}\n  - {{ email: listed2@example.com, why: a test }}\n\
         budgets: {{each_rule: {}, each_source: {}, organization: {}}}\n\
         breakers: {{each_rule: {{accounts: {rule_breaker}, within: 10m}}, each_source: {{accounts: {source_breaker}, within: 10m}}}}\n",
        budget(each_rule),
        budget(each_source),
        budget(organization),
    )
}

fn identities() -> String {
    let mut text = "subject,user_id\n".to_owned();
    for person in PEOPLE.iter().chain(&UNTOUCHABLE) {
        writeln!(text, "{person}@example.com,{person}\n{person}@example.net,{person}").unwrap();
    }
    text
}
