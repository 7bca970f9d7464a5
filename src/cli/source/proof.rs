//! How a new source proves itself, as `source add` writes it into the configuration.

use clap::Args;
use toml_edit::{Array, InlineTable, Value};

use super::super::refused::refused;
use crate::intake::{SecretPlace, SourceKind};

/// Google's names for itself, which are the same for every push of Pub/Sub.
const GOOGLE: &str = "https://accounts.google.com";
const GOOGLE_JWKS: &str = "https://www.googleapis.com/oauth2/v3/certs";

/// What a sender is known by, where its kind alone does not say it.
#[derive(Debug, Args)]
pub(super) struct Proof {
    /// How it signs, if not as its kind does.
    #[arg(long, value_name = "SIGNATURE")]
    signature: Option<String>,
    /// Where it shows its secret, if it does not sign and not as its kind does: `header:NAME`, `query:NAME`, `path` or
    /// `member:NAME`.
    #[arg(long, value_name = "PLACE", value_parser = place, conflicts_with = "signature")]
    secret_in: Option<SecretPlace>,
    /// The issuer of a sender that publishes its keys, letter by letter: `https://your-org.okta.com`.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Our own name in what such a sender signs; may be said several times.
    #[arg(long, value_name = "NAME")]
    audience: Vec<String>,
    /// Where it publishes its keys.
    #[arg(long, value_name = "URL")]
    jwks: Option<String>,
    /// The service account that pushes, for `google-pubsub`.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A topic that counts, for `sns`; may be said several times.
    #[arg(long = "topic", value_name = "ARN")]
    topics: Vec<String>,
    /// The app's Client ID, or the corpId, for `dingtalk-events`.
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
}

impl Proof {
    /// Key and value, as they stand in the source's table. `None` where the kind says it all. `steps` is what to do at
    /// the sender, for whoever has to look something up there.
    ///
    /// # Errors
    /// Something that the kind needs is not said, or something is said that it does not take.
    pub(super) fn of(&self, kind: SourceKind, steps: &str) -> anyhow::Result<Option<(&'static str, Value)>> {
        self.refuse_others(kind)?;
        let needed = |name: &str, said| needed(kind, name, said, steps);
        Ok(match kind {
            SourceKind::Ssf | SourceKind::OktaSsf => {
                let issuer = needed("--issuer", self.issuer.as_ref())?;
                let okta = || format!("{}/oauth2/v1/keys", issuer.trim_end_matches('/'));
                let own = (kind == SourceKind::OktaSsf).then(okta);
                let jwks = needed("--jwks", self.jwks.as_ref().or(own.as_ref()))?;
                Some((
                    "set",
                    table([("issuer", text(issuer)), ("audience", self.audience(kind, steps)?), ("jwks", text(jwks))]),
                ))
            }
            SourceKind::GooglePubsub => {
                let email = needed("--email", self.email.as_ref())?;
                let claim = table([("name", text("email")), ("value", text(email))]);
                let issuer = self.issuer.as_deref().unwrap_or(GOOGLE);
                let jwks = self.jwks.as_deref().unwrap_or(GOOGLE_JWKS);
                let claims = Value::Array(Array::from_iter([claim]));
                let audience = self.audience(kind, steps)?;
                let said = [("issuer", text(issuer)), ("audience", audience), ("jwks", text(jwks)), ("claims", claims)];
                Some(("jwt", table(said)))
            }
            SourceKind::Sns => {
                needed("--topic", self.topics.first())?;
                Some(("sns", table([("topics", list(&self.topics))])))
            }
            SourceKind::DingtalkEvents => {
                Some(("dingtalk", table([("owner", text(needed("--owner", self.owner.as_ref())?))])))
            }
            _ if self.shows_token() => {
                let (issuer, jwks) = (needed("--issuer", self.issuer.as_ref())?, needed("--jwks", self.jwks.as_ref())?);
                let audience = self.audience(kind, steps)?;
                Some(("jwt", table([("issuer", text(issuer)), ("audience", audience), ("jwks", text(jwks))])))
            }
            _ => {
                let shown = self.secret_in.as_ref().map(|place| ("secret_in", written(place)));
                self.signature.as_ref().map(|signature| ("signature", text(signature))).or(shown)
            }
        })
    }

    fn audience(&self, kind: SourceKind, steps: &str) -> anyhow::Result<Value> {
        needed(kind, "--audience", self.audience.first(), steps)?;
        Ok(list(&self.audience))
    }

    /// Whether it is said by whose token it is known.
    fn shows_token(&self) -> bool {
        self.issuer.is_some() || self.jwks.is_some() || !self.audience.is_empty()
    }

    /// What is said and would be of no effect is a mistake.
    fn refuse_others(&self, kind: SourceKind) -> anyhow::Result<()> {
        let takes: &[&str] = match kind {
            SourceKind::Ssf | SourceKind::OktaSsf => &["--issuer", "--audience", "--jwks"],
            SourceKind::GooglePubsub => &["--issuer", "--audience", "--jwks", "--email"],
            SourceKind::Sns => &["--topic"],
            SourceKind::DingtalkEvents => &["--owner"],
            _ if self.shows_token() => &["--issuer", "--audience", "--jwks"],
            _ => &["--signature", "--secret-in"],
        };
        let said = [
            ("--signature", self.signature.is_some()),
            ("--secret-in", self.secret_in.is_some()),
            ("--issuer", self.issuer.is_some()),
            ("--audience", !self.audience.is_empty()),
            ("--jwks", self.jwks.is_some()),
            ("--email", self.email.is_some()),
            ("--topic", !self.topics.is_empty()),
            ("--owner", self.owner.is_some()),
        ];
        match said.into_iter().find(|(name, is_said)| *is_said && !takes.contains(name)) {
            Some((name, _)) => Err(refused(anyhow::anyhow!("{} takes no {name}", kind.as_str()))),
            None => Ok(()),
        }
    }
}

/// A place as somebody types it.
fn place(said: &str) -> Result<SecretPlace, String> {
    match said.split_once(':') {
        None if said == "path" => Ok(SecretPlace::Path),
        Some(("header", name)) if !name.is_empty() => Ok(SecretPlace::Header(name.to_owned())),
        Some(("query", name)) if !name.is_empty() => Ok(SecretPlace::Query(name.to_owned())),
        Some(("member", name)) if !name.is_empty() => Ok(SecretPlace::Member(name.to_owned())),
        _ => Err("expected header:NAME, query:NAME, path or member:NAME".to_owned()),
    }
}

/// As it stands in the configuration.
fn written(place: &SecretPlace) -> Value {
    match place {
        SecretPlace::Header(name) => table([("header", text(name))]),
        SecretPlace::Query(name) => table([("query", text(name))]),
        SecretPlace::Path => text("path"),
        SecretPlace::Member(name) => table([("member", text(name))]),
    }
}

fn needed<'s>(kind: SourceKind, name: &str, said: Option<&'s String>, steps: &str) -> anyhow::Result<&'s str> {
    said.map(String::as_str)
        .ok_or_else(|| refused(anyhow::anyhow!("{} needs {name}. At the sender:\n{steps}", kind.as_str())))
}

fn text(text: &str) -> Value {
    text.into()
}

fn list(texts: &[String]) -> Value {
    Value::Array(texts.iter().map(String::as_str).collect())
}

fn table<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut table = InlineTable::new();
    for (name, value) in members {
        table.insert(name, value);
    }
    Value::InlineTable(table)
}
