//! Floor 5: the doctor. Looks whether all is well that acting needs, before it is needed: the clock, the secrets, each
//! permission that the rules in force ask for, and, on an account that is for that, that containing and giving back
//! works. Knows no HTTP and no command line.
//!
//! In reading order: `examined` is what was found of one thing; `needs` says which permissions are needed, `judge` what
//! answers mean, `stage` how far the canary is, all of them pure; `probe` reads DingTalk, `files` secrets, `kept` the
//! trail, `sealed` its log, `disk` its disk, `heard` the sources; `cycle` contains the canary; [`Doctor`] does all of it, one time after the other.

mod cycle;
mod disk;
mod examined;
mod files;
mod heard;
mod judge;
mod kept;
mod needs;
mod probe;
mod run;
mod sealed;
mod settings;
mod stage;

pub use disk::of_disk;
pub use examined::Examined;
pub use files::{SecretFile, secrets};
pub use judge::{CLOCK_TOLERANCE, of_failure};
pub use kept::verified;
pub use needs::Needs;
pub use probe::{Probe, Prober};
pub use run::{Doctor, Parts, Told};
pub use settings::Settings;
