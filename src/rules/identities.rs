//! Reads `identities.csv`: which DingTalk user a mail address or an identity provider's id belongs to.

use std::collections::{HashMap, HashSet};

use crate::incident::{AccountKind, AccountRef, UserId};

use super::lint::Lint;
use super::problem::{Place, Report};
use super::source::{self, SourceFile};

/// The file's name.
pub(super) const FILE: &str = "identities.csv";
/// The largest file, in bytes.
pub(super) const IDENTITIES_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most people.
const IDENTITIES_MAX: usize = 250_000;
/// The most faulty lines reported one by one.
const PROBLEMS_MAX: usize = 100;
const HEADER: &str = "subject,user_id";

/// Who is who. Subjects compare without regard to the case of ASCII letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    users: HashMap<String, UserId>,
}

impl Identities {
    /// The DingTalk user whom the map names for a reference. A userid is no look-up: it says itself whose account is
    /// meant, and an identity provider's id that reads the same is somebody else's.
    #[must_use]
    pub fn user_for(&self, account: &AccountRef) -> Option<&UserId> {
        match account.kind() {
            AccountKind::UserId => None,
            AccountKind::Email
            | AccountKind::LoginId
            | AccountKind::Mobile
            | AccountKind::UnionId
            | AccountKind::JobNumber => self.users.get(&account.value().to_ascii_lowercase()),
        }
    }

    /// All that the map has of a DingTalk user, in no order. Reads all of it.
    pub fn subjects_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a str> {
        self.users.iter().filter(move |(_, known)| *known == user).map(|(subject, _)| subject.as_str())
    }

    /// How many subjects are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Reads the file: the header, then one `subject,user_id` a line; `#` begins a comment line.
    pub(super) fn read(file: &SourceFile, report: &mut Report) -> Option<Self> {
        let text = source::decode(&file.bytes, report)?;
        let lines = (1..).zip(text.lines()).map(|(number, line)| (number, line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        match lines.next() {
            Some((_, HEADER)) => {}
            Some((line, _)) => report.error(at(line), format!("the first line must be the header `{HEADER}`")),
            None => report.file_error("is empty", format!("begin with the header `{HEADER}`")),
        }
        let mut people = HashMap::new();
        for (line, text) in lines {
            if people.len() >= IDENTITIES_MAX || report.errors() >= PROBLEMS_MAX {
                report.error(
                    at(line),
                    format!("reading stops here: more than {IDENTITIES_MAX} people or {PROBLEMS_MAX} problems"),
                );
                break;
            }
            read_line(line, text, &mut people, report);
        }
        warn_of_userids(&people, report);
        Some(Self { users: people.into_iter().map(|(subject, (_, user))| (subject, user)).collect() })
    }
}

fn read_line(line: usize, text: &str, people: &mut HashMap<String, (usize, UserId)>, report: &mut Report) {
    let parsed = text.split_once(',').ok_or("a line is `subject,user_id`".to_owned()).and_then(|(subject, user)| {
        if text.contains('"') || user.contains(',') {
            return Err("a line is `subject,user_id`, without quotes and further commas".to_owned());
        }
        // A subject keeps to the grammar of mail addresses, which includes identity providers' ids.
        let subject = AccountRef::parse(AccountKind::Email, subject.trim())
            .map_err(|_| "the subject is no mail address or id")?;
        let user = UserId::parse(user.trim()).map_err(|problem| problem.to_string())?;
        Ok((subject.value().to_owned(), user))
    });
    match parsed {
        Err(problem) => report.error(at(line), problem),
        Ok((subject, user)) => {
            if let Some((first, _)) = people.get(&subject) {
                report.error_with(at(line), format!("the subject is already in line {first}"), "remove one");
            } else {
                people.insert(subject, (line, user));
            }
        }
    }
}

/// A subject that is also somebody else's userid is read in two ways, by what an alert gives it as.
fn warn_of_userids(people: &HashMap<String, (usize, UserId)>, report: &mut Report) {
    let of_map: HashSet<&str> = people.values().map(|(_, user)| user.as_str()).collect();
    let is_other = |subject: &str, user: &UserId| user.as_str() != subject && of_map.contains(subject);
    let mut lines: Vec<usize> =
        people.iter().filter(|(subject, (_, user))| is_other(subject, user)).map(|(_, (line, _))| *line).collect();
    lines.sort_unstable();
    for line in lines.into_iter().take(PROBLEMS_MAX) {
        report.warn(
            Lint::SubjectIsUserid,
            at(line),
            "the subject is somebody else's userid",
            "alerts that give it as `user_id` mean that account, under every other kind of name they mean this line's",
        );
    }
}

fn at(line: usize) -> Place {
    Place { line, column: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Identities, String> {
        let mut report = Report::about("identities.csv");
        let file = SourceFile { name: FILE.to_owned(), bytes: text.as_bytes().to_vec() };
        let identities = Identities::read(&file, &mut report);
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        report.hand_over(&mut errors, &mut warnings);
        errors.append(&mut warnings);
        if errors.is_empty() { Ok(identities.unwrap()) } else { Err(errors.iter().map(|e| format!("{e}\n")).collect()) }
    }

    #[test]
    fn a_subject_is_found_whatever_its_case() {
        let people =
            read("\u{feff}# people\r\nsubject,user_id\r\n\r\nZhang.San@example.com , zhangsan\r\n00u1,Li\r\n").unwrap();
        let user_for = |kind, subject| people.user_for(&AccountRef::parse(kind, subject).unwrap()).map(UserId::as_str);
        assert_eq!(user_for(AccountKind::Email, "ZHANG.san@EXAMPLE.com"), Some("zhangsan"));
        for kind in [AccountKind::Email, AccountKind::LoginId, AccountKind::UnionId, AccountKind::JobNumber] {
            assert_eq!(user_for(kind, "00U1"), Some("Li"));
        }
        assert_eq!(user_for(AccountKind::UserId, "00u1"), None, "a userid is no look-up");
        assert_eq!(user_for(AccountKind::Email, "nobody@example.com"), None);
        assert_eq!(people.len(), 2);
    }

    #[test]
    fn a_subject_that_is_somebody_elses_userid_is_doubtful() {
        let told = read(&format!("{HEADER}\nu20,u21\na@example.com,u20\nu22,u22\n")).unwrap_err();
        assert!(told.starts_with("identities.csv:2:1: the subject is somebody else's userid; "), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }

    #[test]
    fn a_faulty_line_is_named_without_repeating_the_person() {
        let header = format!("{HEADER}\n");
        for (body, message) in [
            ("a@example.com", "identities.csv:2:1: a line is `subject,user_id`\n"),
            ("a@example.com,u\nA@example.com,v", "identities.csv:3:1: the subject is already in line 2; remove one\n"),
            (
                "a@example.com,u,v",
                "identities.csv:2:1: a line is `subject,user_id`, without quotes and further commas\n",
            ),
            ("\"a\",u", "identities.csv:2:1: a line is `subject,user_id`, without quotes and further commas\n"),
            ("zhаng@example.com,u", "identities.csv:2:1: the subject is no mail address or id\n"),
            (
                "a@example.com,",
                "identities.csv:2:1: the user_id is not usable: a userid is 1 to 64 visible ASCII characters\n",
            ),
        ] {
            assert_eq!(read(&format!("{header}{body}")).unwrap_err(), message, "{body}");
        }
        assert!(read("a@example.com,u\n").unwrap_err().contains("must be the header"));
        assert!(read("# nothing\n").unwrap_err().contains("is empty"));
        assert!(read(&format!("{header}{}", "x\n".repeat(1000))).unwrap_err().contains("reading stops here"));
    }
}
