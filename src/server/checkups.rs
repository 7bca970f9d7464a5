//! Builds the doctor from what the server has, and has it look when it is due. Readiness does not go by what it finds: a
//! server that is taken out of service for a missing permission would take no alerts either.

use std::sync::Arc;
use std::time::Duration;

use super::{Reread, checkup};
use crate::admission::Admission;
use crate::config::Config;
use crate::directory::Directory;
use crate::doctor::{Doctor, Examined, Parts};
use crate::incident::{Check, Clock, Diagnosis};
use crate::intake::SourcesInForce;
use crate::notices::Post;
use crate::rules::InForce;
use crate::trail::Trail;
use crate::trail::tlog::{Anchored, Log};

/// How often it is looked whether a run is due.
const EVERY: Duration = Duration::from_secs(1);

/// What the server has, and the doctor needs.
pub(super) struct Has<'a> {
    pub(super) config: &'a Config,
    pub(super) reread: &'a Reread,
    pub(super) trail: &'a Arc<Trail>,
    pub(super) rules: &'a Arc<InForce>,
    pub(super) clock: &'a Arc<dyn Clock>,
    /// The trail's log, and where its checkpoints are kept beside it.
    pub(super) sealed: (Log, Anchored),
}

impl Has<'_> {
    /// The files are read anew each time, as the next start would. `directory` is the only way out.
    pub(super) fn doctor(
        &self,
        directory: &Arc<dyn Directory>,
        admission: &Arc<Admission>,
        sources: &Arc<SourcesInForce>,
    ) -> anyhow::Result<Arc<Doctor>> {
        let Self { config, reread, clock, .. } = *self;
        let post = Post::new(&config.notices)?;
        let (reread, sources) = (Arc::clone(reread), Arc::clone(sources));
        let (of_channels, ways) = (config.clone(), (Arc::clone(directory), Arc::clone(clock)));
        Ok(Doctor::new(Parts {
            trail: Arc::clone(self.trail),
            directory: Arc::clone(directory),
            admission: Arc::clone(admission),
            rules: Arc::clone(self.rules),
            clock: Arc::clone(clock),
            settings: config.doctor.clone(),
            own_corp_id: config.directory.corp_id.clone(),
            has_index: config.directory.index.is_some(),
            writes_one_to_one: checkup::writes_one_to_one(config),
            log: self.sealed.0.clone(),
            anchored: self.sealed.1.clone(),
            sources: Box::new(move || sources.now()),
            files: Arc::new(move || files(&reread)),
            channels: Box::new(move |send| {
                let (config, post, (directory, clock)) = (of_channels.clone(), post.clone(), ways.clone());
                Box::pin(async move {
                    if send {
                        return checkup::send_trials(&config, directory.as_ref(), &post, clock.as_ref()).await;
                    }
                    checkup::of_channels(&config)
                })
            }),
        }))
    }
}

fn files(reread: &Reread) -> Vec<Examined> {
    match reread() {
        Ok(config) => checkup::of_files(&config),
        Err(error) => {
            let refused = Diagnosis::ConfigurationRefused;
            let rest = [Check::Secrets, Check::Rules].map(|check| Examined::of(check, Diagnosis::Unreached));
            [vec![Examined::with(Check::Configuration, refused, format!("{error:#}"))], rest.to_vec()].concat()
        }
    }
}

/// Runs until aborted.
pub(super) async fn run(doctor: Arc<Doctor>, clock: Arc<dyn Clock>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = doctor.asked() => {}
        }
        if doctor.is_due(clock.now())
            && let Err(error) = doctor.examine().await
        {
            tracing::error!(%error, "what the doctor has found could not be recorded");
        }
    }
}
