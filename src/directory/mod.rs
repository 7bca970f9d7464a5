//! Floor 2: DingTalk. Looks accounts up and acts on them; knows nothing of alerts or rules.
//!
//! [`DingTalk`] is the real client, [`DryRun`] one that only reads. In reading order: `settings`
//! say where and how, `call` is what is sent, `wire` sends it, `answer` and `classes` judge what
//! came back, `lookup`, `listing` and `roles` read accounts, departments and roles from it, `message` tells people something, `token`,
//! `limits`, `quota`, `circuit` and `ban` stand before every call, `walk` and `search` go through whole lists. [`index`] holds what they
//! said, for look-ups that DingTalk does not offer.

mod ancestry;
mod contacts;
mod message;
mod model;
mod names;

mod address;
mod error;
mod secret;
mod settings;

mod answer;
mod api;
mod ban;
mod call;
mod circuit;
mod classes;
mod lenient;
mod limits;
mod listing;
mod lookup;
mod quota;
mod roles;
mod search;
mod token;
mod wire;

mod dingtalk;
mod dry_run;
mod walk;

pub mod index;

#[cfg(test)]
mod tests;

pub use ancestry::Ancestry;
pub use circuit::{Outage, Outages};
pub use contacts::{Admin, AdminLevel, Department, DepartmentId, Member, MemberPage, PageFrom, Role};
pub use dingtalk::DingTalk;
pub use dry_run::DryRun;
pub use error::SetupError;
pub use message::{Message, Reach, Told};
pub use model::{
    Account, BoxFuture, Directory, Done, Greeting, Lookup, Matches, MayLeave, Order, Organization, SignIn,
};
pub use names::{Borne, Names};
pub use quota::{CALLS_FILE, Usage};
pub use roles::{HolderPage, ListedRole, RoleId, RolePage};
pub use settings::{CALLS_PER_SECOND_MAX, Preset, Settings, TokenCall};
pub use walk::{departments, holders, members, roles};
