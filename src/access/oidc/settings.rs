//! How the identity provider is set up.

use std::collections::BTreeMap;
use std::path::PathBuf;

use openidconnect::IssuerUrl;
use serde::Deserialize;

use crate::incident::Role;

/// The identity provider with which people sign in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// Its issuer, such as `https://login.example.com/realms/company`.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// A file with the secret that it gave us, readable by its owner only.
    pub client_secret_file: PathBuf,
    /// What it is called on the page.
    #[serde(default = "name")]
    pub name: String,
    /// What is asked for, beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim with the name under which they stand on the trail. One that the provider gives to nobody else later.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// The claim from which their role follows: a text or a list of texts.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
    /// Which text of that claim is which role. Who has several is the first of admin, responder, engineer, auditor.
    pub roles: BTreeMap<String, Role>,
    /// The claim with the userid of their own account in the organization, if there is one.
    #[serde(default)]
    pub user_id_claim: Option<String>,
}

fn name() -> String {
    "single sign-on".to_owned()
}

fn scopes() -> Vec<String> {
    vec!["profile".to_owned()]
}

fn name_claim() -> String {
    "preferred_username".to_owned()
}

fn roles_claim() -> String {
    "groups".to_owned()
}

/// Why nobody could sign in by these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcSetupError {
    /// What an identity provider says in the clear anybody can say.
    #[error("[access.oidc] issuer must be an address with https")]
    Issuer,
    /// The provider has to know where to send people back to.
    #[error("[access.oidc] wants [notices] public_url, the address at which people see the pages")]
    PublicUrl,
    /// Nobody would have a role.
    #[error("[access.oidc] roles is empty, so nobody could do anything")]
    NoRoles,
    /// Nothing can be asked over the network.
    #[error("[access.oidc] no HTTP client can be made")]
    Client,
}

impl OidcSettings {
    /// The issuer. Over plain HTTP only on this machine, for tests.
    pub(super) fn issuer(&self) -> Result<IssuerUrl, OidcSetupError> {
        let is_safe = self.issuer.starts_with("https://")
            || ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"]
                .iter()
                .any(|own| self.issuer.starts_with(own));
        if self.roles.is_empty() {
            return Err(OidcSetupError::NoRoles);
        }
        IssuerUrl::new(self.issuer.clone()).ok().filter(|_| is_safe).ok_or(OidcSetupError::Issuer)
    }
}
