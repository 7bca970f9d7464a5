//! Makes an intake from its settings, or says which source and which file are at fault.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use governor::clock::DefaultClock;
use secrecy::{ExposeSecret as _, SecretSlice};

use super::content::Media;
use super::dingtalk;
use super::key::Key;
use super::kind::{Format, Handshake, LogSourceRule};
use super::limit::SourceLimiter;
use super::mapping::MappingProblem;
use super::network::Network;
use super::normalise::Normaliser;
use super::origin::Origin;
use super::published::{Asking, Publisher};
use super::receive::{About, Source};
use super::scheme::{Algorithm, Scheme, SecretFormat};
use super::secret_files::SecretFiles;
use super::settings::{How, RateSettings, SecretSettings, Settings, SourceSettings};
use super::shared::{SecretPlace, Shown};
use super::verify::{Method, Verifier};
use super::{SchemeName, SecretProblem, log_sources};
use crate::incident::{Assurance, SourceName};

/// The longest name of a secret, in bytes.
const SECRET_NAME_BYTES_MAX: usize = 64;

/// Why the intake does not start. Names sources and files, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A number is out of its range.
    #[error("{setting} must be {min} to {max}")]
    OutOfRange {
        /// Which setting.
        setting: &'static str,
        /// The least it may be.
        min: u64,
        /// The most it may be.
        max: u64,
    },
    /// A source's rate or burst is too high.
    #[error("source {at}: rate and burst must be 1 to {}", Settings::RATE_MAX)]
    RateTooHigh {
        /// Which source.
        at: SourceName,
    },
    /// A source without a secret would take anything from anybody.
    #[error("source {at}: it needs 1 to {} secrets, or none where its keys are published", Settings::SECRETS_MAX)]
    SecretCount {
        /// Which source.
        at: SourceName,
    },
    /// A secret's name is not one, or two secrets of a source have the same.
    #[error("source {at}: secret names must differ and be 1 to 64 of A-Z a-z 0-9 . _ -")]
    SecretName {
        /// Which source.
        at: SourceName,
    },
    /// Nothing can be asked for keys.
    #[error("{0}")]
    Asking(String),
    /// How it proves itself is not said, or described wrongly.
    #[error("source {at}: {flaw}")]
    Proof {
        /// Which source.
        at: SourceName,
        /// What is wrong with it.
        flaw: String,
    },
    /// Nothing that it says is signed, and nobody has said that this is meant.
    #[error(
        "source {at}: nothing that it sends is signed, so whoever sees its secret can have people locked out; \
         `allow_unsigned = true` says that this is meant, and `addresses` or `client_certificates` should say where it \
         sends from"
    )]
    Unsigned {
        /// Which source.
        at: SourceName,
    },
    /// Networks that list nothing, or too many.
    #[error(
        "source {at}: addresses must be at most {} networks, and none of them everywhere: at least /{}, for IPv6 /{}",
        Settings::ADDRESSES_MAX,
        Network::PREFIX_MIN_V4,
        Network::PREFIX_MIN_V6
    )]
    Addresses {
        /// Which source.
        at: SourceName,
    },
    /// Too many client certificates.
    #[error("source {at}: client_certificates must be at most {}", Settings::CLIENT_CERTIFICATES_MAX)]
    ClientCertificates {
        /// Which source.
        at: SourceName,
    },
    /// Client certificates that nobody is asked for: the source could never prove itself.
    #[error("source {at}: client_certificates needs client_ca_file in [http.tls]: without it none is asked for")]
    CertificatesNotAskedFor {
        /// Which source.
        at: SourceName,
    },
    /// The mapping is wrong.
    #[error("source {at}: mapping: {problem}")]
    Mapping {
        /// Which source.
        at: SourceName,
        /// What is wrong with it.
        problem: MappingProblem,
    },
    /// A secret is not usable.
    #[error("source {at}: secret file {}: {problem}", .file.display())]
    Secret {
        /// Which source.
        at: SourceName,
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        problem: SecretProblem,
    },
    /// A secret is used twice: who knows it for one source could speak for the other.
    #[error("source {at}: secret file {}: source {first} has the same secret", .file.display())]
    SecretShared {
        /// Which source.
        at: SourceName,
        /// Which file.
        file: PathBuf,
        /// Which source had it first; it may be the same one.
        first: SourceName,
    },
    /// A log source is configured for a kind that has its own.
    #[error("source {at}: log_source cannot be set, its kind has its own")]
    LogSourceFixed {
        /// Which source.
        at: SourceName,
    },
    /// A log source that is configured names nothing, or is there twice, or there are too many.
    #[error(
        "source {at}: log_source must be 1 to {} different ones, each with category, product or service",
        log_sources::LOG_SOURCES_MAX
    )]
    LogSources {
        /// Which source.
        at: SourceName,
    },
}

/// Every configured source, ready to receive, and the one that nobody can be.
pub(super) struct Sources {
    pub by_name: BTreeMap<SourceName, Source>,
    /// What those ask for who send no alert yet.
    pub greets: Vec<Handshake>,
    /// What the slowest of them may send in a minute: the same for all, as nobody has to know which there are.
    pub greeted_per_minute: u32,
    /// What else than JSON any of them sends.
    pub media: Vec<Media>,
    /// Stands in for sources that do not exist, so that they take as long to say no.
    pub stranger: Verifier,
}

/// Checks the settings and reads all secret files.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn set_up(settings: &Settings, files: &mut SecretFiles<'_>) -> Result<Sources, SetupError> {
    refuse_out_of_range(settings)?;
    let asking = Asking::new(settings.test_only_plain_http, &settings.listening_on).map_err(SetupError::Asking)?;
    let mut ready = Vec::new();
    for (name, source) in &settings.sources {
        refuse_invalid(name, source)?;
        if !source.client_certificates.is_empty() && !settings.asks_for_certificates {
            return Err(SetupError::CertificatesNotAskedFor { at: name.clone() });
        }
        let normaliser = Normaliser::new(name, source)?;
        let method = method(name, source, &normaliser, &asking, files)?;
        ready.push((name, source, normaliser, method));
    }
    let effort = effort(ready.iter().filter_map(|(_, _, _, method)| method.effort()));
    let media: BTreeSet<Media> =
        ready.iter().flat_map(|(_, source, normaliser, _)| media_of(source, normaliser)).collect();
    let greets = ready.iter().filter_map(|(_, source, _, _)| source.kind.row().handshake).collect();
    let greeting = ready.iter().filter(|(_, source, ..)| source.kind.row().handshake.is_some());
    let slowest = greeting.map(|(_, source, ..)| source.rate.per_second.get()).min();
    let mut by_name = BTreeMap::new();
    for (name, source, normaliser, method) in ready {
        let ready = Source {
            about: About {
                kind: source.kind,
                assurance: source.assurance(),
                secrets: source.secrets.iter().map(|secret| secret.name.clone()).collect(),
            },
            media: media_of(source, &normaliser).collect(),
            handshake: source.kind.row().handshake,
            normaliser,
            verifier: Verifier::new(method, Origin::of(source), Arc::clone(&effort)),
            limiter: Arc::new(SourceLimiter::new(source.rate, DefaultClock::default())),
            ear: Arc::default(),
        };
        by_name.insert(name.clone(), ready);
    }
    // Whatever it says about a signature, the answer is no.
    let nobody = Method::Signed { scheme: SchemeName::StandardWebhooks.row(), keys: Vec::new() };
    Ok(Sources {
        by_name,
        greets,
        greeted_per_minute: slowest.unwrap_or_default().saturating_mul(60),
        media: media.into_iter().collect(),
        stranger: Verifier::new(nobody, Origin::default(), effort),
    })
}

/// What else than JSON a source sends.
fn media_of(source: &SourceSettings, normaliser: &Normaliser) -> impl Iterator<Item = Media> {
    let in_lines = normaliser.mapping().format == Format::JsonLines;
    source.kind.row().media.into_iter().chain(in_lines.then_some(Media::JsonLines))
}

/// How a source proves itself, with its secrets read.
fn method(
    name: &SourceName,
    source: &SourceSettings,
    normaliser: &Normaliser,
    asking: &Asking,
    files: &mut SecretFiles<'_>,
) -> Result<Method, SetupError> {
    let flawed = |flaw| SetupError::Proof { at: name.clone(), flaw };
    let how = source.how().map_err(flawed)?;
    if let Some(flaw) = dingtalk::flaw(source, how == How::CallsBack) {
        return Err(flawed(flaw));
    }
    let place = match how {
        How::CallsBack => return dingtalk::callbacks(name, source, files).map(Method::CallsBack),
        How::Signs(scheme) => {
            let read = |secret| key(name, &scheme, secret, files);
            let keys = source.secrets.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            return Ok(Method::Signed { scheme: *scheme, keys });
        }
        How::Shows(place) => {
            place.flaw().map_or(Ok(()), |flaw| Err(flawed(flaw)))?;
            place
        }
        How::Set(set) => {
            let place = SecretPlace::of_authorization();
            let read = |secret| shown(name, &place, secret, files);
            let secrets = source.secrets.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let digests = secrets.iter().map(|secret| place.digest(secret.expose_secret())).collect();
            return Publisher::set(&set, digests, asking).map(Method::Published).map_err(flawed);
        }
        How::Jwt(jwt) => {
            refuse_unsigned(name, source)?;
            return Publisher::jwt(&jwt, files.base(), asking).map(Method::Published).map_err(flawed);
        }
        How::Sns(sns) => return Publisher::sns(&sns, asking).map(Method::Published).map_err(flawed),
    };
    refuse_unsigned(name, source)?;
    let read = |secret| shown(name, &place, secret, files);
    let read = source.secrets.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let names = source.secrets.iter().map(|secret| secret.name.as_str());
    let secrets = Shown::new(&place, names.zip(read.iter().map(|secret| secret.expose_secret())));
    Ok(match place {
        SecretPlace::Member(member) => Method::Member { name: member, secrets, mapping: normaliser.mapping() },
        place => Method::Shown { place, secrets },
    })
}

/// For each algorithm as many keys of nobody as a source has at most, and at least one.
fn effort(sources: impl Iterator<Item = (Algorithm, usize)>) -> Arc<[Key]> {
    let mut most = BTreeMap::from([(Algorithm::HmacSha256, 1)]);
    for (algorithm, keys) in sources {
        let known = most.entry(algorithm).or_default();
        *known = keys.max(*known);
    }
    let of_nobody = |(algorithm, count)| std::iter::repeat_n(Key::of_nobody(algorithm), count).flatten();
    most.into_iter().flat_map(of_nobody).collect()
}

fn refuse_out_of_range(settings: &Settings) -> Result<(), SetupError> {
    let check = |setting, value: u64, min, max| {
        if (min..=max).contains(&value) { Ok(()) } else { Err(SetupError::OutOfRange { setting, min, max }) }
    };
    let rate_max = u64::from(Settings::RATE_MAX);
    check("body_bytes_max", settings.body_bytes_max as u64, 1, Settings::BODY_BYTES_CEILING as u64)?;
    check("body_deadline_ms", settings.body_deadline_ms, 100, 60_000)?;
    check("per_address.per_second", settings.per_address.per_second.get().into(), 1, rate_max)?;
    check("per_address.burst", settings.per_address.burst.get().into(), 1, rate_max)?;
    check("the number of sources", settings.sources.len() as u64, 0, Settings::SOURCES_MAX as u64)
}

fn refuse_invalid(name: &SourceName, source: &SourceSettings) -> Result<(), SetupError> {
    let RateSettings { per_second, burst } = source.rate;
    if per_second.max(burst).get() > Settings::RATE_MAX {
        return Err(SetupError::RateTooHigh { at: name.clone() });
    }
    let least = match source.how() {
        // What is wrong with it is said in its place.
        Ok(How::Set(_) | How::Jwt(_) | How::Sns(_)) | Err(_) => 0,
        Ok(How::Signs(_) | How::Shows(_) | How::CallsBack) => 1,
    };
    let most = if source.jwt.is_some() || source.sns.is_some() { 0 } else { Settings::SECRETS_MAX };
    if !(least..=most).contains(&source.secrets.len()) {
        return Err(SetupError::SecretCount { at: name.clone() });
    }
    let mut names: Vec<_> = source.secrets.iter().map(|secret| secret.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() != source.secrets.len() || !names.into_iter().all(is_secret_name) {
        return Err(SetupError::SecretName { at: name.clone() });
    }
    if source.addresses.len() > Settings::ADDRESSES_MAX || source.addresses.iter().any(Network::is_everywhere) {
        return Err(SetupError::Addresses { at: name.clone() });
    }
    if source.client_certificates.len() > Settings::CLIENT_CERTIFICATES_MAX {
        return Err(SetupError::ClientCertificates { at: name.clone() });
    }
    refuse_log_source(name, source)
}

pub(super) fn refuse_log_source(name: &SourceName, source: &SourceSettings) -> Result<(), SetupError> {
    let has_own = matches!(source.kind.row().log_source, LogSourceRule::Fixed(_));
    if has_own && !source.log_source.is_empty() {
        return Err(SetupError::LogSourceFixed { at: name.clone() });
    }
    if !log_sources::are_usable(&source.log_source) {
        return Err(SetupError::LogSources { at: name.clone() });
    }
    Ok(())
}

fn is_secret_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=SECRET_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed)
}

/// What is not signed has to be meant.
fn refuse_unsigned(name: &SourceName, source: &SourceSettings) -> Result<(), SetupError> {
    if source.allow_unsigned || source.assurance().meets(Assurance::B) {
        return Ok(());
    }
    Err(SetupError::Unsigned { at: name.clone() })
}

/// Reads one secret that is shown.
fn shown(
    at: &SourceName,
    place: &SecretPlace,
    settings: &SecretSettings,
    files: &mut SecretFiles<'_>,
) -> Result<SecretSlice<u8>, SetupError> {
    let secret = files.read(at, &settings.file, |text| SecretFormat::Utf8.decode(text))?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
    if place.is_in_url() && !secret.material.expose_secret().iter().all(is_plain) {
        return Err(unusable(at, settings, files, SecretProblem::NotForUrl));
    }
    Ok(secret.material)
}

/// Reads one secret that signs.
fn key(
    at: &SourceName,
    scheme: &Scheme,
    settings: &SecretSettings,
    files: &mut SecretFiles<'_>,
) -> Result<Key, SetupError> {
    let secret = files.read(at, &settings.file, |text| scheme.secret.decode(text))?;
    let key = Key::new(&settings.name, scheme.algorithm, secret.material.expose_secret());
    key.ok_or_else(|| unusable(at, settings, files, SecretProblem::NotWhpk))
}

fn unusable(at: &SourceName, settings: &SecretSettings, files: &SecretFiles<'_>, problem: SecretProblem) -> SetupError {
    SetupError::Secret { at: at.clone(), file: files.base().join(&settings.file), problem }
}
