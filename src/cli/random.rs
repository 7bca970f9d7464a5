//! Random bytes, of the operating system.

/// So many.
pub(super) fn bytes<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(bytes)
}

/// A UUID of version 4 (RFC 9562), as text.
pub(super) fn uuid() -> anyhow::Result<String> {
    Ok(uuid::Builder::from_random_bytes(bytes()?).into_uuid().hyphenated().to_string())
}
