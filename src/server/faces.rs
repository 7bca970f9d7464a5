//! What people see: the pages, and the link by which the first of them signs in.

use std::sync::Arc;

use actix_web::web::Data;

use super::app::App;
use crate::api::State;
use crate::config::Config;
use crate::console::Console;

/// The pages over what the API stands on.
pub(super) fn console(config: &Config, state: &State) -> Data<Console> {
    Data::new(Console {
        trail: state.trail.clone(),
        access: state.access.clone(),
        decisions: state.decisions.clone(),
        rules: state.rules.clone(),
        bar: state.bar,
        clock: Arc::clone(&state.clock),
        inspection: state.inspection(),
        anchors: state.anchors.clone(),
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
