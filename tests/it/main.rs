//! Everything together, through the doors people use: alerts over HTTP, the sandbox as DingTalk, the
//! trail as it was written. One binary, so that it links once.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod harness;

mod admission;
mod any_delivery;
mod any_reader;
mod api;
mod approval;
mod authentication;
mod backtest;
mod blast_radius;
mod bodies;
mod breaker;
mod budgets;
mod budgets_of_several;
mod concurrency;
mod console;
mod correlations;
mod crash;
mod dingtalk_events;
mod dingtalk_faults;
mod directory;
mod directory_commands;
mod event_grid;
mod every_call_fails_once;
mod expiry;
mod framing;
mod guardrails;
mod identity;
mod lifecycle;
mod limits;
mod log_sources;
mod look_up;
mod metrics;
mod never_fetched;
mod outage;
mod output;
mod ownership;
mod pause;
mod poison;
mod promotion;
mod protocols;
mod quota;
mod real_senders;
mod reasons;
mod reload;
mod rule_attacks;
mod rule_signature;
mod rules_tools;
mod sender_pages;
mod senders;
mod several_people;
mod shared_signals;
mod signed_out_again;
mod sources;
mod store_refuses;
mod tls;
mod trail_pages;
mod turned_clocks;
mod vectors;
mod windows;
