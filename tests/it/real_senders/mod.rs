//! Senders that others have made, and the running program: the official signing libraries, Amazon's own validator of
//! SNS, and a real Alertmanager. `tests/senders/install` installs them; without them these tests fail and say so.

mod alertmanager;
pub(crate) mod installed;
mod libraries;
mod mutations;
mod notices;
mod official;
mod sns;
