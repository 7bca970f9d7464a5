//! Floor 6: the simulated DingTalk, for demos, rule trials and tests.
//!
//! Both API families answer on one address: the new one (`/v1.0/…`) and the legacy one (`/gettoken`,
//! `/topapi/…`). Everything below `/sandbox/` is ours, for people and tests; it is not part of
//! DingTalk. Accounts, ids and credentials are seeded, fixed and public, so the sandbox listens on
//! loopback unless it is told otherwise, and it keeps nothing after it stops.
//!
//! It never uses our own DingTalk client, nor its types: the two agree through DingTalk's documents
//! only, or a shared misreading would go unnoticed.
//!
//! Reading order: `catalogue` (what can be called), `gateway` (the way of one call), `tokens`,
//! `org_accounts`, `legacy` (the calls), `world` (what the calls change), `faults`, `control`.
