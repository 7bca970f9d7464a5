//! Floor 6: the HTTP interface. A handler reads input, calls one function and shapes the answer; only
//! `problem.rs` knows HTTP status.
