//! Reads the departments and roles of `guardrails.yml` whose members no rule may touch.

use super::problem::Report;
use super::reader::{self, Fields};
use super::yaml::{Node, Yaml};
use crate::incident::DepartmentId;

/// The most departments, and the most roles.
const GROUPS_MAX: usize = 1_000;
/// The most characters of a role's name, and of the reason.
const TEXT_CHARS_MAX: usize = 200;

/// Whose members are never acted on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProtectedGroups {
    departments: Vec<DepartmentId>,
    roles: Vec<RoleName>,
}

/// What a role is called by.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RoleName {
    Id(i64),
    Name(String),
}

impl ProtectedGroups {
    /// Whether there is any department. If there is, it has to be known in which departments an account is.
    #[must_use]
    pub fn have_departments(&self) -> bool {
        !self.departments.is_empty()
    }

    /// The departments.
    #[must_use]
    pub fn departments(&self) -> &[DepartmentId] {
        &self.departments
    }

    /// The roles, each by the name or the id that it is called by.
    pub fn roles(&self) -> impl Iterator<Item = String> {
        self.roles.iter().map(|role| match role {
            RoleName::Id(id) => id.to_string(),
            RoleName::Name(name) => name.clone(),
        })
    }

    /// Whether there is any role.
    #[must_use]
    pub fn have_roles(&self) -> bool {
        !self.roles.is_empty()
    }

    /// Whether the department is protected itself; ask with those above it, too.
    #[must_use]
    pub fn has_department(&self, id: DepartmentId) -> bool {
        self.departments.contains(&id)
    }

    /// Whether the role with this id and name is protected.
    #[must_use]
    pub fn has_role(&self, id: Option<i64>, name: &str) -> bool {
        self.roles.iter().any(|role| match role {
            RoleName::Id(protected) => Some(*protected) == id,
            RoleName::Name(protected) => protected == name,
        })
    }

    /// Those of the keys `protected_departments` and `protected_roles`.
    pub(super) fn read(fields: &Fields<'_>, report: &mut Report) -> Option<Self> {
        let departments = list(fields, "protected_departments", report, |fields, report| {
            fields.only(&["id", "why"], report);
            number(fields.need("id", report)?, report).map(DepartmentId::new)
        });
        let roles = list(fields, "protected_roles", report, |fields, report| {
            fields.only(&["id", "name", "why"], report);
            match (fields.get("id"), fields.get("name")) {
                (Some(id), None) => number(id, report).map(RoleName::Id),
                (None, Some(name)) => Some(RoleName::Name(text(name, "name", report)?)),
                _ => {
                    report.error_with(fields.at, "a protected role is called by one name", "give `id` or `name`");
                    None
                }
            }
        });
        Some(Self { departments: departments?, roles: roles? })
    }
}

fn list<G>(
    fields: &Fields<'_>,
    key: &'static str,
    report: &mut Report,
    read: impl Fn(&Fields<'_>, &mut Report) -> Option<G>,
) -> Option<Vec<G>> {
    let Some(node) = fields.get(key) else { return Some(Vec::new()) };
    let items = reader::list(node, key, report);
    if items.len() > GROUPS_MAX {
        report.error(node.at, format!("more than {GROUPS_MAX} entries"));
        return None;
    }
    let one = |item: &Node| {
        let fields = Fields::of(item, key, report)?;
        // For responders, who would look in vain for the reason elsewhere.
        let why = fields.need("why", report).and_then(|node| text(node, "why", report));
        let group = read(&fields, report);
        why.and(group)
    };
    items.iter().map(one).collect()
}

fn text(node: &Node, name: &str, report: &mut Report) -> Option<String> {
    let text = reader::line(node, name, report)?;
    if text.chars().count() > TEXT_CHARS_MAX {
        report.error(node.at, format!("`{name}` is longer than {TEXT_CHARS_MAX} characters"));
        return None;
    }
    Some(text.to_owned())
}

fn number(node: &Node, report: &mut Report) -> Option<i64> {
    let number = match &node.value {
        Yaml::Number(number) => number.text.parse().ok(),
        _ => None,
    };
    if number.is_none() {
        report.error(node.at, "`id` is a number, as DingTalk shows it");
    }
    number
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    fn read(text: &str) -> Result<ProtectedGroups, String> {
        let mut report = Report::about("guardrails.yml");
        let read = yaml::parse(text, &mut report)
            .and_then(|node| ProtectedGroups::read(&Fields::of(&node, "guardrails.yml", &mut report)?, &mut report));
        let mut problems = Vec::new();
        report.hand_over(&mut problems, &mut Vec::new());
        match problems.first() {
            Some(problem) => Err(problem.to_string()),
            None => Ok(read.unwrap()),
        }
    }

    #[test]
    fn departments_and_roles_are_read_and_known_by_what_they_are_called() {
        let groups = read(
            "protected_departments: [{id: 2, why: soc}]\n\
             protected_roles: [{id: 77, why: a}, {name: 财务主管, why: b}]\n",
        )
        .unwrap();
        assert!(groups.has_department(DepartmentId::new(2)) && !groups.has_department(DepartmentId::new(3)));
        assert!(groups.has_role(Some(77), "x") && groups.has_role(None, "财务主管") && !groups.has_role(Some(7), "x"));
        assert!(groups.have_departments() && groups.have_roles());
        let none = read("{}").unwrap();
        assert!(!none.have_departments() && !none.have_roles());
    }

    #[test]
    fn groups_are_read_strictly() {
        for (text, problem) in [
            ("protected_departments: [{id: two, why: a}]", "`id` is a number, as DingTalk shows it"),
            ("protected_departments: [{id: 2}]", "protected_departments needs the key `why`"),
            ("protected_departments: [{id: 2, why: a, name: b}]", "unknown key `name` in protected_departments"),
            ("protected_departments: [2]", "protected_departments must be a mapping, not a number"),
            ("protected_departments: {id: 2, why: a}", "`protected_departments` must be a list, not a mapping"),
            ("protected_roles: [{why: a}]", "a protected role is called by one name; give `id` or `name`"),
            ("protected_roles: [{id: 1, name: b, why: a}]", "a protected role is called by one name"),
            ("protected_roles: [{name: '', why: a}]", "`name`"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.contains(problem), "{text}: {found}");
        }
    }
}
