//! Floor 2: DingTalk. Looks accounts up and acts on them; knows nothing of alerts or rules.
//!
//! [`DingTalk`] is the real client, [`DryRun`] one that only reads. In reading order: `settings`
//! say where and how, `call` is what is sent, `wire` sends it, `answer` and `classes` judge what
//! came back, `lookup` reads accounts from it, `token` and `limits` stand before every call.
