//! The simulated organization: its ids, its app's credentials and its departments.

use serde_json::{Value, json};

/// The organization's id.
pub const CORP_ID: &str = "dingsandboxcorp0001";
/// The other organization, whose account is a guest here.
pub const FOREIGN_CORP_ID: &str = "dingforeigncorp0002";
/// One of the two organizations that `owner01` owns beside this one.
pub const OWNED_CORP_ID: &str = "dingownedcorp0003";
/// The role of those who are on call: a role that protects nobody by itself.
pub const ON_CALL: u64 = 2_062_490_001;
/// The app's key (Client ID): a public test value.
pub const APP_KEY: &str = "sandbox-app-key";
/// The app's secret: a public test value.
pub const APP_SECRET: &str = "sandbox-app-secret";

pub(super) const CORP_NAME: &str = "沙盒科技";
pub(super) const FOREIGN_CORP_NAME: &str = "外部科技";

/// The root of the department tree.
pub(super) const ROOT: u64 = 1;

/// One department.
#[derive(Debug, Clone, Copy)]
pub(super) struct Department {
    pub(super) id: u64,
    /// `None` for the root.
    pub(super) parent: Option<u64>,
    name: &'static str,
    name_english: &'static str,
}

/// The whole tree.
const DEPARTMENTS: [Department; 7] = [
    Department { id: ROOT, parent: None, name: "沙盒科技", name_english: "Sandbox Technology" },
    Department { id: 2, parent: Some(ROOT), name: "安全部", name_english: "Security" },
    Department { id: 3, parent: Some(ROOT), name: "研发部", name_english: "Engineering" },
    Department { id: 4, parent: Some(ROOT), name: "财务部", name_english: "Finance" },
    Department { id: 31, parent: Some(3), name: "平台组", name_english: "Platform" },
    Department { id: 32, parent: Some(3), name: "应用组", name_english: "Applications" },
    Department { id: 311, parent: Some(31), name: "海外小组", name_english: "Overseas" },
];

/// Who owns organizations: `userid`, the organization's id and its name. The boss owns the one here, too.
const OWNED: [(&str, &str, &str); 3] = [
    ("boss01", CORP_ID, CORP_NAME),
    ("owner01", OWNED_CORP_ID, "海外分部"),
    ("owner01", "dingownedcorp0004", "创业项目"),
];

/// The organizations that an account owns, as DingTalk lists them.
pub(super) fn owned_by(user_id: &str) -> Value {
    let owned = OWNED.iter().filter(|(owner, ..)| *owner == user_id);
    owned.map(|(_, corp_id, name)| json!({ "corpId": corp_id, "corpName": name })).collect()
}

impl Department {
    /// The department with this id.
    pub(super) fn find(id: u64) -> Option<&'static Self> {
        DEPARTMENTS.iter().find(|department| department.id == id)
    }

    /// The departments directly below this one.
    pub(super) fn children(&self) -> impl Iterator<Item = &'static Self> {
        let parent = Some(self.id);
        DEPARTMENTS.iter().filter(move |department| department.parent == parent)
    }

    /// The members every department document has, with the name in `language`.
    pub(super) fn document(&self, language: &str) -> Value {
        let name = if language == "en_US" { self.name_english } else { self.name };
        let mut document =
            json!({ "dept_id": self.id, "name": name, "create_dept_group": false, "auto_add_user": false });
        if let (Some(parent), Some(members)) = (self.parent, document.as_object_mut()) {
            members.insert("parent_id".to_owned(), parent.into());
        }
        document
    }
}
