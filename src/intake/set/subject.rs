//! Whom a security event is about: reads the forms of RFC 9493 and of the drafts before it into one.

use serde_json::{Map, Value};

use crate::incident::{AccountKind, AccountRef};

/// The longest identifier, in bytes.
const IDENTIFIER_BYTES_MAX: usize = 512;
/// The most names of one subject.
const ALIASES_MAX: usize = 16;

/// A subject.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::intake) enum Subject {
    /// A mail address.
    Email(String),
    /// Somebody by the name that an issuer gives them.
    OfIssuer { issuer: String, subject: String },
    /// A name that means something to the transmitter and us.
    Opaque(String),
    /// A telephone number as E.164 has it.
    PhoneNumber(String),
    /// `acct:` and an address (RFC 7565), of which this is the address.
    Account(String),
    /// Several names of the same subject, none of them aliases again.
    Aliases(Vec<Subject>),
    /// Several things at once, of which each narrows down what is meant.
    Complex(Box<Complex>),
    /// A form that names no person: a decentralized identifier, an assertion, a token, an address.
    Other(String),
}

/// The parts of a complex subject; none of them complex again.
#[derive(Clone, Default, PartialEq, Eq)]
pub(in crate::intake) struct Complex {
    pub user: Option<Subject>,
    pub device: Option<Subject>,
    pub session: Option<Subject>,
    pub tenant: Option<Subject>,
    pub application: Option<Subject>,
    pub org_unit: Option<Subject>,
    pub group: Option<Subject>,
}

/// Whether a subject may still have parts of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    Allowed,
    None,
}

impl Subject {
    /// The subject of a SET: `sub_id` beside the event, or, with Okta and in older drafts, `subject` inside it. If
    /// both are there, they must say the same; otherwise it is nobody.
    pub(in crate::intake) fn find(claims: &Map<String, Value>, event: &Map<String, Value>) -> Option<Self> {
        match (claims.get("sub_id"), event.get("subject")) {
            (Some(one), None) | (None, Some(one)) => Self::read(one, Parts::Allowed),
            (Some(one), Some(other)) => {
                let (one, other) = (Self::read(one, Parts::Allowed)?, Self::read(other, Parts::Allowed)?);
                (one == other).then_some(one)
            }
            (None, None) => None,
        }
    }

    /// The person it names, as a reference that the identities resolve: of several names the mail address, else
    /// the first; two of one sort may be two people, and those are nobody. Names of an issuer count for those `issuers` only: the same number at another issuer may be
    /// somebody else.
    pub(in crate::intake) fn person(&self, issuers: &[String]) -> Option<AccountRef> {
        let named = |kind, text: &str| AccountRef::parse(kind, text).ok();
        match self {
            Self::Email(address) | Self::Account(address) => named(AccountKind::Email, address),
            Self::OfIssuer { issuer, subject } if issuers.contains(issuer) => named(AccountKind::Email, subject),
            Self::Opaque(id) => named(AccountKind::Email, id),
            Self::PhoneNumber(number) => named(AccountKind::Mobile, number),
            Self::Complex(parts) => parts.user.as_ref()?.person(issuers),
            Self::Aliases(names) => {
                let two = |(place, name): (usize, &Self)| names.iter().skip(place + 1).any(|other| name.denies(other));
                if names.iter().enumerate().any(two) {
                    return None;
                }
                let mail = names.iter().filter(|name| matches!(name, Self::Email(_)));
                mail.chain(names).find_map(|name| name.person(issuers))
            }
            Self::OfIssuer { .. } | Self::Other(_) => None,
        }
    }

    /// Whether both are names of one sort, and not the same name.
    fn denies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Email(one) | Self::Account(one), Self::Email(other) | Self::Account(other)) => {
                !one.eq_ignore_ascii_case(other)
            }
            (Self::OfIssuer { issuer, subject }, Self::OfIssuer { issuer: other_issuer, subject: other }) => {
                issuer == other_issuer && subject != other
            }
            (Self::Opaque(one), Self::Opaque(other)) | (Self::PhoneNumber(one), Self::PhoneNumber(other)) => {
                one != other
            }
            _ => false,
        }
    }

    fn read(value: &Value, parts: Parts) -> Option<Self> {
        let object = value.as_object()?;
        let text = |member: &str| identifier(object.get(member)?);
        let Some(format) = object.get("format").or_else(|| object.get("subject_type")) else {
            // The first drafts of CAEP had parts without a word about them.
            return (parts == Parts::Allowed).then(|| Complex::read(object)).flatten();
        };
        // Drafts wrote `iss-sub`.
        let format = identifier(format)?.to_ascii_lowercase().replace('-', "_");
        match format.as_str() {
            "email" => text("email").map(Self::Email),
            "iss_sub" => Some(Self::OfIssuer { issuer: text("iss")?, subject: text("sub")? }),
            "opaque" => text("id").map(Self::Opaque),
            // Drafts called the member `phone`.
            "phone_number" | "phone" => text("phone_number").or_else(|| text("phone")).map(Self::PhoneNumber),
            "account" => Some(Self::Account(text("uri")?.strip_prefix("acct:")?.to_owned())),
            // The claims of an ID token: what says who it is in one of two ways.
            "id_token_claims" => match (text("iss"), text("sub")) {
                (Some(issuer), Some(subject)) => Some(Self::OfIssuer { issuer, subject }),
                _ => text("email").map(Self::Email),
            },
            "aliases" if parts == Parts::Allowed => Self::aliases(object.get("identifiers")?.as_array()?),
            "complex" | "user_device_session" if parts == Parts::Allowed => Complex::read(object),
            _ => Some(Self::Other(format)),
        }
    }

    fn aliases(names: &[Value]) -> Option<Self> {
        // Who is beyond might be another.
        if names.len() > ALIASES_MAX {
            return None;
        }
        let names: Vec<_> = names.iter().filter_map(|name| Self::read(name, Parts::None)).collect();
        (!names.is_empty()).then_some(Self::Aliases(names))
    }
}

impl Complex {
    fn read(object: &Map<String, Value>) -> Option<Subject> {
        let part = |name: &str| Subject::read(object.get(name)?, Parts::None);
        let parts = Self {
            user: part("user"),
            device: part("device"),
            session: part("session"),
            tenant: part("tenant"),
            application: part("application"),
            org_unit: part("org_unit"),
            group: part("group"),
        };
        (parts != Self::default()).then(|| Subject::Complex(Box::new(parts)))
    }
}

/// Only the form: the rest is personal.
impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email(_) => "Email(redacted)",
            Self::OfIssuer { .. } => "OfIssuer(redacted)",
            Self::Opaque(_) => "Opaque(redacted)",
            Self::PhoneNumber(_) => "PhoneNumber(redacted)",
            Self::Account(_) => "Account(redacted)",
            Self::Aliases(_) => "Aliases(redacted)",
            Self::Complex(_) => "Complex(redacted)",
            Self::Other(_) => "Other(redacted)",
        })
    }
}

fn identifier(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    (1..=IDENTIFIER_BYTES_MAX).contains(&text.len()).then(|| text.to_owned())
}
