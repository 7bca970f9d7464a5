//! Writes a rule from an event: a beginning that loads, passes its own tests and only watches, with
//! comments that say what its author still has to decide.

mod account;
mod fields;
mod held;
mod people;
mod sender;
mod stand_in;
#[cfg(test)]
mod tests;
mod write;

use serde_json::Value;

pub use sender::{first_event, guessed_log_source};

use self::account::Account;
use self::fields::Chosen;
use self::write::{block, scalar};
use super::carried::{self, Sender};
use crate::incident::LogSource;

/// What a rule is to be made of.
#[derive(Debug)]
pub struct Sketch<'s> {
    /// The event that the rule shall find.
    pub event: &'s Value,
    /// Which events it is for.
    pub log_source: &'s LogSource,
    /// A new UUID.
    pub id: &'s str,
    /// Its title; one is made of the event, if there is none.
    pub title: Option<&'s str>,
    /// Whom to ask.
    pub owner: &'s str,
    /// The day, as `2026-01-31`.
    pub date: &'s str,
    /// The employee's reason that the folder has.
    pub employee_reason: &'s str,
    /// Where the schema is, seen from the file, if it is there.
    pub schema: Option<&'s str>,
    /// Whether mail addresses, names and numbers of people stay as they are.
    pub keeps_people: bool,
}

/// Why no rule can be made of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSkeleton {
    /// It is no object.
    #[error("the event is no JSON object")]
    NoObject,
    /// All it has is common, long, or chosen by strangers.
    #[error("the event has no field that tells it from others; write the rule by hand")]
    NothingTelling,
    /// It names nobody, and neither does the source it is from.
    #[error("the event names nobody whom a rule could act on; write the rule by hand")]
    NobodyNamed,
}

const INTRODUCTION: &str = "\
# Written by `portcullis rules new` from one event. It loads, passes its tests and only watches. Before it
# acts: narrow the search, see that `account` is the person and not whoever did it, say what else may look
# like it, and read a week of its verdicts.
";
const STRANGERS: &str = "\
# Mail addresses, names, logins, telephone numbers and IP addresses that have a member of their own are made
# up, wherever else in the event they stand. Others may be left, as may hosts, devices, files and web
# addresses: look through the event before you share it.
";

/// The text of a rule file.
///
/// # Errors
/// The event does not tell enough.
pub fn skeleton(sketch: &Sketch<'_>) -> Result<String, NoSkeleton> {
    let event = if sketch.keeps_people { sketch.event.clone() } else { people::made_up(sketch.event) };
    if !event.is_object() {
        return Err(NoSkeleton::NoObject);
    }
    let chosen = fields::choose(&event, sketch.event).ok_or(NoSkeleton::NothingTelling)?;
    let account = account::guess(&event, sketch.log_source);
    let sender = carried::sender_of(sketch.log_source);
    if account.is_none() && !sender.is_some_and(|sender| sender.finds_person) {
        return Err(NoSkeleton::NobodyNamed);
    }
    let parts = [
        sketch.schema.map(|schema| format!("# yaml-language-server: $schema={schema}\n")).unwrap_or_default(),
        INTRODUCTION.to_owned(),
        if sketch.keeps_people { String::new() } else { STRANGERS.to_owned() },
        head(sketch, &chosen),
        detection(&chosen),
        "falsepositives:\n    - 'To be written: who may be found wrongly, and how to tell.'\nlevel: medium\n"
            .to_owned(),
        response(sketch, account.as_ref()),
        tests(&event, &chosen, account.as_ref()),
        allowance(sender, account.as_ref()),
    ];
    Ok(parts.concat())
}

fn head(sketch: &Sketch<'_>, chosen: &[Chosen]) -> String {
    let first = chosen.first().map(|chosen| chosen.text()).unwrap_or_default();
    let product = sketch.log_source.product.as_deref().or(sketch.log_source.service.as_deref()).unwrap_or("the sender");
    let title = sketch.title.map_or_else(|| format!("Event {first} of {product}"), str::to_owned);
    let source = sketch.log_source.named().map(|(key, name)| format!("    {key}: {}\n", scalar(name)));
    format!(
        "title: {}\nid: {}\nstatus: experimental\ndescription: |\n    To be written: what has happened when this \
         event comes, why the answer is right, and what to look\n    at next.\nowner: {}\ndate: {}\nlogsource:\n{}",
        scalar(&title),
        sketch.id,
        scalar(sketch.owner),
        sketch.date,
        source.collect::<String>(),
    )
}

fn detection(chosen: &[Chosen]) -> String {
    let search = |(index, chosen): (usize, &Chosen)| {
        let why = match index {
            0 => "# Which event it is.",
            _ => "# What makes it serious; take it out if it need not be so.",
        };
        let key = scalar(&chosen.field);
        format!("    {why}\n    {}:\n        {key}: {}\n", chosen.name, chosen.wanted())
    };
    let searches: String = chosen.iter().enumerate().map(search).collect();
    let names: Vec<&str> = chosen.iter().map(|chosen| chosen.name.as_str()).collect();
    format!("detection:\n{searches}    condition: {}\n", names.join(" and "))
}

fn response(sketch: &Sketch<'_>, account: Option<&Account>) -> String {
    let account = account.map_or_else(
        || {
            "    # Where the event names the account. Without it, it is the person that the source's kind finds.\n    \
             # account: { email: user.email }\n"
                .to_owned()
        },
        |account| {
            let others: String = account.others.iter().map(|other| format!("    # Also: {other}\n")).collect();
            let path = write::quoted(&account.path);
            format!(
                "    # Whom to act on; often not who did it.\n{others}    account: {{ {}: {path} }}\n",
                account.kind.as_str()
            )
        },
    );
    format!(
        "response:\n    mode: shadow\n{account}    steps:\n        # The mildest step that helps. `disable: {{ reason, \
         expires_in: 8h }}` is for what you would wake somebody up for.\n        - sign_out:\n              \
         reason: '{{{{ rule.title }}}} {{{{ incident.id }}}}'\n              employee_reason: {}\n    cooldown: 1h\n    \
         assurance: B\n",
        sketch.employee_reason
    )
}

/// The author is told that nobody knows the sender to name accounts there.
fn allowance(sender: Option<&Sender>, account: Option<&Account>) -> String {
    match (sender, account) {
        (Some(sender), Some(account)) if !sender.paths.contains(&account.path.as_str()) => "\
lint:
    allow: [unknown-account-path]
    reason: 'To be written: how it is known that these events always name the account there.'
"
        .to_owned(),
        _ => String::new(),
    }
}

fn tests(event: &Value, chosen: &[Chosen], account: Option<&Account>) -> String {
    let expected = account.map_or_else(String::new, |account| format!("account: {}, ", write::quoted(&account.value)));
    let test = |name: &str, event: &Value, expect: &str| {
        let event: String = block(event).iter().map(|line| format!("          {line}\n")).collect();
        format!("    - name: {name}\n      alert:\n{event}      expect: {expect}\n")
    };
    let found = test("the event it was written from is found", event, &format!("{{ {expected}steps: [sign_out] }}"));
    let missed = chosen.iter().map(|changed| {
        let name = format!("the same with another {} is left alone", changed.name);
        let kept = account.map(|account| account.member.as_str());
        test(&name, &fields::near_miss(event, chosen, changed, kept), "none")
    });
    let missed: String = missed.collect();
    format!(
        "tests:\n{found}    # Better than these: real events, as like it as can be, that must be left alone.\n{missed}"
    )
}
