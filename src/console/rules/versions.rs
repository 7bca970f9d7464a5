//! Which rule sets were in force, and what each changed: which rules came, went or were written anew. The text of a version
//! is in the repository of the rules.

use std::collections::BTreeMap;
use std::mem::take;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{PATH, VERSIONS, pages};
use crate::access::Permission;
use crate::console::page::{self, Section, page};
use crate::console::reader::Reader;
use crate::console::{Console, enter, given, told};
use crate::incident::{Digest, Event, RuleId, Timestamp};
use crate::rules::RuleSet;
use crate::trail::Record;

/// How many records are read, of which a set takes one for some hundred rules.
const RECORDS_MAX: usize = 400;
/// How many sets are shown.
const SETS_MAX: usize = 20;
/// How many rules are named of a set in one go.
const NAMED_MAX: usize = 50;

/// A set that came into force.
struct Set {
    at: Timestamp,
    record: u64,
    digest: Digest,
    commit: Option<String>,
    signer: Option<String>,
    actor: Option<String>,
    /// By id, which is unique within a set; nothing where the record does not list them.
    listed: Option<BTreeMap<RuleId, Digest>>,
}

/// What is another rule than before.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference<'s> {
    added: Vec<&'s RuleId>,
    changed: Vec<&'s RuleId>,
    gone: Vec<&'s RuleId>,
}

pub(in crate::console) async fn versions(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadRules) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let Ok(query) = console.inspection.query([("kind", "rules.loaded"), ("kind", "rules.listed")]) else {
        return page::not_found(&reader);
    };
    match console.inspection.search(reader.name(), query, None, RECORDS_MAX).await {
        Ok(found) => {
            let records = found.records.iter().filter_map(|stored| told::decode(&stored.record));
            page::answer(&render(&reader, &sets(records), &console.rules.now().set))
        }
        Err(error) => given::refused(&reader, &error),
    }
}

/// Of records from the newest to the oldest: what else is in a set is said right behind it.
fn sets(records: impl Iterator<Item = Record>) -> Vec<Set> {
    let (mut sets, mut further) = (Vec::new(), BTreeMap::new());
    for record in records {
        match record.event {
            Event::RulesListed { versions, .. } => {
                further.extend(versions.into_iter().map(|one| (one.id, one.version)))
            }
            Event::RulesLoaded { rules, count, commit, signer, actor, versions, .. } => {
                let mut listed = take(&mut further);
                listed.extend(versions.into_iter().map(|one| (one.id, one.version)));
                let listed = (listed.len() as u64 >= u64::from(count)).then_some(listed);
                sets.push(Set { at: record.at, record: record.seq, digest: rules, commit, signer, actor, listed });
            }
            _ => {}
        }
    }
    sets
}

fn difference<'s>(before: &'s BTreeMap<RuleId, Digest>, after: &'s BTreeMap<RuleId, Digest>) -> Difference<'s> {
    let mut difference = Difference::default();
    for (id, version) in after {
        match before.get(id) {
            None => difference.added.push(id),
            Some(old) if old != version => difference.changed.push(id),
            Some(_) => {}
        }
    }
    difference.gone.extend(before.keys().filter(|id| !after.contains_key(id)));
    difference
}

fn render(reader: &Reader, sets: &[Set], now: &RuleSet) -> Markup {
    let title = reader.say("rules-versions");
    // The oldest that was found has none before it to compare with.
    let befores = sets.iter().skip(1).map(Some).chain([None]);
    let main = html! {
        h1 { (title) }
        (pages(reader, VERSIONS))
        p { (reader.say("versions-text")) }
        ol.timeline { @for (set, before) in sets.iter().zip(befores).take(SETS_MAX) { li { (one(reader, set, before, now)) } } }
    };
    page(reader, Section::Rules, &title, &main)
}

fn one(reader: &Reader, set: &Set, before: Option<&Set>, now: &RuleSet) -> Markup {
    let may_read = reader.actor.as_ref().is_some_and(|actor| actor.role.may(Permission::ReadTrail));
    let lists = set.listed.as_ref().zip(before.and_then(|before| before.listed.as_ref()));
    html! {
        (reader.time(set.at)) " " strong { (reader.rich("versions-set", &[("set", html! { code { (set.digest.short(12)) } })])) }
        @if let Some(actor) = &set.actor { " " (reader.say_of("versions-by", &[("name", actor.as_str().into())])) }
        @if let Some(commit) = &set.commit { ", " (reader.rich("rules-commit", &[("commit", html! { code { (commit.get(..12).unwrap_or(commit)) } })])) }
        @if let Some(signer) = &set.signer { ", " (reader.rich("rules-signed", &[("signer", html! { code { (signer) } })])) }
        @match (lists, before) {
            (Some((after, before)), _) => {
                @let difference = difference(before, after);
                @if difference == Difference::default() { p.quiet { (reader.say("versions-same")) } }
                (named(reader, "versions-added", &difference.added, now))
                (named(reader, "versions-changed", &difference.changed, now))
                (named(reader, "versions-gone", &difference.gone, now))
            }
            (None, Some(_)) => p.quiet { (reader.say("versions-unlisted")) },
            (None, None) => p.quiet { (reader.say("versions-first")) },
        }
        @if may_read { p.quiet { (told::record(reader, set.record)) } }
    }
}

fn named(reader: &Reader, key: &str, rules: &[&RuleId], now: &RuleSet) -> Markup {
    html! {
        @if !rules.is_empty() {
            p { (reader.count(key, rules.len() as u64)) }
            ul {
                @for id in rules.iter().take(NAMED_MAX) {
                    li {
                        @match now.all_rules().find(|rule| rule.reference.id == **id) {
                            Some(rule) => a href={ (PATH) "/" (id) } { (rule.reference.title) },
                            None => code { (id) },
                        }
                    }
                }
            }
            @if rules.len() > NAMED_MAX { p.quiet { (reader.count("more", (rules.len() - NAMED_MAX) as u64)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_compared_rule_by_rule() {
        let id = |last: u8| RuleId::parse(&format!("5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c{last:02}")).unwrap();
        let version = |text: &str| Digest::of(text.as_bytes());
        let before = BTreeMap::from([(id(1), version("a")), (id(2), version("a")), (id(3), version("a"))]);
        let after = BTreeMap::from([(id(2), version("b")), (id(3), version("a")), (id(4), version("a"))]);
        let (added, changed, gone) = (id(4), id(2), id(1));
        let wanted = Difference { added: vec![&added], changed: vec![&changed], gone: vec![&gone] };
        assert_eq!(difference(&before, &after), wanted);
    }
}
