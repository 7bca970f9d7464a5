//! One rule: what it says of itself, what it may do, what it has seen, and the last alerts that it matched.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::{PATH, budget, last, mode, pages, shadow, used};
use crate::access::Permission;
use crate::console::alerts::{self, Seen};
use crate::console::page::{self, Section, page};
use crate::console::reader::Reader;
use crate::console::told::fact;
use crate::console::{Console, enter, given, now, timeline};
use crate::incident::{PauseScope, RuleId};
use crate::rules::{Response, Rule, RuleSet, StepTemplate};

pub(in crate::console) async fn one(request: HttpRequest, console: Data<Console>, id: Path<String>) -> HttpResponse {
    let reader = match enter::to_see(&request, &console, Permission::ReadRules) {
        Ok(reader) => reader,
        Err(away) => return away.answer(),
    };
    let loaded = console.rules.now();
    let wanted = RuleId::parse(&id).ok();
    let Some(rule) = loaded.set.all_rules().find(|rule| Some(&rule.reference.id) == wanted.as_ref()) else {
        return page::not_found(&reader);
    };
    match alerts::last(&console, &reader, "rule", rule.reference.id.as_str()).await {
        Ok(alerts) => page::answer(&render(&console, &reader, (&loaded.set, rule), &alerts)),
        Err(error) => given::refused(&reader, &error),
    }
}

fn render(console: &Console, reader: &Reader, (set, rule): (&RuleSet, &Rule), alerts: &[Seen]) -> Markup {
    let title = rule.reference.title.as_str();
    let at = console.clock.now();
    let hits = console.trail.figures().activity.hits(&rule.reference.id);
    let main = html! {
        h1 { (title) }
        (pages(reader, PATH))
        p { (mode(reader, rule)) }
        @if rule.response.is_some() { (now::pause_one(console, reader, &PauseScope::Rule(rule.reference.id.clone()))) }
        @if let Some(description) = &rule.description { p.read { (description) } }
        dl.facts {
            (fact(reader, "fact-rule-id", &html! { code { (rule.reference.id) } }))
            (fact(reader, "fact-file", &html! { code { (rule.file) } }))
            (fact(reader, "fact-version", &html! { code { (rule.reference.version) } }))
            (fact(reader, "fact-behaviour", &html! { code { (rule.behaviour) } }))
            @if let Some(owner) = &rule.owner { (fact(reader, "column-owner", &html! { (owner) })) }
            @if let Some(author) = &rule.author { (fact(reader, "fact-author", &html! { (author) })) }
            @if let Some(level) = rule.level { (fact(reader, "fact-level", &html! { (level.as_str()) })) }
            @if !rule.tags.is_empty() { (fact(reader, "fact-tags", &html! { (rule.tags.join(", ")) })) }
            (fact(reader, "column-hits", &html! { (reader.number(hits.map_or(0, |hits| hits.count))) }))
            (fact(reader, "column-last", &last(reader, hits)))
        }
        @if let Some(detector) = set.detectors().iter().find(|detector| detector.rule.reference.id == rule.reference.id) {
            h2 { (reader.say("rule-seeks")) }
            (timeline::sought(set, &rule.reference.id, |_| true))
            p { (reader.rich("rule-condition", &[("condition", html! { code { (detector.condition()) } })])) }
        }
        @if let Some(response) = &rule.response { (asks(console, reader, rule, response)) }
        @if let Some(watched) = console.trail.board(|board| board.watches().watch(&rule.reference.id).map(|watch| shadow::watched(reader, watch, console.bar, at))) { (watched) }
        h2 { (reader.say("rule-tests")) }
        @if rule.tests.is_empty() { p.quiet { (reader.say("rule-no-tests")) } } @else {
            p { (reader.say("rule-tests-text")) }
            ul { @for test in &rule.tests { li { (test) } } }
        }
        (list(reader, "rule-false-positives", &rule.false_positives))
        (list(reader, "rule-references", &rule.references))
        (alerts::shown(reader, alerts))
        h2 { (reader.say("rule-try")) }
        p { (reader.say("rule-try-text")) }
        pre tabindex="0" { "portcullis rules test\nportcullis rules backtest\nportcullis rules explain " (rule.file) " event.json" }
    };
    page(reader, Section::Rules, title, &main)
}

/// What it wants done, and how often it may.
fn asks(console: &Console, reader: &Reader, rule: &Rule, response: &Response) -> Markup {
    let id = &rule.reference.id;
    let (used, promoted) = console.trail.board(|board| {
        let promotion = board.watches().promotion(id, rule.behaviour).cloned();
        (used(console, rule, board), promotion)
    });
    html! {
        h2 { (reader.say("rule-asks")) }
        ol { @for step in &response.steps { li { code { (step.kind().as_str()) } " " (step_says(reader, step)) } } }
        dl.facts {
            (fact(reader, "fact-assurance", &html! { (response.assurance.as_str()) }))
            @if let Some(used) = used { (fact(reader, "fact-budget", &budget(reader, &used))) }
            @if let Some(promotion) = promoted {
                (fact(reader, "fact-promoted", &html! { (promotion.actor) " " (reader.time(promotion.at)) }))
            }
        }
    }
}

fn step_says(reader: &Reader, step: &StepTemplate) -> Markup {
    html! {
        @match step {
            StepTemplate::SignOut { employee_reason, .. } => {
                a href={ (crate::console::reasons::PATH) "/" (employee_reason.as_str()) } { (employee_reason.as_str()) }
            }
            StepTemplate::Disable { expires_in: None, .. } => (reader.say("rule-for-good")),
            StepTemplate::Disable { expires_in: Some(time), .. } => {
                (reader.say_of("rule-for", &[("time", crate::console::steps::lasting(reader, time.as_secs()).into())]))
            }
            _ => {}
        }
    }
}

fn list(reader: &Reader, key: &str, of: &[String]) -> Markup {
    html! {
        @if !of.is_empty() {
            h2 { (reader.say_either(key, "", key)) }
            ul { @for one in of { li { (one) } } }
        }
    }
}
