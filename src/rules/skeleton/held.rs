//! Knows members of events by their names: which of them hold something about a person.

use super::fields::plain_name;

/// Members that hold what somebody is called.
const NAMES: [&str; 12] = [
    "displayname",
    "firstname",
    "lastname",
    "fullname",
    "givenname",
    "familyname",
    "middlename",
    "nickname",
    "surname",
    "realname",
    "subject",
    "manager",
];
/// Members that hold what somebody signs in with.
const LOGINS: [&str; 12] = [
    "upn",
    "userprincipalname",
    "login",
    "loginname",
    "logonname",
    "user",
    "username",
    "userid",
    "account",
    "accountname",
    "samaccountname",
    "samaccount",
];
const PHONES: [&str; 6] = ["mobile", "mobilephone", "phone", "phonenumber", "telephone", "cellphone"];
/// Members that hold a number that somebody else gave a person; so do all that begin with `employee`.
const PAPERS: [&str; 7] = ["ssn", "idcard", "idnumber", "nationalid", "passport", "taxid", "staffid"];

/// What a member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// What somebody is called.
    Name,
    /// What somebody signs in with.
    Login,
    /// A telephone number.
    Phone,
    /// A number that somebody else gave a person.
    Paper,
    /// Anything.
    Other,
}

/// What a member of this name holds, as far as names tell.
pub(super) fn held(name: &str) -> Held {
    let name = plain_name(name);
    let is_of = |names: &[&str]| names.contains(&name.as_str());
    match () {
        () if is_of(&NAMES) || name == "employeename" => Held::Name,
        () if is_of(&LOGINS) => Held::Login,
        () if is_of(&PHONES) => Held::Phone,
        () if is_of(&PAPERS) || name.starts_with("employee") => Held::Paper,
        () => Held::Other,
    }
}
