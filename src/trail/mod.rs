//! Floor 2: the append-only, tamper-evident trail and the stores that keep it. Knows nothing of
//! senders, rules or DingTalk.
