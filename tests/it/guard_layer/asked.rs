//! The worlds that are drawn: rules and guardrails as their files say them, alerts, and accounts as they are.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use portcullis::directory::{Account, Names, Role};
use portcullis::incident::{
    AccountKind, AccountRef, Alert, AlertId, AlertSummary, Assurance, DepartmentId, Digest, LogSource, PauseScope,
    Plan, RuleId, SourceName, Timestamp, UserId,
};
use portcullis::rules::{self, RuleSet, SourceFile};
use proptest::prelude::*;
use serde_json::json;

pub(super) const PEOPLE: [&str; 6] = ["ann", "bob", "cem", "dee", "eva", "fay"];
pub(super) const SOURCES: [&str; 2] = ["okta", "siem"];
const EVENTS: [&str; 2] = ["test.one", "test.two"];
const LEVELS: [Assurance; 4] = [Assurance::A, Assurance::B, Assurance::C, Assurance::D];
/// The steps of a rule: as its file has them, and by name.
const STEPS: [(&str, &str); 7] = [
    ("        - sign_out: { reason: 'a', employee_reason: account-takeover }\n", "[sign_out]"),
    (
        "        - sign_out: { reason: 'a', employee_reason: account-takeover }\n        - disable: { reason: 'a', expires_in: 8h }\n",
        "[sign_out, disable]",
    ),
    ("        - disable: { reason: 'a', expires_in: 8h }\n", "[disable]"),
    ("        - enable\n", "[enable]"),
    (
        "        - sign_out: { reason: 'a', employee_reason: account-takeover }\n        - disable: { reason: 'a', expires_in: 8h }\n        - sign_out\n",
        "[sign_out, disable, sign_out]",
    ),
    ("        - change_dingtalk_id: { prefix: sec }\n", "[change_dingtalk_id]"),
    (
        "        - sign_out: { reason: 'a', employee_reason: account-takeover }\n        - notify: { channel: soc, text: 'a' }\n",
        "[sign_out, notify]",
    ),
];

/// A department and a role that may be protected.
pub(super) const DEPARTMENT: i64 = 31;
pub(super) const ROLE: &str = "Treasurers";

/// A rule.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) event: usize,
    pub(super) enforces: bool,
    steps: usize,
    pub(super) floor: usize,
    /// How many people have to approve it.
    pub(super) approval: Option<u8>,
    /// A budget of its own, by the hour and by the day.
    own_budget: Option<usize>,
}

/// Everything that holds for all alerts.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) rules: Vec<Rule>,
    /// Who is listed, and whether by their mail address instead of their user id.
    listed: Vec<(usize, bool)>,
    pub(super) each_rule: usize,
    pub(super) each_source: usize,
    pub(super) organization: usize,
    pub(super) rule_breaker: usize,
    pub(super) source_breaker: usize,
    /// Whether the department is protected, and whether the role is.
    pub(super) groups: [bool; 2],
    /// What is paused: everything, a source, or a rule.
    pub(super) paused: Option<usize>,
}

/// What DingTalk shows of an account.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) exists: bool,
    pub(super) enterprise: Option<bool>,
    pub(super) own: Option<bool>,
    pub(super) flags: [Option<bool>; 3],
    /// Whether it is in the department, and whether it has the role, as far as that is known.
    pub(super) groups: [Option<bool>; 2],
}

/// An alert, and whose account it is about.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) event: usize,
    pub(super) who: usize,
    pub(super) source: usize,
    pub(super) assurance: usize,
    pub(super) is_approved: bool,
    pub(super) live: Live,
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let rule =
        (0..2_usize, prop::bool::weighted(0.85), 0..STEPS.len(), 0..4_usize, approval(), prop::option::of(1..3_usize))
            .prop_map(|(event, enforces, steps, floor, approval, own_budget)| Rule {
                event,
                enforces,
                steps,
                floor,
                approval,
                own_budget,
            });
    let listed = prop::collection::vec((0..PEOPLE.len(), any::<bool>()), 0..3);
    let limits = (1..6_usize, 1..8_usize, 1..9_usize, 1..6_usize, 1..8_usize);
    let paused = prop::option::weighted(0.2, 0..6_usize);
    let groups = [prop::bool::weighted(0.3), prop::bool::weighted(0.3)];
    (prop::collection::vec(rule, 1..5), listed, limits, groups, paused).prop_map(
        |(rules, listed, limits, groups, paused)| {
            let (each_rule, each_source, organization, rule_breaker, source_breaker) = limits;
            World { rules, listed, each_rule, each_source, organization, rule_breaker, source_breaker, groups, paused }
        },
    )
}

fn approval() -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.3, 1..3_u8)
}

pub(super) fn alert() -> impl Strategy<Value = Asked> {
    let flag = || prop_oneof![12 => Just(Some(false)), 1 => Just(Some(true)), 1 => Just(None)];
    let yes = || prop_oneof![12 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)];
    let live = (prop::bool::weighted(0.95), yes(), yes(), [flag(), flag(), flag()], [flag(), flag()])
        .prop_map(|(exists, enterprise, own, flags, groups)| Live { exists, enterprise, own, flags, groups });
    (0..2_usize, 0..PEOPLE.len(), 0..2_usize, 0..4_usize, any::<bool>(), live).prop_map(
        |(event, who, source, assurance, is_approved, live)| Asked { event, who, source, assurance, is_approved, live },
    )
}

impl Rule {
    pub(super) fn takes(&self) -> bool {
        self.steps != 3
    }

    pub(super) fn disables(&self) -> bool {
        matches!(self.steps, 1 | 2 | 4)
    }

    /// What nobody can take back for a year wants a yes, whatever the rule says of that.
    pub(super) fn wants_approval(&self) -> bool {
        self.approval.is_some() || self.steps == 5
    }

    /// The most plans in an hour, or a day.
    pub(super) fn budget(&self, world: &World) -> usize {
        self.own_budget.map_or(world.each_rule, |own| own.min(world.each_rule))
    }

    fn text(&self, number: usize, world: &World) -> String {
        let (steps, named) = STEPS[self.steps];
        let (event, mode) = (EVENTS[self.event], if self.enforces { "enforce" } else { "shadow" });
        let floor = ["A", "B", "C", "D"][self.floor];
        let budget = self.budget(world);
        let approval = self.approval.map_or(String::new(), |people| {
            format!("    approval: {{ people: {people}, within: 30m, otherwise: drop }}\n")
        });
        let budget = match self.own_budget {
            Some(_) => format!("    budget: {{ per_hour: {budget}, per_day: {budget} }}\n"),
            None => String::new(),
        };
        format!(
            "title: Rule {number}\nid: {}\nstatus: test\nlogsource: {{ product: okta, service: okta }}\n\
             detection:\n    event:\n        eventType: {event}\n    condition: event\nlevel: high\nowner: tests\n\
             response:\n    mode: {mode}\n    account: {{ email: 'target[type=User].alternateId' }}\n    steps:\n{steps}    \
             cooldown: 0s\n    assurance: {floor}\n{approval}{budget}\
             tests:\n    - name: it matches\n      alert:\n          eventType: {event}\n          \
             target: [{{ type: User, alternateId: ann@example.com }}]\n      \
             expect: {{ account: ann@example.com, steps: {named} }}\n\
             \x20   - name: anything else does not\n      alert: {{ eventType: test.other }}\n      expect: none\n",
            id(number)
        )
    }
}

/// The id of a world's rule.
pub(super) fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-00000000000{number}")
}

/// What every world's employees read.
pub(super) fn files_of_reasons() -> Vec<SourceFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/reasons");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "yml"));
    let read = |path: std::path::PathBuf| SourceFile {
        name: format!("reasons/{}", path.file_name().unwrap().to_string_lossy()),
        bytes: std::fs::read(&path).unwrap(),
    };
    files.map(read).collect()
}

impl World {
    /// The rules as they are loaded.
    pub(super) fn compile(&self, reasons: &[SourceFile]) -> RuleSet {
        let mut files = reasons.to_vec();
        let mut add = |name: &str, text: String| {
            files.push(SourceFile { name: name.to_owned(), bytes: text.into_bytes() });
        };
        for (number, rule) in self.rules.iter().enumerate() {
            add(&format!("rule-{number}.yml"), rule.text(number, self));
        }
        add("guardrails.yml", self.guardrails());
        let mut identities = "subject,user_id\n".to_owned();
        PEOPLE.iter().for_each(|person| writeln!(identities, "{person}@example.com,{person}").unwrap());
        add("identities.csv", identities);
        files.sort_by(|one, other| one.name.cmp(&other.name));
        rules::compile(&files).unwrap_or_else(|errors| panic!("{errors}\n{self:#?}"))
    }

    fn guardrails(&self) -> String {
        let listed = self.listed().map(|(who, by_mail)| {
            let (kind, end) = if by_mail { ("email", "@example.com") } else { ("user_id", "") };
            format!("  - {{ {kind}: {}{end}, why: a test }}\n", PEOPLE[who])
        });
        let listed: String = listed.collect();
        let protected = if listed.is_empty() { "protected: []\n".to_owned() } else { format!("protected:\n{listed}") };
        let budget = |most: usize| format!("{{per_hour: {most}, per_day: {most}}}");
        let crowd = |accounts: usize| format!("{{accounts: {accounts}, within: 10m}}");
        let group = |is: bool, key: &str, named: String| {
            if is { format!("{key}: [{{ {named}, why: a test }}]\n") } else { String::new() }
        };
        let department = group(self.groups[0], "protected_departments", format!("id: {DEPARTMENT}"));
        let role = group(self.groups[1], "protected_roles", format!("name: {ROLE}"));
        format!(
            "{protected}{department}{role}budgets: {{each_rule: {}, each_source: {}, organization: {}}}\n\
             breakers: {{each_rule: {}, each_source: {}}}\n",
            budget(self.each_rule),
            budget(self.each_source),
            budget(self.organization),
            crowd(self.rule_breaker),
            crowd(self.source_breaker)
        )
    }

    /// Each once.
    fn listed(&self) -> impl Iterator<Item = (usize, bool)> {
        let earlier = |at: usize| self.listed[..at].iter().map(|(who, _)| *who).collect::<Vec<_>>();
        let firsts = self.listed.iter().enumerate().filter(move |(at, (who, _))| !earlier(*at).contains(who));
        firsts.map(|(_, listed)| *listed)
    }

    pub(super) fn is_listed(&self, who: usize) -> bool {
        self.listed.iter().any(|(listed, _)| *listed == who)
    }

    pub(super) fn pause(&self) -> Option<PauseScope> {
        Some(match self.paused? {
            0 => PauseScope::All,
            source @ 1..=2 => PauseScope::Source(SourceName::parse(SOURCES[source - 1]).unwrap()),
            rule => PauseScope::Rule(RuleId::parse(&id(rule - 3)).unwrap()),
        })
    }

    /// The rules that asked for a plan.
    pub(super) fn rules_of(&self, plan: &Plan) -> Vec<&Rule> {
        let number = |id: &RuleId| id.as_str().chars().last().unwrap().to_digit(10).unwrap() as usize;
        plan.rules.iter().map(|rule| &self.rules[number(&rule.id)]).collect()
    }
}

impl Live {
    pub(super) fn account(&self, user_id: &UserId, own_corp: &str) -> Option<Account> {
        self.exists.then(|| Account {
            user_id: user_id.clone(),
            enterprise_account: self.enterprise,
            owner_corp_id: self.own.map(|own| if own { own_corp.to_owned() } else { "dingother".to_owned() }),
            disabled: Some(false),
            admin: self.flags[0],
            boss: self.flags[1],
            senior: self.flags[2],
            sign_in: None,
            active: None,
            departments: None,
            roles: self.groups[1].map(|has| {
                let role = || Role { id: None, name: ROLE.to_owned() };
                has.then(role).into_iter().collect()
            }),
            names: Names::default(),
        })
    }

    /// With all that are above them.
    pub(super) fn departments(&self) -> Option<BTreeSet<DepartmentId>> {
        let is_in = self.groups[0]?;
        let own = is_in.then_some(DepartmentId::new(DEPARTMENT));
        Some([DepartmentId::ROOT].into_iter().chain(own).collect())
    }
}

impl Asked {
    pub(super) fn person(&self) -> &'static str {
        PEOPLE[self.who]
    }

    pub(super) fn account(&self) -> AccountRef {
        AccountRef::parse(AccountKind::Email, &format!("{}@example.com", self.person())).unwrap()
    }

    pub(super) fn alert(&self, number: usize, now: Timestamp) -> Alert {
        let source = SourceName::parse(SOURCES[self.source]).unwrap();
        let key = format!("event-{number}");
        let target = json!([{ "type": "User", "alternateId": format!("{}@example.com", self.person()) }]);
        let okta = LogSource { category: None, product: Some("okta".into()), service: Some("okta".into()) };
        Alert {
            summary: AlertSummary {
                id: AlertId::derive(&source, &key),
                source,
                assurance: LEVELS[self.assurance],
                event_type: None,
                occurred_at: None,
                received_at: now,
                body_digest: Digest::of(b""),
                event_digest: None,
                delivery_hints: [].into(),
                secret: "test".to_owned(),
            },
            key,
            next_key: None,
            by_content: Vec::new(),
            log_sources: Arc::from([okta]),
            person: None,
            reason_user: [].into(),
            event: json!({ "eventType": EVENTS[self.event], "target": target }),
        }
    }
}
