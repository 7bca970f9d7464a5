//! A trail that no server has open, with all that says which names are one person's.

use std::path::Path;
use std::sync::Arc;

use crate::cli::local_actor;
use crate::cli::refused::refused;
use crate::config::{self, Config};
use crate::data_subjects::{self, Found, Name, Search};
use crate::incident::{AccountRef, Clock, Event, ReadWay, SubjectEvent, SystemClock};
use crate::roster::Roster;
use crate::rules;
use crate::server::{self, Opened};
use crate::trail::{self, OpenError, Pseudonyms, SubjectsError, Trail};

/// It, open for this command alone.
pub(super) struct Here {
    pub(super) trail: Arc<Trail>,
    pub(super) clock: Arc<dyn Clock>,
    config: Config,
    pseudonyms: Pseudonyms,
}

impl Here {
    pub(super) async fn open(file: &Path) -> anyhow::Result<Self> {
        let config = config::load(file, &[]).map_err(refused)?;
        let folder = config.resolve(&config.trail.path);
        if !trail::is_there(&folder) {
            return Err(refused(anyhow::anyhow!("there is no trail in {}", folder.display())));
        }
        let opened = {
            let config = config.clone();
            tokio::task::spawn_blocking(move || server::open_store(&config)).await?
        };
        let Opened { store, pseudonyms, subjects, .. } = opened.map_err(|error| {
            let is_in_use = matches!(error.downcast_ref(), Some(OpenError::InUse(_)))
                || matches!(error.downcast_ref(), Some(SubjectsError::InUse(_)));
            let advice = "a server runs: ask it with --server and --token-file";
            if is_in_use { refused(error.context(advice)) } else { error }
        })?;
        let trail = tokio::task::spawn_blocking(move || Trail::open_with(store, subjects)).await??;
        Ok(Self { trail, clock: Arc::new(SystemClock), config, pseudonyms })
    }

    /// What is kept on a person.
    pub(super) async fn find(&self, asked: &[AccountRef], only: bool) -> anyhow::Result<Found> {
        let names = if only { Name::asked(asked) } else { self.tied(asked).await? };
        let search = Search { trail: self.trail.clone(), pseudonyms: self.pseudonyms.clone(), names, only };
        Ok(tokio::task::spawn_blocking(move || search.run()).await??)
    }

    async fn tied(&self, asked: &[AccountRef]) -> anyhow::Result<Vec<Name>> {
        let folder = self.config.resolve(&self.config.rules.folder);
        let rules = rules::load_with(&folder, self.config.rules.statuses());
        let rules = rules.map_err(|errors| refused(anyhow::anyhow!("the rules are refused:\n{errors}")))?;
        let roster = match self.config.directory.index {
            Some(settings) => Some(Roster::open(self.trail.clone(), self.clock.clone(), settings).await?),
            None => None,
        };
        Ok(data_subjects::tied(asked, rules.identities(), roster.as_deref()))
    }

    /// Puts on the trail that this was read here.
    pub(super) async fn note(&self, way: ReadWay, records: &[u64]) -> anyhow::Result<()> {
        let event = Event::Subject(SubjectEvent::read(&local_actor::name(), way, records));
        Ok(self.trail.record(self.clock.now(), vec![event]).await?)
    }
}
