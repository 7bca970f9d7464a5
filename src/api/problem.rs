//! Every way a request can fail, as RFC 9457 problem documents with stable codes. The one place that
//! knows HTTP status.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Value, json};

use super::Unfit;
use crate::access::Denied;
use crate::admission::{AdmissionError, NotByHand};
use crate::decisions::Refused;
use crate::incident::DeliveryId;
use crate::intake::Refusal;
use crate::trail::search::QueryError;
use crate::trail::{RecordError, StoreError};

/// What a client is told. Never carries parser text, names of types or anything from the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Authentication failed, for whatever reason: one shape for all of them.
    Unauthenticated,
    /// The token's role does not include this.
    Forbidden,
    /// There is nothing here.
    NotFound,
    /// The record was pruned; only its hash is kept.
    Pruned {
        /// The first record that is there.
        first: u64,
    },
    /// Only these methods are answered here.
    MethodNotAllowed(&'static str),
    /// The body did not arrive in time.
    BodyTimeout,
    /// The request broke off or is not well-formed.
    BadRequest,
    /// A filter of a search is not known, or cannot have its value.
    WrongFilter(QueryError),
    /// A page of a search begins where the cursor of another search says.
    WrongCursor,
    /// The body is authentic but not acceptable JSON.
    BadJson,
    /// The JSON is authentic but does not fit the source's kind, or is not what is asked for here.
    WrongSchema,
    /// What is asked for by hand cannot be done as it is said.
    Unfit(Unfit),
    /// A known id with other content.
    Conflict,
    /// Another request had the same idempotency key.
    KeyUsed,
    /// The first request with this idempotency key has no answer yet.
    KeyUnderWay,
    /// Names tell people apart.
    NameTaken,
    /// An event that does not fit the incident's state.
    WrongState,
    /// The rule in force does something else than the one that is meant.
    OtherRule,
    /// The rule acts already, or only detects.
    NotWatching,
    /// The rule has not shown enough to act.
    NotShown,
    /// The rules in the folder cannot be put into force.
    RulesRefused,
    /// No epoch that is in files is old enough to be dropped.
    NothingToPrune,
    /// An incident that is not over needs the oldest epoch.
    RecordsNeeded,
    /// Incidents that need what is to be erased are open.
    IncidentsOpen,
    /// Nobody lets a rule act that bears their own name.
    OwnRule,
    /// Nobody approves what is done to themselves.
    OwnAccount,
    /// Nobody approves what they asked for themselves.
    OwnRequest,
    /// It is not known whose account the approver has.
    UnknownApprover,
    /// Neither the index nor DingTalk says whose account it is, so it may be that of who asks.
    WhoseUnknown,
    /// A fault of ours.
    Internal,
    /// The plan is another one than the one that is meant.
    OtherPlan,
    /// The body is larger than allowed.
    TooLarge,
    /// The content type or encoding is not taken.
    WrongMediaType,
    /// Too many requests from a stranger.
    TooMany {
        /// When to come again, in seconds.
        retry_after_s: u64,
    },
    /// Too much to do, or the trail cannot be written: nothing was done.
    Unavailable {
        /// When to come again, in seconds.
        retry_after_s: u64,
    },
}

impl Problem {
    /// One of each kind, in the order of their statuses.
    pub fn all() -> impl Iterator<Item = Self> {
        let each = [
            Self::BadRequest,
            Self::WrongFilter(QueryError::Unknown),
            Self::WrongCursor,
            Self::BadJson,
            Self::Unauthenticated,
            Self::Forbidden,
            Self::OwnRule,
            Self::OwnAccount,
            Self::OwnRequest,
            Self::UnknownApprover,
            Self::NotFound,
            Self::MethodNotAllowed(""),
            Self::BodyTimeout,
            Self::Conflict,
            Self::KeyUnderWay,
            Self::NameTaken,
            Self::WrongState,
            Self::OtherRule,
            Self::OtherPlan,
            Self::NotWatching,
            Self::NothingToPrune,
            Self::RecordsNeeded,
            Self::IncidentsOpen,
            Self::Pruned { first: 0 },
            Self::TooLarge,
            Self::WrongMediaType,
            Self::WrongSchema,
            Self::KeyUsed,
            Self::NotShown,
            Self::RulesRefused,
            Self::TooMany { retry_after_s: 1 },
            Self::Internal,
            Self::Unavailable { retry_after_s: 1 },
            Self::WhoseUnknown,
        ];
        each.into_iter().chain(Unfit::ALL.into_iter().map(Self::Unfit))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::OwnRule | Self::OwnAccount | Self::OwnRequest | Self::UnknownApprover => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Pruned { .. } => StatusCode::GONE,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BadRequest | Self::WrongFilter(_) | Self::WrongCursor | Self::BadJson => StatusCode::BAD_REQUEST,
            Self::WrongSchema | Self::KeyUsed | Self::Unfit(_) | Self::NotShown | Self::RulesRefused => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Conflict
            | Self::KeyUnderWay
            | Self::NameTaken
            | Self::WrongState
            | Self::OtherRule
            | Self::OtherPlan
            | Self::NotWatching
            | Self::NothingToPrune
            | Self::RecordsNeeded
            | Self::IncidentsOpen => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable { .. } | Self::WhoseUnknown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The stable code and the sentence for people.
    #[must_use]
    pub fn code_and_title(self) -> (&'static str, &'static str) {
        match self {
            Self::Unauthenticated => ("unauthenticated", "The request could not be authenticated."),
            Self::Forbidden => ("forbidden", "The token's role does not include this."),
            Self::NotFound => ("not_found", "There is nothing here."),
            Self::Pruned { .. } => (
                "pruned",
                "The record was dropped when its time was over; only its hash is kept. `first` is the first that is there.",
            ),
            Self::MethodNotAllowed(_) => ("method_not_allowed", "This method is not answered here."),
            Self::BodyTimeout => ("body_timeout", "The body did not arrive in time."),
            Self::BadRequest => ("bad_request", "The request is not well-formed."),
            Self::WrongFilter(_) => (
                "wrong_filter",
                "A filter is unknown or cannot have its value. There are since, until, kind, account, user_id, source, \
                 rule, version, incident, alert, verdict, reason, step, outcome, actor and text.",
            ),
            Self::WrongCursor => ("wrong_cursor", "The cursor is that of another search."),
            Self::BadJson => ("bad_json", "The body is not acceptable JSON."),
            Self::WrongSchema => ("wrong_schema", "The body does not fit what is taken here."),
            Self::Unfit(unfit) => unfit.code_and_title(),
            Self::Conflict => ("conflict", "This id was used before with other content."),
            Self::KeyUsed => ("key_used", "This idempotency key was used before with another request."),
            Self::KeyUnderWay => ("key_under_way", "The first request with this idempotency key has no answer yet."),
            Self::NameTaken => ("name_taken", "There is a token of this name."),
            Self::WrongState => ("wrong_state", "The incident's state does not allow this."),
            Self::OtherRule => ("other_rule", "The rule in force does something else."),
            Self::NotWatching => ("not_watching", "The rule does not only watch."),
            Self::NotShown => (
                "not_shown",
                "The rule has not shown enough to act; `lacks` says what is missing, and `despite` lets it act all the same.",
            ),
            Self::RulesRefused => {
                ("rules_refused", "The rules in the folder cannot be put into force; `refused` says what is wrong.")
            }
            Self::NothingToPrune => {
                ("nothing_to_prune", "No epoch that is in files ended before that time; epochs are dropped as a whole.")
            }
            Self::RecordsNeeded => ("records_needed", "An incident that is not over needs the oldest epoch."),
            Self::IncidentsOpen => ("incidents_open", "Incidents that need it are open."),
            Self::OwnRule => ("own_rule", "Somebody else than the rule's author and owner has to say so."),
            Self::OwnAccount => ("own_account", "Nobody decides about what is done to themselves."),
            Self::OwnRequest => ("own_request", "Somebody else than who asked for it has to say so."),
            Self::UnknownApprover => {
                ("unknown_approver", "The configuration does not say which account the token's holder has.")
            }
            Self::WhoseUnknown => (
                "whose_unknown",
                "Neither the directory index nor DingTalk says whose account this is, so it may be that of the token's \
                 holder: a token without a user_id decides, or show us such names and have the index read again.",
            ),
            Self::OtherPlan => ("other_plan", "Name the plan that is approved, by the digest that it has now."),
            Self::TooLarge => ("too_large", "The body is larger than allowed."),
            Self::WrongMediaType => ("wrong_media_type", "Send plain application/json."),
            Self::Internal => {
                ("internal", "Something went wrong here, and is in the log. What was asked for may or may not be done.")
            }
            Self::TooMany { .. } => ("too_many_requests", "Too many requests."),
            Self::Unavailable { .. } => ("unavailable", "Nothing was done. Come again later."),
        }
    }

    /// The answer.
    #[must_use]
    pub fn response(self) -> HttpResponse {
        self.response_on(None)
    }

    /// The answer, with what a delivery is called that is on the trail all the same.
    #[must_use]
    pub fn response_on(self, delivery: Option<&DeliveryId>) -> HttpResponse {
        self.response_with(delivery.map(|delivery| ("delivery", delivery.as_str().into())))
    }

    /// The answer, with further members. Where the body may not have been read to its end, the connection is closed, or
    /// the rest of it would be taken for the next request.
    pub(super) fn response_with(self, more: impl IntoIterator<Item = (&'static str, Value)>) -> HttpResponse {
        let (code, title) = self.code_and_title();
        let mut response = HttpResponse::build(self.status());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        match self {
            Self::TooMany { retry_after_s } | Self::Unavailable { retry_after_s } => {
                response.insert_header((header::RETRY_AFTER, retry_after_s.to_string()));
            }
            // RFC 9110 section 15.5.2 wants a challenge.
            Self::Unauthenticated => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
            }
            Self::MethodNotAllowed(allow) => {
                response.insert_header((header::ALLOW, allow));
            }
            Self::BodyTimeout | Self::TooLarge | Self::BadRequest => {
                response.force_close();
            }
            _ => {}
        }
        let mut document = json!({
            "type": format!("urn:portcullis:problem:{code}"),
            "title": title,
            "status": self.status().as_u16(),
            "code": code,
        });
        if let Some(members) = document.as_object_mut() {
            members.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
            match self {
                Self::Pruned { first } => drop(members.insert("first".to_owned(), first.into())),
                // Which one, and why: nothing of what was given is in it.
                Self::WrongFilter(error) => drop(members.insert("detail".to_owned(), error.to_string().into())),
                _ => {}
            }
        }
        response.body(document.to_string())
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::ContentType | Refusal::ContentEncoding => Self::WrongMediaType,
            Refusal::BodyTooLarge => Self::TooLarge,
            Refusal::BodyTimeout => Self::BodyTimeout,
            Refusal::RateLimitedAddress { retry_after_s } => Self::TooMany { retry_after_s: *retry_after_s },
            // An authenticated sender retries a 503, but most do not retry a 429.
            Refusal::RateLimitedSender { retry_after_s }
            | Refusal::RateLimitedSource { retry_after_s }
            | Refusal::KeysUnavailable { retry_after_s } => Self::Unavailable { retry_after_s: *retry_after_s },
            _ => Self::Unauthenticated,
        }
    }
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Overloaded => Self::Unavailable { retry_after_s: 1 },
            AdmissionError::Unrecorded(_) => Self::Unavailable { retry_after_s: 10 },
            // Somebody has to make room, which takes longer than a queue that empties.
            AdmissionError::NoRoom => Self::Unavailable { retry_after_s: 30 },
            AdmissionError::Conflict => Self::Conflict,
        }
    }
}

impl From<NotByHand> for Problem {
    fn from(error: NotByHand) -> Self {
        match error {
            NotByHand::NotDrawnUp(why) => Self::Unfit(why.into()),
            NotByHand::NotRecorded(error) => error.into(),
        }
    }
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown => Self::Unauthenticated,
            Denied::Forbidden => Self::Forbidden,
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown => Self::NotFound,
            Refused::WrongState | Refused::NotLater => Self::WrongState,
            Refused::OwnAccount => Self::OwnAccount,
            Refused::OwnRequest => Self::OwnRequest,
            Refused::OwnRule => Self::OwnRule,
            Refused::UnknownApprover => Self::UnknownApprover,
            Refused::WhoseUnknown => Self::WhoseUnknown,
            Refused::OtherPlan => Self::OtherPlan,
            Refused::NoBreaker | Refused::BadTime => Self::WrongSchema,
            Refused::Unavailable { retry_after_s } => Self::Unavailable { retry_after_s },
        }
    }
}

impl From<StoreError> for Problem {
    fn from(_: StoreError) -> Self {
        Self::Unavailable { retry_after_s: 10 }
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Store(error) => error.into(),
            RecordError::Illegal(_) | RecordError::Changed => Self::WrongState,
        }
    }
}
