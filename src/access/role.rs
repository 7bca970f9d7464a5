//! Roles and what each may do.

use crate::incident::{Role, UserId};

/// One thing that can be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Read incidents and the overview.
    ReadIncidents,
    /// Read the trail.
    ReadTrail,
    /// Pause and resume all actions, let held incidents go on.
    Control,
    /// See which rules are in force, and what is wrong with those that are not.
    ReadRules,
    /// Have the rules folder loaded.
    LoadRules,
    /// Let a rule act that has only watched.
    PromoteRules,
    /// See which senders there are and what was last heard of them.
    ReadSources,
    /// Try a source out, during which its deliveries are not acted on.
    TrySources,
    /// See how far the organization has been read.
    ReadDirectory,
    /// See who has a role, is in a department, or has an address or number, by the directory index.
    LookUpPeople,
    /// Have the organization read from DingTalk now.
    SyncDirectory,
    /// See what the doctor has found.
    ReadDoctor,
    /// Have the doctor look now, the canary contained and given back among it.
    RunDoctor,
    /// Read all that is kept on a person.
    ReadPersonal,
    /// Make what is kept on a person unreadable for good.
    ErasePersonal,
    /// Have old records dropped.
    PruneTrail,
    /// Give out tokens and take them back.
    ManageTokens,
}

impl Role {
    /// Whether the role includes the permission.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadIncidents
            | Permission::ReadRules
            | Permission::ReadSources
            | Permission::ReadDirectory
            | Permission::ReadDoctor => true,
            Permission::RunDoctor => self != Self::Auditor,
            Permission::LoadRules | Permission::PromoteRules | Permission::TrySources | Permission::SyncDirectory => {
                matches!(self, Self::Engineer | Self::Admin)
            }
            Permission::ReadTrail => matches!(self, Self::Auditor | Self::Responder | Self::Admin),
            Permission::ReadPersonal => matches!(self, Self::Auditor | Self::Admin),
            Permission::ErasePersonal | Permission::PruneTrail | Permission::ManageTokens => self == Self::Admin,
            Permission::Control | Permission::LookUpPeople => matches!(self, Self::Responder | Self::Admin),
        }
    }
}

/// Somebody who has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The token's name, as it stands on the trail.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their own account in the organization, where that is known.
    pub user_id: Option<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_sees_how_far_the_organization_is_read_and_who_cares_for_it_has_it_read() {
        let roles = [Role::Auditor, Role::Engineer, Role::Responder, Role::Admin];
        assert_eq!(roles.map(|role| role.may(Permission::ReadDirectory)), [true; 4]);
        assert_eq!(roles.map(|role| role.may(Permission::SyncDirectory)), [false, true, false, true]);
    }

    #[test]
    fn only_who_acts_on_people_looks_them_up() {
        let roles = [Role::Auditor, Role::Engineer, Role::Responder, Role::Admin];
        assert_eq!(roles.map(|role| role.may(Permission::LookUpPeople)), [false, false, true, true]);
    }

    #[test]
    fn who_audits_hands_out_what_is_kept_on_a_person_and_only_an_administrator_erases_it() {
        let roles = [Role::Auditor, Role::Engineer, Role::Responder, Role::Admin];
        assert_eq!(roles.map(|role| role.may(Permission::ReadPersonal)), [true, false, false, true]);
        assert_eq!(roles.map(|role| role.may(Permission::ErasePersonal)), [false, false, false, true]);
        assert_eq!(roles.map(|role| role.may(Permission::PruneTrail)), [false, false, false, true]);
    }

    #[test]
    fn the_role_matrix() {
        let allowed = |role: Role| {
            use Permission::{
                Control, LoadRules, PromoteRules, ReadIncidents, ReadRules, ReadSources, ReadTrail, TrySources,
            };
            [ReadIncidents, ReadTrail, Control, ReadRules, LoadRules, PromoteRules, ReadSources, TrySources]
                .map(|permission| role.may(permission))
        };
        assert_eq!(allowed(Role::Auditor), [true, true, false, true, false, false, true, false]);
        assert_eq!(allowed(Role::Engineer), [true, false, false, true, true, true, true, true]);
        assert_eq!(allowed(Role::Responder), [true, true, true, true, false, false, true, false]);
        assert_eq!(allowed(Role::Admin), [true, true, true, true, true, true, true, true]);
    }
}
