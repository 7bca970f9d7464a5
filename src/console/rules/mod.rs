//! The way *Rules*, for engineers: which rules are in force, what each has seen and done, what changed between versions,
//! and what is wrong with those in the folder.

mod backtest;
mod one;
mod shadow;
mod versions;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

pub(super) use backtest::{begin, show};
pub(super) use one::one;
pub(super) use versions::versions;

use super::page::{self, Section, page};
use super::reader::Reader;
use super::table::table;
use super::{Console, enter, reasons};
use crate::access::Permission;
use crate::admission::unpromoted;
use crate::incident::{Budget, Spent};
use crate::rules::{InForce, Mode, Rule};
use crate::trail::{Board, Hits};

/// Where the way begins; a rule's own page is below.
pub(super) const PATH: &str = "/rules";
/// Where it is said what would happen.
const BACKTEST: &str = "/rules/backtest";
/// Where the versions are.
const VERSIONS: &str = "/rules/versions";
/// The pages of the way.
const PAGES: [(&str, &str); 4] =
    [(PATH, "rules-now"), (BACKTEST, "rules-backtest"), (VERSIONS, "rules-versions"), (reasons::PATH, "nav-reasons")];
/// The most problems of refused rules that are shown.
const PROBLEMS_MAX: usize = 10;

/// What a rule has drawn on its budget, and what that is.
struct Used {
    spent: Spent,
    budget: Budget,
}

/// The ways to the others of them, `here` being one.
pub(super) fn pages(reader: &Reader, here: &str) -> Markup {
    html! {
        nav aria-label=(reader.say("rules-pages")) {
            ul.choices {
                @for (path, key) in PAGES {
                    li { a href=(path) aria-current=[(path == here).then_some("page")] { (reader.say_either(key, "", key)) } }
                }
            }
        }
    }
}

/// All that are in force.
pub(super) async fn list(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match enter::to_see(&request, &console, Permission::ReadRules) {
        Ok(reader) => page::answer(&render(&console, &reader)),
        Err(away) => away.answer(),
    }
}

fn render(console: &Console, reader: &Reader) -> Markup {
    let loaded = console.rules.now();
    let set = &loaded.set;
    let figures = console.trail.figures();
    let mut rules: Vec<(&Rule, Option<Hits>, Markup)> = console.trail.board(|board| {
        let hits = |rule: &Rule| figures.activity.hits(&rule.reference.id);
        set.all_rules().map(|rule| (rule, hits(rule), stands(console, reader, rule, board))).collect()
    });
    // Those that act come first.
    rules.sort_by_key(|(rule, _, _)| {
        rule.response.as_ref().map_or(2, |response| u8::from(response.mode == Mode::Shadow))
    });
    let unpromoted = console.trail.board(|board| unpromoted(set, board.watches()).len());
    let title = reader.say("rules-title");
    let with = [
        ("rules", html! { (reader.number(rules.len() as u64)) }),
        ("since", reader.time(loaded.since)),
        ("set", html! { code { (set.digest().short(12)) } }),
    ];
    let columns = ["column-rule", "column-mode", "column-owner", "column-hits", "column-last", "column-stands"];
    let main = html! {
        h1 { (title) }
        (pages(reader, PATH))
        (refused(reader, &console.rules))
        p.quiet {
            (reader.rich("rules-in-force", &with))
            @if let Some(commit) = &loaded.commit { ", " (reader.rich("rules-commit", &[("commit", html! { code { (commit.get(..12).unwrap_or(commit)) } })])) }
            @if let Some(signer) = &loaded.signer { ", " (reader.rich("rules-signed", &[("signer", html! { code { (signer) } })])) }
            ". "
            @if unpromoted > 0 { (reader.count("rules-unpromoted", unpromoted as u64)) }
        }
        (table(reader, &title, &columns, &rules, |(rule, hits, stands)| row(reader, rule, *hits, stands)))
        @if !set.warnings().is_empty() {
            h2 { (reader.say("rules-warnings")) }
            ul { @for warning in set.warnings() { li { code { (warning) } } } }
        }
    };
    page(reader, Section::Rules, &title, &main)
}

fn row(reader: &Reader, rule: &Rule, hits: Option<Hits>, stands: &Markup) -> Markup {
    html! {
        tr {
            td { a href={ (PATH) "/" (rule.reference.id) } { (rule.reference.title) } br; code.quiet { (rule.file) } }
            td data-label=(reader.say("column-mode")) { (mode(reader, rule)) }
            td data-label=(reader.say("column-owner")) { @if let Some(owner) = &rule.owner { (owner) } }
            td data-label=(reader.say("column-hits")) { (reader.number(hits.map_or(0, |hits| hits.count))) }
            td data-label=(reader.say("column-last")) { (last(reader, hits)) }
            td data-label=(reader.say("column-stands")) { (stands) }
        }
    }
}

fn last(reader: &Reader, hits: Option<Hits>) -> Markup {
    match hits {
        Some(hits) => reader.time(hits.last),
        None => html! { span.quiet { (reader.say("rules-never")) } },
    }
}

/// What a rule may do.
fn mode(reader: &Reader, rule: &Rule) -> Markup {
    match rule.response.as_ref().map(|response| response.mode) {
        None => html! { span.quiet { (reader.say("mode-detect")) } },
        Some(Mode::Shadow) => html! { span.wait { (reader.say("mode-shadow")) } },
        Some(Mode::Enforce) => html! { span.good { (reader.say("mode-enforce")) } },
    }
}

/// Of a rule that acts what is left of its budget, of one that watches what it lacks.
fn stands(console: &Console, reader: &Reader, rule: &Rule, board: &Board) -> Markup {
    if let Some(watch) = board.watches().watch(&rule.reference.id) {
        return shadow::lacks(reader, &watch.evidence(console.clock.now()), console.bar);
    }
    match used(console, rule, board) {
        Some(used) => budget(reader, &used),
        None => html! {},
    }
}

/// Nothing, of a rule that does nothing.
fn used(console: &Console, rule: &Rule, board: &Board) -> Option<Used> {
    rule.response.as_ref()?;
    let id = &rule.reference.id;
    let people = console.roster.as_ref().and_then(|roster| roster.people());
    let budget = console.rules.now().set.budget_of(id, people);
    Some(Used { spent: board.ledger().of_rule(id, console.clock.now()), budget })
}

fn budget(reader: &Reader, Used { spent, budget }: &Used) -> Markup {
    let tone = if budget.has(spent.and_one()) { "quiet" } else { "wait" };
    let number = |number: u32| reader.number(number.into()).into();
    let with = [
        ("hour", number(spent.hour)),
        ("perHour", number(budget.per_hour)),
        ("day", number(spent.day)),
        ("perDay", number(budget.per_day)),
    ];
    html! { span class=(tone) { (reader.say_of("budget-used", &with)) } }
}

/// Silence means that the rules in force are those in the folder.
pub(super) fn refused(reader: &Reader, in_force: &InForce) -> Markup {
    let Some(refused) = in_force.refused() else { return html! {} };
    let loaded = in_force.now();
    let with = [
        ("what", html! { strong { (reader.say("rules-refused")) } }),
        ("since", reader.time(refused.since)),
        ("problems", html! { (refused.errors.count()) }),
        ("loaded", reader.time(loaded.since)),
    ];
    html! {
        div.state.bad {
            p { (reader.rich("rules-refused-text", &with)) }
            ul { @for problem in refused.errors.problems().iter().take(PROBLEMS_MAX) { li { code { (problem) } } } }
        }
    }
}
