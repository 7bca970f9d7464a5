//! Every way a delivery can be turned away at the door, as data.

use super::set::refusal::SetRefusal;
use super::sns::refusal::SnsRefusal;
use super::token::TokenRefusal;

/// Why a delivery was not taken. The sender is told far less: all refusals of authentication look
/// the same from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No such source is configured, or the name is not one.
    #[error("the source is not configured")]
    UnknownSource,
    /// There is no signature.
    #[error("the signature is missing")]
    SignatureMissing,
    /// The signature is not written as the scheme has it.
    #[error("the signature is not written as the scheme has it")]
    SignatureMalformed,
    /// The signature is of other bytes or by another secret.
    #[error("the signature fits none of the live secrets")]
    SignatureWrong,
    /// What is encrypted cannot be opened with the source's key, or is for another owner.
    #[error("what is encrypted cannot be opened with the source's key, or is for another owner")]
    EnvelopeWrong,
    /// There is no secret.
    #[error("the secret is missing")]
    SecretMissing,
    /// The secret is none of the live ones.
    #[error("the secret is none of the live ones")]
    SecretWrong,
    /// The token is not taken.
    #[error(transparent)]
    Token(TokenRefusal),
    /// The security event token is not taken.
    #[error(transparent)]
    Set(SetRefusal),
    /// The message of Amazon SNS is not taken.
    #[error(transparent)]
    Sns(SnsRefusal),
    /// It cannot be judged: the sender's keys cannot be had.
    #[error("the sender's keys cannot be had now")]
    KeysUnavailable {
        /// When it may try again, in whole seconds from now, at least 1.
        retry_after_s: u64,
    },
    /// It comes from a network that is not listed.
    #[error("the address is none of the source's")]
    AddressNotListed,
    /// Its connection has shown no client certificate that is listed.
    #[error("no client certificate of the source's was shown")]
    CertificateNotListed,
    /// A header that decides is there more than once.
    #[error("a header that decides is repeated")]
    HeaderRepeated,
    /// There is no delivery id.
    #[error("the delivery id is missing")]
    IdMissing,
    /// The delivery id has characters it must not have, or is too long.
    #[error("the delivery id is not 1 to 128 of A-Z a-z 0-9 _ -")]
    IdMalformed,
    /// There is no time of sending.
    #[error("the timestamp is missing")]
    TimestampMissing,
    /// The time of sending is not a plain number of seconds.
    #[error("the timestamp is not a plain number of seconds")]
    TimestampMalformed,
    /// Sent too long ago: a replay, or a sender whose clock is wrong.
    #[error("the timestamp is too far in the past")]
    TimestampStale,
    /// Sent in the future: a clock is wrong.
    #[error("the timestamp is too far in the future")]
    TimestampFuture,
    /// Not JSON in UTF-8 by its own account.
    #[error("the content type is not JSON in UTF-8")]
    ContentType,
    /// Compressed or otherwise encoded.
    #[error("the content is encoded")]
    ContentEncoding,
    /// Larger than the configured limit.
    #[error("the body is too large")]
    BodyTooLarge,
    /// Its body did not arrive in time.
    #[error("the body did not arrive in time")]
    BodyTimeout,
    /// The address makes too many requests.
    #[error("the address makes too many requests")]
    RateLimitedAddress {
        /// When it may try again, in whole seconds from now, at least 1.
        retry_after_s: u64,
    },
    /// The address, from which authentic deliveries have come, makes too many requests.
    #[error("the address of a known sender makes too many requests")]
    RateLimitedSender {
        /// When it may try again, in whole seconds from now, at least 1.
        retry_after_s: u64,
    },
    /// The source, which is authentic, makes too many deliveries.
    #[error("the source makes too many deliveries")]
    RateLimitedSource {
        /// When it may try again, in whole seconds from now, at least 1.
        retry_after_s: u64,
    },
}

impl Refusal {
    /// The reason's stable name, for the trail and for metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownSource => "unknown_source",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureMalformed => "signature_malformed",
            Self::SignatureWrong => "signature_wrong",
            Self::EnvelopeWrong => "envelope_wrong",
            Self::SecretMissing => "secret_missing",
            Self::SecretWrong => "secret_wrong",
            Self::Token(refusal) => refusal.code(),
            Self::Set(refusal) => refusal.name(),
            Self::Sns(refusal) => refusal.code(),
            Self::KeysUnavailable { .. } => "keys_unavailable",
            Self::AddressNotListed => "address_not_listed",
            Self::CertificateNotListed => "certificate_not_listed",
            Self::HeaderRepeated => "header_repeated",
            Self::IdMissing => "id_missing",
            Self::IdMalformed => "id_malformed",
            Self::TimestampMissing => "timestamp_missing",
            Self::TimestampMalformed => "timestamp_malformed",
            Self::TimestampStale => "timestamp_stale",
            Self::TimestampFuture => "timestamp_future",
            Self::ContentType => "content_type",
            Self::ContentEncoding => "content_encoding",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTimeout => "body_timeout",
            Self::RateLimitedAddress { .. } => "rate_limited_address",
            Self::RateLimitedSender { .. } => "rate_limited_sender",
            Self::RateLimitedSource { .. } => "rate_limited_source",
        }
    }

    /// Whether the sender did not prove itself. All of these must get one and the same answer.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        match self {
            Self::UnknownSource
            | Self::SignatureMissing
            | Self::SignatureMalformed
            | Self::SignatureWrong
            | Self::EnvelopeWrong
            | Self::SecretMissing
            | Self::SecretWrong
            | Self::Token(_)
            | Self::Set(_)
            | Self::Sns(_)
            | Self::AddressNotListed
            | Self::CertificateNotListed
            | Self::HeaderRepeated
            | Self::IdMissing
            | Self::IdMalformed
            | Self::TimestampMissing
            | Self::TimestampMalformed
            | Self::TimestampStale
            | Self::TimestampFuture => true,
            Self::ContentType
            | Self::ContentEncoding
            | Self::BodyTooLarge
            | Self::BodyTimeout
            | Self::KeysUnavailable { .. }
            | Self::RateLimitedAddress { .. }
            | Self::RateLimitedSender { .. }
            | Self::RateLimitedSource { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_code_of_its_own() {
        let all = [
            Refusal::UnknownSource,
            Refusal::SignatureMissing,
            Refusal::SignatureMalformed,
            Refusal::SignatureWrong,
            Refusal::EnvelopeWrong,
            Refusal::SecretMissing,
            Refusal::SecretWrong,
            Refusal::AddressNotListed,
            Refusal::CertificateNotListed,
            Refusal::KeysUnavailable { retry_after_s: 1 },
            Refusal::HeaderRepeated,
            Refusal::IdMissing,
            Refusal::IdMalformed,
            Refusal::TimestampMissing,
            Refusal::TimestampMalformed,
            Refusal::TimestampStale,
            Refusal::TimestampFuture,
            Refusal::ContentType,
            Refusal::ContentEncoding,
            Refusal::BodyTooLarge,
            Refusal::BodyTimeout,
            Refusal::RateLimitedAddress { retry_after_s: 1 },
            Refusal::RateLimitedSender { retry_after_s: 1 },
            Refusal::RateLimitedSource { retry_after_s: 1 },
        ];
        let codes: std::collections::BTreeSet<_> = all.iter().map(Refusal::code).collect();
        assert_eq!(codes.len(), all.len());
        assert_eq!(all.iter().filter(|refusal| refusal.is_authentication()).count(), 16);
    }
}
