//! `portcullis directory sync`: reads the whole organization into the directory index. A running server is asked to; where
//! none runs, it is done here.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::client;
use super::kept::{self, Holder};
use crate::cli::client::{Server, Whereabouts};
use crate::cli::output::{self, counted};
use crate::config::Config;
use crate::roster::{Progress, Roster, RosterError, Synced, wait_after};

/// How often a server is asked how far it is, and progress is shown.
const EVERY: Duration = Duration::from_secs(1);
/// After so many failures in a row, without anything read between them, it is given up; what was read stands.
const FAILURES_MAX: u32 = 8;

/// What `directory sync` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    whereabouts: Whereabouts,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match Holder::of(arguments.whereabouts)? {
        Holder::Server(server) => ask(&server).await,
        Holder::Nobody(config) => here(&config).await,
    }
}

async fn here(config: &Config) -> anyhow::Result<()> {
    let dingtalk = client(config)?;
    let roster = kept::open(config).await?;
    let showing = tokio::spawn(show(Arc::clone(&roster)));
    let synced = read(&roster, &dingtalk).await;
    showing.abort();
    let Synced { people, departments } = synced?;
    done(people, departments)
}

/// Reads until all is read; what waiting mends is waited for.
async fn read(roster: &Roster, dingtalk: &crate::directory::DingTalk) -> anyhow::Result<Synced> {
    let (mut failures, mut reached) = (0, *roster.progress().borrow());
    loop {
        let error = match roster.sync(dingtalk).await {
            Ok(synced) => return Ok(synced),
            Err(error) => error,
        };
        let now = *roster.progress().borrow();
        failures = if now == reached { failures + 1 } else { 1 };
        reached = now;
        match wait_after(&error, failures) {
            Some(wait) if failures < FAILURES_MAX => {
                output::note(format_args!("{error}; going on in {} s", wait.as_secs()));
                tokio::time::sleep(wait).await;
            }
            _ => return Err(told(error)),
        }
    }
}

fn told(error: RosterError) -> anyhow::Error {
    match error {
        RosterError::Directory(failure) => super::failed(&failure),
        error => error.into(),
    }
}

/// One line that is written anew, for whoever sits before it.
async fn show(roster: Arc<Roster>) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let Progress { departments, walked, people, roles, roles_walked, .. } = *roster.progress().borrow();
        output::note(format_args!(
            "{walked} of {}, {people} people; {roles_walked} of {}",
            counted(departments, "department"),
            counted(roles, "role")
        ));
    }
}

/// Has a server read, and waits for the end.
async fn ask(server: &Server) -> anyhow::Result<()> {
    let mut page = server.ask(Method::POST, "/v1/directory/sync", None).await?;
    let number = |page: &Value, pointer: &str| page.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    let is = |page: &Value, pointer: &str| page.pointer(pointer) == Some(&Value::Bool(true));
    let mut ticks = tokio::time::interval(EVERY);
    while is(&page, "/is_pending") {
        ticks.tick().await;
        page = server.ask(Method::GET, "/v1/directory", None).await?;
        let is_running = is(&page, "/progress/is_running");
        let failure = page.get("failure").and_then(Value::as_str).filter(|_| !is_running);
        anyhow::ensure!(failure.is_none(), "{}; it goes on later", output::visible(failure.unwrap_or_default()));
        if std::io::stderr().is_terminal() && is_running {
            let (walked, departments) = (number(&page, "/progress/walked"), number(&page, "/progress/departments"));
            let people = number(&page, "/progress/people");
            output::note(format_args!("{walked} of {}, {people} people", counted(departments, "department")));
        }
    }
    done(number(&page, "/people"), number(&page, "/departments"))
}

fn done(people: impl std::fmt::Display, departments: impl std::fmt::Display) -> anyhow::Result<()> {
    output::line(format_args!("The directory index knows {people} people in {}.", counted(departments, "department")))
}
