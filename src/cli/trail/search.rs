//! `portcullis trail search`: the records that pass all filters, newest first.

use clap::Args;
use form_urlencoded::Serializer;
use reqwest::Method;
use serde_json::Value;

use super::offline::Offline;
use crate::cli::client::{Place, Server, Whereabouts};
use crate::cli::output::{self, Reader};
use crate::cli::refused::refused;
use crate::trail::search::{LIMIT_MAX, Query};

/// What `trail search` takes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// What a record has to have, as NAME=VALUE; all of it.
    #[arg(value_name = "FILTER", value_parser = filter)]
    filters: Vec<(String, String)>,
    /// How many records at most, the newest.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// Print the records exactly as they were hashed, one JSON object a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    whereabouts: Whereabouts,
}

const HELP: &str = "\
Filters (the same name again: any of the values):
  since, until     from this time on, before this time: 2026-11-22, or 2026-11-22T08:00:00Z
  kind             incident.held, or step.*
  account          a pseudonym, or email:zhang.san@example.com, user_id:zhangsan, mobile:..., login_id:...
  user_id          a userid that an account was found to have
  source, rule     a source by its name, a rule by its id
  version          a rule, or a set of rules, by its digest
  incident, alert  by their ids
  verdict          planned, held, suppressed, shadow, counted, unmatched, tried
  reason           why something is held, refused or failed, by its code: paused, protected_listed
  step             what a plan has: sign_out, disable, enable, change_dingtalk_id, notify
  outcome          started, succeeded, failed, unknown, verified, disabled, enabled, held, done, partly, dismissed
  actor            who asked, approved, paused, read
  text             words of the clear text, all of them; the beginning of one: imposs*

Without --server it reads the folder of a server that does not run, and brings its index up to date first. With it, that
you read is on the trail.";

/// A page of an answer.
struct Page {
    /// Each exactly as it was hashed.
    records: Vec<String>,
    next: Option<String>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { filters, limit, json, whereabouts } = arguments;
    let left = match whereabouts.place()? {
        Place::Server(server) => {
            let mut cursor = None;
            let mut left = limit;
            while left > 0 {
                let page = ask(&server, &filters, cursor.as_deref(), left).await?;
                left = left.saturating_sub(page.records.len());
                if show(&page.records, json)? == Reader::IsGone {
                    return Ok(());
                }
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            left
        }
        Place::Here(file) => {
            let here = Offline::open(&file)?;
            let filters = filters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let query = Query::parse(filters, &here.pseudonyms, &here.subjects).map_err(refused)?;
            let (mut from, mut left) = (None, limit);
            while left > 0 {
                let found = here.index.find(here.store.as_ref(), &query, from, left.min(LIMIT_MAX))?;
                left = left.saturating_sub(found.records.len());
                let records: Vec<_> =
                    found.records.iter().map(|stored| String::from_utf8_lossy(&stored.record).into_owned()).collect();
                if show(&records, json)? == Reader::IsGone {
                    return Ok(());
                }
                from = found.next;
                if from.is_none() {
                    break;
                }
            }
            left
        }
    };
    if left == limit && !json {
        output::note("No record is like that.");
    }
    output::flush()
}

async fn ask(server: &Server, filters: &[(String, String)], cursor: Option<&str>, left: usize) -> anyhow::Result<Page> {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(filters).append_pair("limit", &left.min(LIMIT_MAX).to_string());
    query.extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
    let path = format!("/v1/trail/search?{}", query.finish());
    let text = server.read(Method::GET, &path, None).await?;
    // Not as `Value`, which would write the records anew.
    let page: Answer<'_> = serde_json::from_str(&text)?;
    Ok(Page { records: page.records.into_iter().map(|record| record.get().to_owned()).collect(), next: page.next })
}

#[derive(serde::Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    records: Vec<&'a serde_json::value::RawValue>,
    next: Option<String>,
}

fn show(records: &[String], json: bool) -> anyhow::Result<Reader> {
    for record in records {
        let line = if json { record.clone() } else { line(record) };
        if output::bytes(format!("{line}\n").as_bytes())? == Reader::IsGone {
            return Ok(Reader::IsGone);
        }
    }
    Ok(Reader::Reads)
}

/// A record as a line for people: where, when, what, and what it says by itself.
fn line(record: &str) -> String {
    let record: Value = serde_json::from_str(record).unwrap_or_default();
    let text = |name: &str| record.get(name).and_then(Value::as_str).map(output::visible).unwrap_or_default();
    let members = record.as_object().into_iter().flatten();
    let own = members.filter(|(name, _)| !matches!(name.as_str(), "v" | "seq" | "at" | "kind" | "private"));
    let said = own.filter_map(|(name, value)| match value {
        Value::String(text) => Some(format!("{name}={}", output::visible(text))),
        Value::Bool(_) | Value::Number(_) => Some(format!("{name}={value}")),
        Value::Object(of) => Some(format!("{name}={}", of.get("id").or_else(|| of.get("kind"))?.as_str()?)),
        Value::Array(_) | Value::Null => None,
    });
    let said: Vec<String> = said.collect();
    format!("{:>8}  {}  {:<24} {}", record.get("seq").unwrap_or(&Value::Null), text("at"), text("kind"), said.join(" "))
}

fn filter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a filter is written as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
