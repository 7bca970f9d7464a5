//! Every way a message of Amazon SNS can be turned away.

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SnsRefusal {
    /// Delivered raw: without the envelope there is no signature.
    #[error("raw message delivery is on, so that nothing is signed")]
    Raw,
    /// Not strict JSON, or a member is missing or is no text.
    #[error("the envelope cannot be read")]
    Envelope,
    /// Of a type that we do not know.
    #[error("the message's type is unknown")]
    Type,
    /// A topic that is not configured. Any account of AWS can send well-signed messages of its own.
    #[error("the topic is not configured")]
    Topic,
    /// Signed in a way that we do not know, or that is switched off.
    #[error("the signature's version is not allowed")]
    Version,
    /// The certificate is not where Amazon keeps them.
    #[error("the certificate is not at an address of Amazon SNS")]
    CertificateAddress,
    /// What is to be visited is not Amazon's.
    #[error("the address to confirm is not one of Amazon SNS")]
    ConfirmAddress,
    /// Not a time.
    #[error("the timestamp is none")]
    Timestamp,
    /// Sent too long ago.
    #[error("the timestamp is too far in the past")]
    Stale,
    /// Sent in the future.
    #[error("the timestamp is too far in the future")]
    Future,
    /// The certificate is not valid now.
    #[error("the certificate has expired or is not valid yet")]
    Certificate,
    /// By another key, or of other text.
    #[error("the signature is wrong")]
    Signature,
}

impl SnsRefusal {
    /// The reason's stable name, for the trail and for metrics.
    pub(in crate::intake) fn code(self) -> &'static str {
        match self {
            Self::Raw => "sns_raw",
            Self::Envelope => "sns_envelope",
            Self::Type => "sns_type",
            Self::Topic => "sns_topic",
            Self::Version => "sns_version",
            Self::CertificateAddress => "sns_certificate_address",
            Self::ConfirmAddress => "sns_confirm_address",
            Self::Timestamp => "sns_timestamp",
            Self::Stale => "sns_stale",
            Self::Future => "sns_future",
            Self::Certificate => "sns_certificate",
            Self::Signature => "sns_signature",
        }
    }
}
