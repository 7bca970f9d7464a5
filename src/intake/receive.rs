//! The door: who may knock, and what becomes of what they bring.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use governor::clock::DefaultClock;

use super::content::Media;
use super::handshake::{self, Method, Reply};
use super::heard::{Ear, Heard};
use super::kind::Handshake;
use super::limit::{AddressLimiter, SourceLimiter, TooMany};
use super::normalise::{Normaliser, Said};
use super::secret_files::SecretFiles;
use super::setup::{Sources, set_up};
use super::trial::{Found, Trial, Trials};
use super::verify::{Content, Proof, Verified, Verifier};
use super::{
    Delivery, NotUnderstood, Received, Refusal, Request, Settings, SetupError, SourceKind, StreamNews, Unwritten,
    content,
};
use crate::incident::{Assurance, SourceName, Timestamp};

/// Everything needed to judge a delivery; made once at start, shared by all connections.
pub struct Intake {
    pub(super) sources: BTreeMap<SourceName, Source>,
    stranger: Verifier,
    greets: Vec<Handshake>,
    /// What whoever asks first may send in a minute.
    greeted_per_minute: u32,
    media: Vec<Media>,
    pub(super) trials: Arc<Trials>,
    pub(super) per_address: Arc<AddressLimiter>,
    body_bytes_max: usize,
}

/// One configured sender.
pub(super) struct Source {
    pub about: About,
    /// What else than JSON it sends.
    pub media: Vec<Media>,
    /// How it asks whether we are there.
    pub handshake: Option<Handshake>,
    pub normaliser: Normaliser,
    pub verifier: Verifier,
    pub limiter: Arc<SourceLimiter>,
    pub ear: Arc<Ear>,
}

/// What can be said of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What it sends.
    pub kind: SourceKind,
    /// How strongly it proves itself.
    pub assurance: Assurance,
    /// The names of its live secrets.
    pub secrets: Vec<String>,
}

impl Intake {
    /// Reads the secret files of every source, relative to `base`, and checks all settings.
    ///
    /// # Errors
    /// Anything at all is wrong with the settings or a secret: an intake that cannot verify does not
    /// start.
    pub fn new(settings: &Settings, base: &Path) -> Result<Self, SetupError> {
        let unwritten = Unwritten::new();
        let files = &mut SecretFiles::new(base, &unwritten);
        let Sources { by_name, stranger, greets, greeted_per_minute, media } = set_up(settings, files)?;
        Ok(Self {
            sources: by_name,
            stranger,
            greets,
            greeted_per_minute,
            media,
            trials: Arc::default(),
            per_address: Arc::new(AddressLimiter::new(settings.per_address, DefaultClock::default())),
            body_bytes_max: settings.body_bytes_max,
        })
    }

    /// Whether such an intake would start if the files that are `unwritten`, with their whole paths, were there.
    ///
    /// # Errors
    /// What is in its way.
    pub fn check(settings: &Settings, base: &Path, unwritten: &Unwritten) -> Result<(), SetupError> {
        set_up(settings, &mut SecretFiles::new(base, unwritten)).map(drop)
    }

    /// Whether `peer` may make a request now. To be asked before the body is read.
    ///
    /// # Errors
    /// [`Refusal::RateLimitedAddress`], or [`Refusal::RateLimitedSender`] where authentic deliveries have come from.
    pub fn admit_address(&self, peer: IpAddr) -> Result<(), Refusal> {
        let refuse = |TooMany { retry_after_s }| match self.per_address.is_proven(peer) {
            true => Refusal::RateLimitedSender { retry_after_s },
            false => Refusal::RateLimitedAddress { retry_after_s },
        };
        self.per_address.check(peer).map_err(refuse)
    }

    /// The configured source of that name, for counting refusals; `None` for what strangers invent.
    #[must_use]
    pub fn configured(&self, source: &str) -> Option<&SourceName> {
        Some(self.source(source)?.normaliser.source())
    }

    /// The names of all configured sources, in order.
    pub fn sources(&self) -> impl Iterator<Item = &SourceName> {
        self.sources.keys()
    }

    /// What a request is answered that proves nothing and asks only whether we are there, as some senders do
    /// before they send. `None` if it is no such request, or no source is of such a kind.
    #[must_use]
    pub fn greet(&self, method: Method, request: &Request<'_>, now: Timestamp) -> Option<Reply> {
        let greeted = |kinds: &[Handshake]| handshake::greeted(kinds, self.greeted_per_minute, method, request);
        let reply = greeted(&self.greets)?;
        // Shown where it was asked for, if senders of that kind ask so; anybody may have been it.
        if let Some(source) = self.source(request.source)
            && source.handshake.is_some_and(|own| greeted(&[own]).is_some())
        {
            self.trials.note(source.normaliser.source(), now, || Found::Handshake { secret: None });
        }
        Some(reply)
    }

    /// Judges one request that arrived at `now`: first what anybody can be told, then whether it proves itself,
    /// over the raw body where it is signed, then the source's rate, and only then what the body says.
    ///
    /// # Errors
    /// The request is refused; nothing in it is proven, except for
    /// [`Refusal::RateLimitedSource`], which only an authentic sender gets.
    pub async fn receive(&self, request: &Request<'_>, now: Timestamp) -> Result<Received, Refusal> {
        let media = self.look(request)?;
        self.judge(request, media, now).await
    }

    /// What anybody can be told of a request.
    fn look(&self, request: &Request<'_>) -> Result<Media, Refusal> {
        if request.body.len() > self.body_bytes_max {
            return Err(Refusal::BodyTooLarge);
        }
        content::check(&request.headers, &self.media)
    }

    async fn judge(&self, request: &Request<'_>, media: Media, now: Timestamp) -> Result<Received, Refusal> {
        let (source, proof) = self.authenticate(request, now).await?;
        source.ear.hear(now, proof.get().secret);
        self.per_address.prove(request.peer);
        // Only now, so that nobody else learns what the source sends.
        if media != Media::Json && !source.media.contains(&media) {
            return Err(Refusal::ContentType);
        }
        let refuse = |TooMany { retry_after_s }| Refusal::RateLimitedSource { retry_after_s };
        source.limiter.check().map_err(refuse)?;
        let name = source.normaliser.source();
        let (secret, is_tried) = (proof.get().secret, self.trials.are_open(name, now));
        let news = source.normaliser.news(proof.get(), is_tried, now);
        let of_others = match proof.get().content {
            Content::Events { of_others, .. } => of_others,
            _ => 0,
        };
        if of_others > 0 {
            self.trials.note(name, now, || Found::refused(&Refusal::SecretWrong));
        }
        Ok(match proof.map(|proof| source.normaliser.read(proof, (media, &request.headers), now)).transpose() {
            Ok(said) => match said.map(Said::into_delivery).transpose() {
                Ok(delivery) => {
                    Received::Understood(delivery.map(|delivery| Delivery { of_others, is_tried, ..delivery }))
                }
                Err(reply) => match news {
                    // Shown when it is known what became of it.
                    Some(news) => Received::Stream(reply.map(|_| news)),
                    None => {
                        self.trials.note(name, now, || Found::Handshake { secret: Some(secret.to_owned()) });
                        Received::Handshake(reply)
                    }
                },
            },
            Err(delivery) => {
                Received::NotUnderstood(delivery.map(|delivery| NotUnderstood { of_others, is_tried, ..*delivery }))
            }
        })
    }

    /// Does what a stream's news ask for, if it asks for anything and its source is not being tried out: a
    /// subscription is confirmed. Not to be called for a message that is known: whoever has caught one could otherwise
    /// have us go there as often as it is sent again.
    ///
    /// # Errors
    /// Who is to be told yes cannot be reached; the sender is to come again.
    pub async fn follow(&self, news: Verified<StreamNews>, now: Timestamp) -> Result<Verified<StreamNews>, Refusal> {
        let StreamNews { source, confirm: Some(asked), is_tried: false, .. } = news.get() else { return Ok(news) };
        let followed = match self.sources.get(source) {
            Some(source) => source.verifier.follow(asked, now).await?,
            None => None,
        };
        if followed.is_none() {
            tracing::warn!(source.name = %source, "a subscription waits to be confirmed by hand");
        }
        Ok(news.map(|news| StreamNews { told: followed.unwrap_or(news.told), ..news }))
    }

    /// What can be said of a configured source.
    #[must_use]
    pub fn about(&self, source: &SourceName) -> Option<&About> {
        self.sources.get(source).map(|source| &source.about)
    }

    /// What was last heard of a configured source in this run of the program.
    #[must_use]
    pub fn heard(&self, source: &SourceName) -> Option<Heard> {
        self.sources.get(source).map(|source| source.ear.heard())
    }

    /// Notes that something in the name of a configured source was refused, or told of, for a reason with this code.
    pub fn note_refusal(&self, source: &SourceName, code: &'static str, now: Timestamp) {
        if let Some(source) = self.sources.get(source) {
            source.ear.refuse(now, code);
        }
    }

    /// Shows to whoever tries a source out that something in its name was refused, at whatever step of its way.
    pub fn show_refusal(&self, source: &SourceName, refusal: &Refusal, now: Timestamp) {
        self.trials.note(source, now, || Found::refused(refusal));
    }

    /// Opens a window until `until` in which a source's deliveries are verified and shown, and never acted on. One
    /// that is over by now ends it.
    pub fn open_trial(&self, source: &SourceName, until: Timestamp, now: Timestamp) {
        if until > now { self.trials.open(source, until) } else { self.trials.end(source, now) }
    }

    /// Notes what became of a delivery that is tried out, which came at `at`.
    pub fn note_tried(&self, source: &SourceName, at: Timestamp, found: Found) {
        self.trials.note(source, at, || found);
    }

    /// A source's window, while it is open and as long as somebody may look at what was the last in it.
    #[must_use]
    pub fn trial(&self, source: &SourceName, now: Timestamp) -> Option<Trial> {
        self.trials.of(source, now)
    }

    async fn authenticate<'d>(
        &'d self,
        request: &Request<'d>,
        now: Timestamp,
    ) -> Result<(&'d Source, Verified<Proof<'d>>), Refusal> {
        let Some(source) = self.source(request.source) else {
            // The same work as for a known source; its result is of no interest.
            let _ = self.stranger.verify(request, now).await;
            return Err(Refusal::UnknownSource);
        };
        Ok((source, source.verifier.verify(request, now).await?))
    }

    pub(super) fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(&SourceName::parse(name).ok()?)
    }
}

/// Only the names: the rest is keys.
impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("sources", &self.sources.keys()).finish_non_exhaustive()
    }
}
