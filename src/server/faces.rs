//! What people come in by and see: access, the pages, and the link by which the first of them signs in.

use std::sync::Arc;

use actix_web::web::Data;

use super::app::App;
use crate::access::{Access, Tokens};
use crate::api::State;
use crate::config::Config;
use crate::console::Console;
use crate::trail::Trail;

/// Who has access: by the configuration, and by what was given out since.
pub(super) fn access(config: &Config, trail: &Arc<Trail>) -> anyhow::Result<Arc<Access>> {
    Ok(Arc::new(Access::new(Tokens::new(&config.access)?, &config.access, trail.clone())))
}

/// The pages over what the API stands on.
pub(super) fn console(config: &Config, state: &State) -> Data<Console> {
    Data::new(Console {
        trail: state.trail.clone(),
        access: state.access.clone(),
        decisions: state.decisions.clone(),
        rules: state.rules.clone(),
        bar: state.bar,
        clock: Arc::clone(&state.clock),
        is_dry_run: config.directory.dry_run,
    })
}

impl App {
    /// The link of the first start, by which one may sign in as an administrator, once; nothing, where some token is one's.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn first_sign_in(&self) -> anyhow::Result<Option<String>> {
        let (access, now) = (&self.state().access, self.state().clock.now());
        if access.has_admin(now) {
            return Ok(None);
        }
        Ok(Some(format!("{}/sign-in/first/{}", self.url(), access.first().make()?)))
    }
}
