//! `portcullis directory admins`: who administers the organization.

use super::{Place, client, failed};
use crate::cli::output;
use crate::directory::{AdminLevel, Directory as _};

pub(super) async fn run(place: &Place) -> anyhow::Result<()> {
    let admins = client(&place.config()?)?.admins().await.map_err(|failure| failed(&failure))?;
    output::note(output::counted(admins.len(), "administrator"));
    admins.iter().try_for_each(|admin| output::line(format_args!("{}  {}", admin.user_id, level(admin.level))))
}

fn level(level: AdminLevel) -> &'static str {
    match level {
        AdminLevel::Main => "main administrator",
        AdminLevel::Sub => "sub-administrator",
        AdminLevel::Other => "administrator of a level that is not documented",
    }
}
