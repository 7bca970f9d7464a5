//! People who sign in with their identity provider: OpenID Connect's authorization code flow with PKCE
//! (<https://openid.net/specs/openid-connect-core-1_0.html>, RFC 7636), by the crate `openidconnect`. Roles come from a claim.

mod claims;
mod settings;
mod wire;

use std::collections::HashMap;
use std::sync::{Mutex as Lock, PoisonError};
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use tokio::sync::Mutex;

use super::Actor;
use super::sessions::random;
use crate::incident::{Digest, Role, Timestamp};
use claims::Others;
pub use settings::{OidcSettings, OidcSetupError};

/// Where the provider sends people back to, below our own address.
pub const CALLBACK: &str = "/sign-in/callback";
/// The most who are on their way at a time; the one who left first is forgotten beyond it.
const PENDING_MAX: usize = 10_000;
/// How long somebody may take at their provider, in seconds.
const PENDING_S: i64 = 600;
/// What the provider publishes is read anew after so long, in seconds; where a key is missing, after a minute.
const KNOWN_S: i64 = 3_600;
/// Nobody makes us ask a provider for its keys more often, in seconds.
const REFETCH_S: i64 = 60;
/// How far the clocks may be apart, in seconds.
const SKEW_S: i64 = 60;
/// What it may sign with: asymmetric, and nothing that is broken.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 6] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Answered = StandardTokenResponse<Fields, CoreTokenType>;
type Client = openidconnect::Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Answered,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

/// The provider, and who is on their way there.
pub struct Oidc {
    settings: OidcSettings,
    issuer: IssuerUrl,
    secret: ClientSecret,
    redirect: RedirectUrl,
    http: reqwest::Client,
    known: Mutex<Option<Known>>,
    pending: Lock<HashMap<Digest, Pending>>,
}

/// What the provider publishes, and when it was read.
struct Known {
    metadata: CoreProviderMetadata,
    at: Timestamp,
}

/// Somebody who is at their provider.
struct Pending {
    binding: Digest,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    again: bool,
    to: String,
    since: Timestamp,
}

/// Where somebody goes to sign in.
pub struct Begun {
    /// The provider's page.
    pub url: String,
    /// What their browser keeps, so that nobody else comes back in their place.
    pub binding: String,
}

/// Somebody who came back.
pub struct Returned {
    /// Who it is.
    pub actor: Actor,
    /// Where they wanted to go.
    pub to: String,
    /// Whether they were to show again who they are.
    pub again: bool,
}

/// Why nobody signs in.
#[derive(Debug, thiserror::Error)]
pub enum OidcRefused {
    /// It cannot be reached, or says what cannot be read.
    #[error("the identity provider cannot be asked: {0}")]
    Unavailable(String),
    /// Nobody with this browser is on their way, or no more.
    #[error("nobody is on their way with this state")]
    NotOnTheirWay,
    /// The provider says no.
    #[error("the identity provider refuses: {0}")]
    Provider(String),
    /// What it says of them cannot be believed.
    #[error("the ID token is refused: {0}")]
    Token(String),
    /// It says nothing of them that gives them a role.
    #[error("no role follows from the claim")]
    NoRole,
    /// It gives them a name that cannot stand on the trail.
    #[error("the claim for the name is missing or unfit")]
    NoName,
}

impl Oidc {
    /// By these settings; people come back to `public_url`.
    ///
    /// # Errors
    /// Something in the settings cannot be.
    pub fn new(settings: OidcSettings, secret: &str, public_url: &str) -> Result<Self, OidcSetupError> {
        let issuer = settings.issuer()?;
        let redirect = RedirectUrl::new(format!("{}{CALLBACK}", public_url.trim_end_matches('/')));
        let redirect = redirect.map_err(|_| OidcSetupError::PublicUrl)?;
        Ok(Self {
            issuer,
            secret: ClientSecret::new(secret.to_owned()),
            redirect,
            http: wire::client()?,
            settings,
            known: Mutex::default(),
            pending: Lock::default(),
        })
    }

    /// Whether some of its people are administrators.
    #[must_use]
    pub fn has_admins(&self) -> bool {
        self.settings.roles.values().any(|role| *role == Role::Admin)
    }

    /// What the provider is called on the page.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Sends somebody on their way; `again`, if they are to show once more who they are.
    ///
    /// # Errors
    /// The provider cannot be asked where that is.
    pub async fn begin(&self, again: bool, to: &str, now: Timestamp) -> Result<Begun, OidcRefused> {
        let client = self.client(now, KNOWN_S).await?;
        let secret = || random().map_err(|error| OidcRefused::Unavailable(error.to_string()));
        let (state, nonce, binding) = (secret()?, secret()?, secret()?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (own_state, own_nonce) = (state.clone(), nonce.clone());
        let mut asked = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(own_state),
            move || Nonce::new(own_nonce),
        );
        asked = asked.set_pkce_challenge(challenge).add_scopes(self.settings.scopes.iter().cloned().map(Scope::new));
        if again {
            asked = asked.set_max_age(Duration::ZERO).add_prompt(CoreAuthPrompt::Login);
        }
        let (url, ..) = asked.url();
        let pending = Pending {
            binding: Digest::of(binding.as_bytes()),
            nonce: Nonce::new(nonce),
            verifier,
            again,
            to: to.to_owned(),
            since: now,
        };
        self.keep(&state, pending, now);
        Ok(Begun { url: url.into(), binding })
    }

    fn keep(&self, state: &str, pending: Pending, now: Timestamp) {
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, pending| age_s(pending.since, now) < PENDING_S);
        if all.len() >= PENDING_MAX {
            let first = all.iter().min_by_key(|(_, pending)| pending.since).map(|(state, _)| *state);
            first.and_then(|state| all.remove(&state));
        }
        all.insert(Digest::of(state.as_bytes()), pending);
    }

    /// Whoever came back with this state and code, and a browser that kept `binding`. A state is good once.
    ///
    /// # Errors
    /// Nobody is on their way with them, or nothing follows from what the provider says.
    pub async fn finish(
        &self,
        state: &str,
        code: &str,
        binding: Option<&str>,
        now: Timestamp,
    ) -> Result<Returned, OidcRefused> {
        let pending = self.take(state, binding, now).ok_or(OidcRefused::NotOnTheirWay)?;
        let client = self.client(now, KNOWN_S).await?;
        let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let exchange = exchange.map_err(|error| OidcRefused::Unavailable(error.to_string()))?;
        let Pending { nonce, verifier, again, to, since, .. } = pending;
        let http = |request| wire::send(&self.http, request);
        let answered = exchange.set_pkce_verifier(verifier).request_async(&http).await;
        let answered: Answered = answered.map_err(|error| OidcRefused::Provider(error.to_string()))?;
        let asked = Asked { nonce, since: again.then_some(since), now };
        let said = match asked.claims(&client, &answered) {
            // It may have another key by now.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                asked.claims(&self.client(now, REFETCH_S).await?, &answered)
            }
            said => said,
        };
        let said = said.map_err(|error| OidcRefused::Token(error.to_string()))?;
        Ok(Returned { actor: claims::actor(&self.settings, &said)?, to, again })
    }

    fn take(&self, state: &str, binding: Option<&str>, now: Timestamp) -> Option<Pending> {
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = all.remove(&Digest::of(state.as_bytes()))?;
        let is_theirs = binding.is_some_and(|binding| Digest::of(binding.as_bytes()) == pending.binding);
        (is_theirs && age_s(pending.since, now) < PENDING_S).then_some(pending)
    }

    /// By what the provider publishes, read at most `age` seconds ago.
    async fn client(&self, now: Timestamp, age: i64) -> Result<Client, OidcRefused> {
        let mut known = self.known.lock().await;
        let is_good = known.as_ref().is_some_and(|known| age_s(known.at, now) < age);
        if !is_good {
            let http = |request| wire::send(&self.http, request);
            let read = CoreProviderMetadata::discover_async(self.issuer.clone(), &http).await;
            let metadata = read.map_err(|error| OidcRefused::Unavailable(error.to_string()))?;
            *known = Some(Known { metadata, at: now });
        }
        let metadata = known.as_ref().map(|known| known.metadata.clone());
        let metadata = metadata.ok_or_else(|| OidcRefused::Unavailable("nothing is known of it".to_owned()))?;
        let id = ClientId::new(self.settings.client_id.clone());
        let client = Client::from_provider_metadata(metadata, id, Some(self.secret.clone()));
        Ok(client.set_redirect_uri(self.redirect.clone()))
    }
}

/// What an ID token has to fit.
struct Asked {
    nonce: Nonce,
    /// They have to have signed in since.
    since: Option<Timestamp>,
    now: Timestamp,
}

impl Asked {
    /// What the provider says of them, once all of it is verified.
    fn claims(&self, client: &Client, answered: &Answered) -> Result<serde_json::Value, ClaimsVerificationError> {
        let Some(token) = answered.id_token() else {
            return Err(ClaimsVerificationError::Other("there is none".to_owned()));
        };
        let (now, since) = (self.now.as_second(), self.since.map(Timestamp::as_second));
        let verifier = client.id_token_verifier();
        let verifier = verifier.set_allowed_algs(ALGORITHMS).set_time_fn(move || wire::chrono(now));
        let verifier = verifier.set_issue_time_verifier_fn(move |issued| {
            let is_fit = (now - PENDING_S..=now + SKEW_S).contains(&issued.timestamp());
            if is_fit { Ok(()) } else { Err("it was issued at another time".to_owned()) }
        });
        let verifier = verifier.set_auth_time_verifier_fn(move |shown| match (since, shown) {
            (None, _) => Ok(()),
            (Some(since), Some(shown)) if shown.timestamp() >= since - SKEW_S => Ok(()),
            _ => Err("they have not signed in anew".to_owned()),
        });
        let claims = token.claims(&verifier, &self.nonce)?;
        serde_json::to_value(claims).map_err(|error| ClaimsVerificationError::Other(error.to_string()))
    }
}

/// How long ago, in seconds; nothing, where the clock was set back.
fn age_s(then: Timestamp, now: Timestamp) -> i64 {
    now.as_second().saturating_sub(then.as_second()).max(0)
}
