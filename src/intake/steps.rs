//! What an operator does at a sender, by what proves its source: the lines of the kind's guide that are for it.
//!
//! A line may begin with marks in brackets, `[header]` or `[query path]`, and then is for sources that prove themselves
//! so; one without is for all. `{url}` stands for the source's address with the secret in it where that is its place,
//! `{secret}` for the secret, `{secret_in_url}` for that as a URL has it, `{scheme}` and `{credentials}` for its halves,
//! and `{header}`, `{query}` and `{member}` for the name of its place. `{address}` is the address alone.

use std::borrow::Cow;

use super::kind::Usual;
use super::scheme::SecretFormat;
use super::settings::How;
use super::shared::SecretPlace;
use super::{SchemeName, SignatureSettings, SourceKind, SourceSettings};

/// How a step begins that says how a sender could sign better: nothing for whoever has said how it proves itself.
const BETTER: &str = "Better: ";
/// What is left to do there for Grafana's own header with the time.
const GRAFANAS_TIME: &str = "Timestamp header, beside the signature: X-Grafana-Alerting-Timestamp";
/// Where no line of a guide has the secret.
const NO_HEADER: &str =
    "No setting of such a sender is known here that shows it: let what stands between add {header}: {secret}";
const NO_MEMBER: &str = "No setting of such a sender is known here that shows it: let what stands between add \"{member}\": \"{secret}\" to \
     each event";
/// The scheme before credentials, unless they have one.
const BEARER: &str = "Bearer";

/// What proves a source, as far as somebody does something for it at the sender.
enum Proof {
    /// A signature by a secret of both sides; by this one of those that are known.
    Signs(Option<SchemeName>),
    /// A signature by a key of which we have the public half.
    Key,
    Shows(SecretPlace),
    Token,
    /// What the guide says to all.
    Own,
}

impl SourceSettings {
    /// Whether the secret is one that the sender makes and shows; of a key pair, the public half.
    #[must_use]
    pub fn sender_makes_secret(&self) -> bool {
        let signs = matches!(self.how(), Ok(How::Signs(_)));
        self.takes_public_key() || (signs && self.kind.makes_secret() && !self.is_signed_for())
    }

    /// Whether it signs by a key of which we have the public half as its secret.
    #[must_use]
    pub fn takes_public_key(&self) -> bool {
        matches!(self.how(), Ok(How::Signs(scheme)) if scheme.secret == SecretFormat::Whpk)
    }

    /// Whether something else signs for the sender: it is to be signed in a way that the sender does not have.
    #[must_use]
    pub fn is_signed_for(&self) -> bool {
        let proof = self.kind.row().proof;
        if self.jwt.is_some() {
            return !matches!(proof, Usual::Said | Usual::Published(_)) && !self.kind.is_told("token");
        }
        match (&self.signature, proof) {
            (None, _) | (Some(_), Usual::Said) => false,
            (Some(SignatureSettings::Known(name)), Usual::Signature(own)) => own.sender() != name.sender(),
            // Its own way, which somebody knows better than the table.
            (Some(SignatureSettings::Described(_)), Usual::Signature(_)) => false,
            (Some(SignatureSettings::Known(name)), _) => !self.kind.is_told(name.as_str()),
            (Some(SignatureSettings::Described(_)), _) => true,
        }
    }

    /// What to do at the sender, each line a step: it posts to `address` and has `secret`. Where something else signs
    /// for it, both are those of what signs.
    #[must_use]
    pub fn steps(&self, address: &str, secret: &str) -> String {
        let is_signed_for = self.is_signed_for();
        let proof = if is_signed_for { Proof::usual(self.kind) } else { Proof::of(self) };
        let url = if is_signed_for { address.to_owned() } else { proof.url(address, secret) };
        let is_said = self.signature.is_some() || self.jwt.is_some();
        let mut steps = lines_of(self.kind, &proof);
        steps.retain(|step| !is_said || !step.starts_with(BETTER));
        let has_time = self.signature == Some(SchemeName::GrafanaTimestamp.into());
        steps.extend(Some(GRAFANAS_TIME).filter(|_| has_time && !is_signed_for));
        steps.extend(proof.unknown(&steps));
        filled(&steps.join("\n"), &proof, (address, &url), secret)
    }

    /// What is wrong with a secret that its sender could not show.
    #[must_use]
    pub fn secret_flaw(&self, secret: &str) -> Option<String> {
        let Proof::Shows(place) = Proof::of(self) else { return None };
        let in_halves = lines_of(self.kind, &Proof::Shows(place)).iter().any(|step| step.contains("{credentials}"));
        let flaw =
            || format!("{} writes a scheme before what it shows: pipe in `Bearer …`, as a whole", self.kind.as_str());
        (in_halves && halves(secret).is_none()).then(flaw)
    }
}

impl SourceKind {
    /// What to do at such a sender before it is known what its source is known by.
    #[must_use]
    pub fn first_steps(self, address: &str) -> String {
        filled(&lines_of(self, &Proof::Token).join("\n"), &Proof::Token, (address, address), "<the secret>")
    }

    /// Whether its guide has a line with this mark.
    fn is_told(self, mark: &str) -> bool {
        self.guide_text().lines().filter_map(marked).any(|(marks, _)| marks.split(' ').any(|other| other == mark))
    }

    /// Whether such a sender makes the secret that it signs with.
    fn makes_secret(self) -> bool {
        matches!(
            self,
            Self::StandardWebhooks | Self::Svix | Self::Slack | Self::Pagerduty | Self::StripeStyle | Self::Sentry
        )
    }
}

impl SchemeName {
    /// The way of signing that stands for all those that one and the same sender has.
    fn sender(self) -> Self {
        match self {
            Self::StandardWebhooksV1a | Self::Svix => Self::StandardWebhooks,
            Self::GrafanaTimestamp => Self::Grafana,
            Self::KeycloakSha1 => Self::Keycloak,
            own => own,
        }
    }
}

impl Proof {
    fn of(settings: &SourceSettings) -> Self {
        match settings.how() {
            Ok(How::Signs(scheme)) if scheme.secret == SecretFormat::Whpk => Self::Key,
            Ok(How::Signs(_)) => Self::Signs(match (&settings.signature, settings.kind.row().proof) {
                (Some(SignatureSettings::Known(name)), _) => Some(*name),
                (None, Usual::Signature(name)) => Some(name),
                _ => None,
            }),
            Ok(How::Shows(place)) => Self::Shows(place),
            Ok(How::Jwt(_)) => Self::Token,
            Ok(How::Set(_) | How::Sns(_) | How::CallsBack) | Err(_) => Self::Own,
        }
    }

    /// How it proves itself to what signs for it.
    fn usual(kind: SourceKind) -> Self {
        Self::of(&SourceSettings::of(kind, Vec::new()))
    }

    fn has(&self, mark: &str) -> bool {
        match self {
            Self::Signs(name) => mark == "signs" || name.is_some_and(|name| name.as_str() == mark),
            Self::Key => mark == "key",
            Self::Shows(SecretPlace::Header(name)) => {
                let own = if name.eq_ignore_ascii_case("authorization") { "authorization" } else { "own-header" };
                mark == "header" || mark == own
            }
            Self::Shows(SecretPlace::Query(_)) => mark == "query",
            Self::Shows(SecretPlace::Path) => mark == "path",
            Self::Shows(SecretPlace::Member(name)) => {
                mark == "member" || mark.strip_prefix("member:").is_some_and(|only| only == name)
            }
            Self::Token => mark == "token",
            Self::Own => false,
        }
    }

    /// The address as the sender is given it.
    fn url(&self, address: &str, secret: &str) -> String {
        match self {
            Self::Shows(SecretPlace::Path) => format!("{address}/{secret}"),
            Self::Shows(SecretPlace::Query(name)) => format!("{address}?{}={}", in_url(name), in_url(secret)),
            _ => address.to_owned(),
        }
    }

    /// What to do where none of the steps has the secret and no URL has it either.
    fn unknown(&self, steps: &[&str]) -> Option<&'static str> {
        let is_told = steps.iter().any(|step| step.contains("{secret") || step.contains("{credentials}"));
        match self {
            Self::Shows(SecretPlace::Header(_)) if !is_told => Some(NO_HEADER),
            Self::Shows(SecretPlace::Member(_)) if !is_told => Some(NO_MEMBER),
            _ => None,
        }
    }
}

/// The lines of a kind's guide that are for this proof.
fn lines_of(kind: SourceKind, proof: &Proof) -> Vec<&'static str> {
    let lines = kind.guide_text().lines();
    let its = lines.filter_map(|line| match marked(line) {
        None => Some(line),
        Some((marks, step)) => marks.split(' ').any(|mark| proof.has(mark)).then_some(step),
    });
    its.collect()
}

/// The marks of a line and what stands behind them.
fn marked(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once("] ")
}

fn filled(steps: &str, proof: &Proof, (address, url): (&str, &str), secret: &str) -> String {
    let (scheme, credentials) = halves(secret).unwrap_or((BEARER, secret));
    let name: Cow<'_, str> = match proof {
        Proof::Shows(SecretPlace::Header(name)) if name.eq_ignore_ascii_case("authorization") => "Authorization".into(),
        Proof::Shows(SecretPlace::Header(name) | SecretPlace::Query(name) | SecretPlace::Member(name)) => name.into(),
        _ => "".into(),
    };
    let values = [
        ("{header}", &*name),
        ("{query}", &in_url(&name)),
        ("{member}", &name),
        ("{url}", url),
        ("{address}", address),
        ("{scheme}", scheme),
        ("{credentials}", credentials),
        ("{secret_in_url}", &in_url(secret)),
        ("{secret}", secret),
    ];
    values.into_iter().fold(steps.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// A scheme, and what stands behind it.
fn halves(secret: &str) -> Option<(&str, &str)> {
    let is_scheme =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    secret.split_once(' ').filter(|(scheme, _)| is_scheme(scheme))
}

fn in_url(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    // Not every reader of a query takes `+` for a blank.
    encoded.replace('+', "%20")
}
