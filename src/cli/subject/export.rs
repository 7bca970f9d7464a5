//! `portcullis subject export`: all that is kept on a person.

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Person;
use super::here::Here;
use crate::cli::client::{Place, Server};
use crate::cli::output;
use crate::data_subjects;
use crate::incident::ReadWay;

/// What `subject export` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    person: Person,
}

pub(super) async fn run(Arguments { person }: Arguments) -> anyhow::Result<()> {
    let (names, body, only) = (person.names()?, person.body()?, person.only);
    match person.whereabouts.place()? {
        Place::Server(server) => of_server(&server, body).await,
        Place::Here(file) => {
            let here = Here::open(&file).await?;
            let found = here.find(&names, only).await?;
            let read: Vec<u64> = found.beside.iter().copied().collect();
            // Before anything is seen.
            here.note(ReadWay::Export, &read).await?;
            output::line(json!({ "names": found.names }))?;
            let mut from = Some(0);
            while let Some(first) = from {
                let (trail, found) = (here.trail.clone(), found.clone());
                let (page, next) =
                    tokio::task::spawn_blocking(move || data_subjects::page(&trail, &found, first)).await??;
                for exported in page {
                    output::line(serde_json::to_string(&exported)?)?;
                }
                from = next;
            }
            output::flush()
        }
    }
}

/// A page of a server's answer, its records to the byte.
#[derive(Deserialize)]
struct Page {
    names: Value,
    records: Vec<Box<RawValue>>,
    next: Option<u64>,
}

async fn of_server(server: &Server, mut body: Value) -> anyhow::Result<()> {
    let mut is_first = true;
    loop {
        let page = server.read(Method::POST, "/v1/subjects/export", Some(body.clone())).await?;
        let Page { names, records, next } = serde_json::from_str(&page).context("the answer is not understood")?;
        if std::mem::take(&mut is_first) {
            output::line(json!({ "names": names }))?;
        }
        for record in records {
            output::line(record)?;
        }
        match (next, body.as_object_mut()) {
            (Some(next), Some(members)) => members.insert("from".to_owned(), next.into()),
            _ => return output::flush(),
        };
    }
}
