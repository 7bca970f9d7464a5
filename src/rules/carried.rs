//! Whether the events that a rule is for carry the account that it acts on. A path that reaches nothing is
//! found out when somebody should have been contained and was not, so it is found out here.
//!
//! What the events of known senders look like is theirs to say; of others the rule's own tests show it.

use crate::incident::{AccountKind, LogSource};

use super::detector::Detector;
use super::lint::Lint;
use super::own_tests::OwnTest;
use super::problem::{Place, Report};
use super::reader::Fields;
use super::response::{AccountPath, Mode, Response};

/// A sender whose events have one shape.
#[derive(Debug)]
pub(super) struct Sender {
    product: &'static str,
    /// Where its events name accounts.
    pub(super) paths: &'static [&'static str],
    /// Of these, where something else than a login or a mail address stands, and what.
    others: &'static [(&'static str, AccountKind)],
    /// Whether a source's kind for these events finds the person by itself.
    pub(super) finds_person: bool,
}

/// The senders, by Sigma's product.
static SENDERS: [Sender; 10] = [
    Sender {
        product: "okta",
        paths: &["target[type=User].alternateId", "target[type=AppUser].alternateId", "actor.alternateId"],
        others: &[],
        finds_person: true,
    },
    Sender {
        product: "ssf",
        paths: &["sub_id.email", "sub_id.user.email", "sub_id.sub", "sub_id.user.sub", "sub_id.phone_number"],
        others: &[("sub_id.phone_number", AccountKind::Mobile)],
        finds_person: true,
    },
    Sender {
        product: "dingtalk",
        paths: &["staffId", "userId", "UserId", "userId[*]", "UserId[*]", "unionId"],
        others: &[
            ("staffId", AccountKind::UserId),
            ("userId", AccountKind::UserId),
            ("UserId", AccountKind::UserId),
            ("userId[*]", AccountKind::UserId),
            ("UserId[*]", AccountKind::UserId),
            ("unionId", AccountKind::UnionId),
        ],
        finds_person: false,
    },
    Sender {
        product: "azure",
        paths: &[
            "userPrincipalName",
            "properties.userPrincipalName",
            "initiatedBy.user.userPrincipalName",
            "properties.initiatedBy.user.userPrincipalName",
            "targetResources[type=User].userPrincipalName",
            "properties.targetResources[type=User].userPrincipalName",
            "object.properties.relatedEntities[kind=Account].properties.aadUserId",
        ],
        others: &[],
        finds_person: false,
    },
    Sender {
        product: "m365",
        paths: &[
            "evidence['@odata.type'=#microsoft.graph.security.userEvidence].userAccount.userPrincipalName",
            "UserId",
        ],
        others: &[],
        finds_person: false,
    },
    Sender { product: "google_workspace", paths: &["data.email", "actor.email"], others: &[], finds_person: false },
    Sender { product: "auth0", paths: &["data.user_name", "data.user_id"], others: &[], finds_person: false },
    Sender {
        product: "aws",
        paths: &[
            "detail.userIdentity.userName",
            "detail.resource.accessKeyDetails.userName",
            "userIdentity.userName",
            "responseElements.user.userName",
        ],
        others: &[],
        finds_person: false,
    },
    Sender {
        product: "github",
        paths: &["alert.push_protection_bypassed_by.login", "sender.login", "actor"],
        others: &[],
        finds_person: false,
    },
    Sender {
        product: "crowdstrike",
        paths: &["user_email", "user_name", "user_principal"],
        others: &[],
        finds_person: false,
    },
];

/// Senders whose events have many shapes, for which there are rules all the same.
const OTHER_PRODUCTS: [&str; 7] = ["datadog", "elastic", "panther", "siem", "splunk", "sumologic", "wazuh"];

/// The sender of these events, if it is known.
pub(super) fn sender_of(log_source: &LogSource) -> Option<&'static Sender> {
    let product = log_source.product.as_deref()?;
    SENDERS.iter().find(|sender| sender.product.eq_ignore_ascii_case(product))
}

/// The products of the senders that are known.
pub(super) fn products() -> impl Iterator<Item = &'static str> {
    SENDERS.iter().map(|sender| sender.product).chain(OTHER_PRODUCTS)
}

/// Where a rule says how its account is found: its `account`, or else its `response`.
pub(super) fn place(fields: &Fields<'_>) -> Place {
    let Some(section) = fields.get("response") else { return fields.at };
    let response = Fields::of(section, "response", &mut Report::about(""));
    response.and_then(|response| response.get("account")).map_or(section.at, |node| node.at)
}

/// Reports an account that is nowhere in events for which the rule is.
pub(super) fn check(log_source: &LogSource, response: &Response, at: Place, report: &mut Report) {
    match (&response.account, sender_of(log_source)) {
        (None, Some(sender)) if sender.finds_person => {}
        (None, _) => {
            let advice = "add `account` with the path to it, such as `account: { email: user.email }`; where the `mapping` \
                          of their own source finds the `person`, allow it with that reason";
            report.warn(Lint::UnknownAccountPath, at, "nothing says where these events name the account", advice);
        }
        (Some(account), Some(sender)) => check_known(account, sender, at, report),
        (Some(_), None) => {}
    }
}

/// Reports an account of which nothing shows that the events have it there, when the rule acts on it.
pub(super) fn check_shown(detector: &Detector, tests: &[OwnTest], at: Place, report: &mut Report) {
    let Some(Response { mode: Mode::Enforce, account: Some(_), .. }) = &detector.rule.response else { return };
    if sender_of(&detector.log_source).is_none() && !tests.iter().any(OwnTest::names_account) {
        let what = "no test shows that the events name the account there, and their sender is not known here";
        let advice = "add a test with an event as it comes, and the account that it names";
        report.warn(Lint::UntestedAccountPath, at, what, advice);
    }
}

fn check_known(AccountPath { kind, path }: &AccountPath, sender: &Sender, at: Place, report: &mut Report) {
    let path = path.as_str();
    if !sender.paths.contains(&path) {
        let what = format!("events of `{}` are not known to have an account at `{path}`", sender.product);
        let advice =
            format!("known are {}; if it is right all the same, allow it with the reason", sender.paths.join(", "));
        report.warn(Lint::UnknownAccountPath, at, what, advice);
    } else if !sender.carries(path, *kind) {
        let what = format!("events of `{}` are not known to have a `{}` at `{path}`", sender.product, kind.as_str());
        let advice = format!("{}; if it is right all the same, allow it with the reason", sender.meant(path));
        report.warn(Lint::UnknownAccountPath, at, what, advice);
    }
}

impl Sender {
    /// What stands at the path, if it is no login.
    fn other(&self, path: &str) -> Option<AccountKind> {
        self.others.iter().find(|(other, _)| *other == path).map(|(_, kind)| *kind)
    }

    /// Whether such a name can stand at the path. An `email` always can: that is any name that
    /// `identities.csv` knows.
    fn carries(&self, path: &str, kind: AccountKind) -> bool {
        match (self.other(path), kind) {
            (_, AccountKind::Email) => true,
            (Some(other), _) => kind == other,
            (None, _) => matches!(kind, AccountKind::LoginId | AccountKind::JobNumber),
        }
    }

    /// The kinds that do stand there.
    fn meant(&self, path: &str) -> String {
        let kind = self.other(path).map_or("login_id", AccountKind::as_str);
        format!("write `{kind}`, or `email` for a name that identities.csv knows")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ACTING, load_rule};
    use super::*;
    use crate::incident::path::Path;

    fn problem(rule: &str) -> String {
        load_rule(rule).map_or_else(|errors| errors.to_string(), |_| String::new())
    }

    fn okta(path: &str) -> String {
        ACTING
            .replace("{product: test}", "{product: Okta}")
            .replace("{email: who}", &format!("{{email: '{path}'}}"))
            .replace("who: a@example.com", "actor: {alternateId: a@example.com}")
    }

    #[test]
    fn every_path_of_the_table_is_a_path_and_every_product_has_one_row() {
        for (place, sender) in SENDERS.iter().enumerate() {
            assert!(SENDERS.iter().take(place).all(|earlier| earlier.product != sender.product));
            assert!(sender.others.iter().all(|(path, _)| sender.paths.contains(path)), "{sender:?}");
            for path in sender.paths {
                assert_eq!(path.parse::<Path>().map(|path| path.as_str().to_owned()), Ok((*path).to_owned()));
            }
        }
    }

    #[test]
    fn a_path_that_a_known_sender_does_not_have_is_refused() {
        assert_eq!(problem(&okta("actor.alternateId")), "");
        let refused = problem(&okta("nonsense.field"));
        assert!(refused.contains("x.yml:9:12: events of `okta` are not known to have an account at `nonsense.field`; known are target[type=User].alternateId, "), "{refused}");
        let shadow = problem(&okta("nonsense.field").replace("mode: enforce", "mode: shadow"));
        assert!(shadow.contains("not known to have an account"), "a watch on nobody shows nothing: {shadow}");
    }

    #[test]
    fn a_kind_of_name_that_does_not_stand_at_a_known_path_is_refused() {
        let rule = |product: &str, account: &str, event: &str, expected: &str| {
            ACTING
                .replace("{product: test}", &format!("{{product: {product}}}"))
                .replace("{email: who}", &format!("{{{account}}}"))
                .replace("who: a@example.com", event)
                .replace("A@example.com", expected)
        };
        let okta = |kind: &str| {
            let name = if kind == "mobile" { "'13800000000'" } else { "a1" };
            rule("okta", &format!("{kind}: actor.alternateId"), &format!("actor: {{alternateId: {name}}}"), name)
        };
        for (kind, is_good) in [
            ("email", true),
            ("login_id", true),
            ("job_number", true),
            ("user_id", false),
            ("mobile", false),
            ("union_id", false),
        ] {
            let told = problem(&okta(kind));
            assert_eq!(told.is_empty(), is_good, "{told}");
            let expected = format!(
                "events of `okta` are not known to have a `{kind}` at `actor.alternateId`; write `login_id`, or `email`"
            );
            assert!(is_good || told.contains(&expected), "{told}");
        }
        let dingtalk = |kind: &str| problem(&rule("dingtalk", &format!("{kind}: staffId"), "staffId: a1", "a1"));
        assert_eq!((dingtalk("user_id"), dingtalk("email")), (String::new(), String::new()));
        assert!(dingtalk("union_id").contains("at `staffId`; write `user_id`"), "{}", dingtalk("union_id"));
        assert!(dingtalk("login_id").contains("not known to have a `login_id`"));
        let allowance = "lint: {allow: [unknown-account-path], reason: the userid is the login here}\n";
        assert_eq!(problem(&format!("{}{allowance}", okta("user_id"))), "");
    }

    #[test]
    fn a_path_that_is_right_all_the_same_is_allowed_with_its_reason() {
        let allowed = okta("who.mail").replace("actor: {alternateId: a@example.com}", "who: {mail: a@example.com}");
        let allowance = "lint: {allow: [unknown-account-path], reason: our gateway adds it}\n";
        let set = load_rule(&format!("{allowed}{allowance}")).unwrap();
        assert_eq!(set.warnings(), []);
        let unneeded = load_rule(&format!("{}{allowance}", okta("actor.alternateId")));
        assert!(unneeded.is_ok(), "{unneeded:?}");
    }

    #[test]
    fn a_response_needs_an_account_unless_the_kind_finds_the_person() {
        let without = |product: &str| {
            let rule = ACTING.replace("{product: test}", product).replace("  account: {email: who}\n", "");
            problem(&rule.replace("account: A@example.com, ", ""))
        };
        for product in ["{product: siem}", "{product: azure}", "{category: authentication}"] {
            let refused = without(product);
            assert!(refused.contains("x.yml:8:3: nothing says where these events name the account"), "{refused}");
        }
        let allowance = "lint: {allow: [unknown-account-path], reason: the mapping of their source finds the person}\n";
        let left_to_the_source =
            ACTING.replace("  account: {email: who}\n", "").replace("account: A@example.com, ", "");
        assert_eq!(problem(&format!("{left_to_the_source}{allowance}")), "");
        assert_eq!(without("{product: okta, service: okta}"), "");
        assert_eq!(without("{product: ssf}"), "");
    }

    #[test]
    fn of_an_unknown_sender_a_test_has_to_show_the_account() {
        let (head, rest) = ACTING.split_once("tests:\n").unwrap();
        let (_, owner) = rest.split_once("owner").unwrap();
        let untested = format!("{head}owner{owner}");
        let refused = problem(&untested);
        assert!(refused.contains("x.yml:9:12: no test shows that the events name the account there"), "{refused}");
        assert_eq!(problem(&untested.replace("mode: enforce", "mode: shadow")), "", "what only watches may find out");
        let near_miss = "tests:\n  - {name: n, alert: {a: y}, expect: none}\n";
        assert!(problem(&format!("{untested}{near_miss}")).contains("no test shows"));
        let allowance = "lint: {allow: [untested-account-path], reason: seen in the SIEM}\n";
        assert_eq!(problem(&format!("{untested}{allowance}")), "");
    }
}
