//! What people come in by and see: access, the pages, and the link by which the first of them signs in.

use std::sync::Arc;

use actix_web::web::Data;
use anyhow::Context as _;
use secrecy::ExposeSecret as _;

use super::app::App;
use crate::access::{Access, Oidc, OidcSetupError, Tokens};
use crate::api::State;
use crate::config::Config;
use crate::console::{Backtests, Console};
use crate::intake;
use crate::trail::Trail;

/// The longest secret that an identity provider gives, in bytes.
const SECRET_BYTES_MAX: u64 = 4 * 1024;

/// Who has access: by the configuration, and by what was given out since.
pub(super) fn access(config: &Config, trail: &Arc<Trail>) -> anyhow::Result<Arc<Access>> {
    Ok(Arc::new(Access::new(Tokens::new(&config.access)?, &config.access, oidc(config)?, trail.clone())))
}

/// The identity provider, with the secret that it knows us by.
pub(super) fn oidc(config: &Config) -> anyhow::Result<Option<Oidc>> {
    let Some(settings) = &config.access.oidc else { return Ok(None) };
    let file = config.resolve(&settings.client_secret_file);
    let secret = intake::read_private(&file, SECRET_BYTES_MAX);
    let secret = secret.with_context(|| format!("[access.oidc] {} cannot be used", file.display()))?;
    let secret = std::str::from_utf8(secret.expose_secret()).context("[access.oidc] the secret is no text")?;
    let public_url = config.notices.public_url().map_err(anyhow::Error::msg)?.ok_or(OidcSetupError::PublicUrl)?;
    Ok(Some(Oidc::new(settings.clone(), secret.trim(), &public_url)?))
}

/// The pages over what the API stands on.
pub(super) fn console(config: &Config, state: &State) -> Data<Console> {
    Data::new(Console {
        trail: state.trail.clone(),
        access: state.access.clone(),
        decisions: state.decisions.clone(),
        rules: state.rules.clone(),
        reloader: state.reloader.clone(),
        backtests: Backtests::default(),
        sources: state.sources.clone(),
        roster: state.roster.clone(),
        bar: state.bar,
        clock: Arc::clone(&state.clock),
        inspection: state.inspection(),
        kept: state.kept(),
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
