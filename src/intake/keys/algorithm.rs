//! The algorithms that tokens may be signed with. Which of them count is said by the source, never by the token.

use jsonwebtoken::Algorithm;
use serde::Deserialize;

/// A JWS algorithm, by its name in RFC 7518 and RFC 8037. There is no `none`, and nothing by SHA-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub(in crate::intake) enum TokenAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256: what every sender of Shared Signals must be able to do.
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RS384")]
    Rs384,
    #[serde(rename = "RS512")]
    Rs512,
    /// RSA PSS.
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "PS384")]
    Ps384,
    #[serde(rename = "PS512")]
    Ps512,
    /// ECDSA with P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA with P-384.
    #[serde(rename = "ES384")]
    Es384,
    /// Ed25519. RFC 9864 calls it so; before, it was `EdDSA`.
    #[serde(rename = "EdDSA", alias = "Ed25519")]
    EdDsa,
    /// HMAC, with a secret that the sender and we share; never with keys that are fetched.
    #[serde(rename = "HS256")]
    Hs256,
    #[serde(rename = "HS384")]
    Hs384,
    #[serde(rename = "HS512")]
    Hs512,
}

/// What kind of key an algorithm takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intake) enum KeyFamily {
    Rsa,
    P256,
    P384,
    Ed25519,
    Secret,
}

impl TokenAlgorithm {
    pub(in crate::intake) const ALL: [Self; 12] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The algorithm of that name, which is written in one way only.
    pub(in crate::intake) fn parse(name: &str) -> Option<Self> {
        let same = |algorithm: &Self| algorithm.as_str() == name;
        Self::ALL.into_iter().find(same).or((name == "Ed25519").then_some(Self::EdDsa))
    }

    /// Its name in a token's header.
    pub(in crate::intake) fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// The only kind of key that fits.
    pub(in crate::intake) fn family(self) -> KeyFamily {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => KeyFamily::Rsa,
            Self::Es256 => KeyFamily::P256,
            Self::Es384 => KeyFamily::P384,
            Self::EdDsa => KeyFamily::Ed25519,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => KeyFamily::Secret,
        }
    }

    /// Whether both sides sign with the same secret.
    pub(in crate::intake) fn is_shared(self) -> bool {
        self.family() == KeyFamily::Secret
    }

    /// The least secret that it takes, in bytes: as long as its digest (RFC 7518 section 3.2).
    pub(super) fn secret_bytes_min(self) -> Option<usize> {
        match self {
            Self::Hs256 => Some(32),
            Self::Hs384 => Some(48),
            Self::Hs512 => Some(64),
            _ => None,
        }
    }

    pub(in crate::intake) fn to_library(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Rs384 => Algorithm::RS384,
            Self::Rs512 => Algorithm::RS512,
            Self::Ps256 => Algorithm::PS256,
            Self::Ps384 => Algorithm::PS384,
            Self::Ps512 => Algorithm::PS512,
            Self::Es256 => Algorithm::ES256,
            Self::Es384 => Algorithm::ES384,
            Self::EdDsa => Algorithm::EdDSA,
            Self::Hs256 => Algorithm::HS256,
            Self::Hs384 => Algorithm::HS384,
            Self::Hs512 => Algorithm::HS512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_headers_and_in_settings() {
        for algorithm in TokenAlgorithm::ALL {
            let name = algorithm.as_str();
            assert_eq!(TokenAlgorithm::parse(name), Some(algorithm));
            assert_eq!(serde_json::from_value::<TokenAlgorithm>(name.into()).ok(), Some(algorithm));
        }
        assert_eq!(TokenAlgorithm::parse("Ed25519"), Some(TokenAlgorithm::EdDsa));
        assert_eq!(serde_json::from_value::<TokenAlgorithm>("Ed25519".into()).ok(), Some(TokenAlgorithm::EdDsa));
    }

    #[test]
    fn there_is_no_none_in_whatever_spelling() {
        for name in ["none", "None", "NONE", "nOnE", "", "rs256", "RS256 ", "ES512", "ES256K", "RS1", "dir", "A256GCM"]
        {
            assert_eq!(TokenAlgorithm::parse(name), None, "{name:?}");
            assert!(serde_json::from_value::<TokenAlgorithm>(name.into()).is_err(), "{name:?}");
        }
    }
}
