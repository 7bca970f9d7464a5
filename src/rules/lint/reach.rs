//! Lints on whom a rule that acts can reach: everybody, or whomever a stranger chooses.

use serde_json::{Value, json};

use super::super::detection::Detection;
use super::super::field::Field;
use super::super::item::Item;
use super::super::problem::Report;
use super::super::value::Test;
use super::catalogue::Lint;
use super::subject::Subject;

/// Names of fields, without their path and in small letters without marks, that carry what whoever
/// causes the event has chosen.
const CHOSEN_BY_STRANGERS: [&str; 36] = [
    "body",
    "callingipaddress",
    "clientip",
    "clientipaddress",
    "comment",
    "comments",
    "description",
    "devicename",
    "displayname",
    "domain",
    "emailsubject",
    "filename",
    "filepath",
    "hostname",
    "ip",
    "ipaddress",
    "ipaddr",
    "message",
    "note",
    "querystring",
    "rawuseragent",
    "referer",
    "referrer",
    "remoteaddr",
    "remoteip",
    "requesturi",
    "requesturl",
    "senderaddress",
    "sourceip",
    "sourceipaddress",
    "srcip",
    "subject",
    "text",
    "useragent",
    "xforwardedfor",
    "xmailer",
];

/// Whom a rule can reach, most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Most ordinary events pass what it tests.
    Everybody,
    /// A stranger can choose everything that it tests.
    Chosen,
    /// It tests something that only the sender can say.
    Few,
}

/// Tells of a rule that acts and whose reach is this, at its key `key`.
pub(super) fn tell(reach: Reach, subject: &Subject<'_>, key: &str, report: &mut Report) {
    if subject.rule.response.is_none() {
        return;
    }
    let at = subject.at(key);
    match reach {
        Reach::Few => {}
        Reach::Chosen => {
            let what = "a stranger can choose everything that this rule tests, and so whom it acts on";
            let advice = "also test something that only the sender can say: the event's type, its verdict, its risk";
            report.warn(Lint::AttackerControlledOnly, at, what, advice);
        }
        Reach::Everybody => {
            let what = "most ordinary events pass what this rule tests, so it may act on everybody";
            report.warn(Lint::CanHitEveryone, at, what, "also test what makes the event serious");
        }
    }
}

/// Whom a rule with this detection can reach.
pub(super) fn of(detection: &Detection, common: &[Value]) -> Reach {
    let is_telling = |item: &Item| {
        let mut are_telling = item.tests.iter().map(|test| !is_common(test, common));
        let tells = if item.modifiers.all { are_telling.any(|tells| tells) } else { are_telling.all(|tells| tells) };
        item.is_positive() && tells
    };
    let is_trusted = |item: &Item| is_telling(item) && !is_chosen_by_strangers(&item.field);
    if detection.always_passes(&is_trusted) {
        Reach::Few
    } else if detection.always_passes(&is_telling) {
        Reach::Chosen
    } else {
        Reach::Everybody
    }
}

/// Whether the value is one that ordinary events have.
pub(in crate::rules) fn is_common_value(value: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    common_values().iter().any(|common| text(common).eq_ignore_ascii_case(&text(value)))
}

/// Keywords are found in anything, so also in what a stranger wrote.
pub(in crate::rules) fn is_chosen_by_strangers(field: &Field) -> bool {
    if *field == Field::Everywhere {
        return true;
    }
    let name = field.name();
    let last = name.rsplit('.').next().unwrap_or(&name);
    let plain: String = last.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    CHOSEN_BY_STRANGERS.contains(&plain.as_str())
}

/// What the fields of ordinary events most often are: good outcomes, low levels, sign-ins, people.
pub(super) fn common_values() -> Vec<Value> {
    let words = [
        "success",
        "successful",
        "succeeded",
        "ok",
        "allow",
        "allowed",
        "true",
        "false",
        "info",
        "informational",
        "low",
        "none",
        "user",
        "User",
        "user.session.start",
        "user.authentication.sso",
        "user.authentication.verify",
        "policy.evaluate_sign_on",
        "Sign-in activity",
        "UserLoggedIn",
        "ConsoleLogin",
        "login",
        "login_success",
        "logon",
        "signin",
        "authentication",
        "zhang.san@example.com",
        "203.0.113.7",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    ];
    let numbers = [0, 1, 200, 4624];
    words.iter().map(|word| json!(word)).chain(numbers.map(|number| json!(number))).collect()
}

fn is_common(test: &Test, common: &[Value]) -> bool {
    match test {
        Test::Null | Test::Exists(_) => true,
        // Compares two fields of the event: there is no value to try.
        Test::Same(_) => false,
        _ => common.iter().any(|value| test.passes(value)),
    }
}
