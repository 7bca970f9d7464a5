//! How the sandbox is set up, and why it may refuse to start.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Deserialize;

use super::seed::MANY;

/// The sandbox's settings; the default is what the documentation of DingTalk promises.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// Whether an address that others can reach is allowed. The credentials are public, so everybody
    /// who reaches the sandbox can use all of it.
    pub beyond_loopback: bool,
    /// How many calls per second each API takes from the app; 0 means no limit. DingTalk's Standard
    /// edition has 20.
    pub calls_per_second: u32,
    /// How long a token lives, in seconds. DingTalk's live 7200.
    pub token_life_s: u64,
    /// Answer legacy calls as the documentation prints them instead of as DingTalk sends them:
    /// numbers and booleans as text, a list of one object as that object, 33012 for an unknown user.
    pub stringly: bool,
    /// How many ordinary Enterprise Accounts there are beside the named ones.
    pub people: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7790)),
            beyond_loopback: false,
            calls_per_second: 20,
            token_life_s: 7200,
            stringly: false,
            people: MANY,
        }
    }
}

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is reachable from elsewhere and that was not allowed.
    #[error(
        "the sandbox has public credentials and listens on loopback only; {0} is not loopback (set beyond_loopback to allow it)"
    )]
    NotLoopback(SocketAddr),
    /// The address could not be taken.
    #[error("the sandbox cannot listen on {listen}")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
