//! `portcullis incident replay`: decides the alert of an incident anew, from its record, and shows where that comes out
//! otherwise.

mod differences;
mod recorded;
mod rules_then;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use self::differences::{Difference, differences};
use self::recorded::Recorded;
use self::rules_then::RulesThen;
use crate::access::Tokens;
use crate::admission::Admission;
use crate::cli::local_actor;
use crate::cli::output::{self, counted};
use crate::cli::refused::refused;
use crate::config::{self, Config};
use crate::incident::{Clock as _, Event, HandSetClock, IncidentId, ReadWay, SubjectEvent, SystemClock};
use crate::intake::Recall;
use crate::rules::{InForce, Loaded, Responders};
use crate::server::{self, Opened};
use crate::trail::{Past, Pseudonyms, Store, Trail, is_there, note};

/// What `incident replay` takes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// The incident's id.
    incident: String,
    /// The configuration file of a server that does not run.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// The rules as they were then, where the folder of the configuration has others; if Git knows the commit that was
    /// checked out then, they are read from there.
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
The alert is taken from its record and from what lies beside it, the rules are those whose digest is on the record, and
everything else that decided (pauses, budgets, what was contained, windows of correlations) is what the trail says up to
that record. The same record gives the same decision, or it is shown what is other.

What it does not do: it asks DingTalk nothing, so what was found there later is not decided anew; how many people there
were is taken from the last directory.synced before, and of departments it is not known; who may respond, and what the
source's events mean, is as the configuration says today.

Exit codes:
  0  the same was decided
  1  something else was decided, or it cannot be known: what lay beside the record is erased, the rules of then are
     not there, or the source is not configured any more
  2  refused: the command line or the configuration is wrong";

/// Not decided anew, whatever comes out.
const NOT_REPLAYED: [&str; 3] = [
    "what DingTalk was asked after the decision, and what it answered",
    "budgets of departments, as it is not recorded how many people were in them",
    "who may respond and how the source's events are read, which is as configured today",
];

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let id = IncidentId::parse(&arguments.incident).map_err(|error| refused(anyhow::Error::new(error)))?;
    let config = config::load(&arguments.config, &[]).map_err(refused)?;
    let folder = config.resolve(&config.trail.path);
    anyhow::ensure!(is_there(&folder), "there is no trail in {}", folder.display());
    let Opened { store, pseudonyms, subjects, .. } = server::open_store(&config)?;
    let recorded = Recorded::find(store.as_ref(), &subjects, &id)?;
    // Before anybody sees what comes of it.
    let read = SubjectEvent::read(&local_actor::name(), ReadWay::Replay, &[recorded.seq]);
    note(store.as_ref(), SystemClock.now(), Event::Subject(read))?.await?;
    let folder = arguments.rules.clone().unwrap_or_else(|| config.resolve(&config.rules.folder));
    let rules = RulesThen::find(store.as_ref(), &recorded, &folder, config.rules.statuses())?;
    let from = rules.from.clone();
    let decided = decide(&config, &store, pseudonyms, &recorded, rules)?;
    let differences = differences(&recorded.decision(), &decided);
    told(arguments, &recorded, &from, &differences)
}

/// Decides by the trail as it was before the alert.
fn decide(
    config: &Config,
    store: &Arc<dyn Store>,
    pseudonyms: Pseudonyms,
    recorded: &Recorded,
    rules: RulesThen,
) -> anyhow::Result<Value> {
    let name = &recorded.alert.source;
    let settings = config.intake.sources.get(name).with_context(|| {
        format!("it cannot be known what would be decided: the source {name} is not configured any more")
    })?;
    let alert = Recall::of(name, settings).map_err(refused)?.recorded(recorded.alert.clone(), recorded.event.clone());
    let trail = Trail::open(Arc::new(Past::before(Arc::clone(store), recorded.seq)))?;
    let responders = Arc::new(Responders::of(Tokens::new(&config.access)?.responders()));
    let loaded = Loaded { set: rules.set, since: recorded.at, commit: None, signer: None };
    let rules = Arc::new(InForce::protecting(responders, loaded));
    let clock = Arc::new(HandSetClock::at(recorded.at));
    let admission = Admission::new(trail, rules, pseudonyms, clock, None, config.admission.clone());
    Ok(recorded::decision_of(&admission.decided_again(alert, recorded.people)?))
}

fn told(arguments: &Arguments, recorded: &Recorded, from: &str, differences: &[Difference]) -> anyhow::Result<()> {
    if arguments.json {
        output::line(json!({
            "incident": arguments.incident,
            "record": recorded.seq,
            "at": recorded.at,
            "rules": recorded.rules,
            "rules_from": from,
            "same": differences.is_empty(),
            "differences": differences,
            "not_replayed": NOT_REPLAYED,
        }))?;
    } else {
        output::line(format_args!("{}, alert {} of record {}", arguments.incident, recorded.alert.id, recorded.seq))?;
        output::line(format_args!("  decided {} by the rules {}", recorded.at, recorded.rules))?;
        output::line(format_args!("  the rules are from {}", output::visible(from)))?;
        for Difference { place, then, now } in differences {
            output::line(format_args!("  {place}: then {}, now {}", words(then), words(now)))?;
        }
        if differences.is_empty() {
            output::line("The same is decided again.")?;
        }
        NOT_REPLAYED.iter().try_for_each(|what| output::line(format_args!("  not replayed: {what}")))?;
    }
    anyhow::ensure!(
        differences.is_empty(),
        "something else is decided now: {}",
        counted(differences.len(), "difference")
    );
    Ok(())
}

fn words(value: &Value) -> String {
    output::visible(&value.to_string())
}
