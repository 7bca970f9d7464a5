//! Floor 7: how logs leave. Human text for a terminal, JSON lines for a collector; bodies, tokens,
//! names, phone numbers and mail addresses are never among the fields.
