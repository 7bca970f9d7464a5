//! Puts made-up people into an event, the same one wherever the same person was: a rule file is read by
//! many, and kept for ever.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::fields::is_kind;
use super::held::{Held, held};
use super::stand_in::{StandIn, replaced};

/// Who stands in for whom; more than these get a number.
const PEOPLE: [&str; 8] = ["zhang.san", "li.si", "wang.wu", "zhao.liu", "sun.qi", "zhou.ba", "wu.jiu", "zheng.shi"];
const NAME: &str = "Made-up Person";
const PHONE: &str = "13800000000";
/// The first of them.
const PAPER: usize = 1_000_001;
const PHONE_NUMBER: u64 = 13_800_000_000;
/// Shorter ones stand in too many texts by chance.
const WORDS_CHARS_MIN: usize = 2;
const LOGIN_CHARS_MIN: usize = 3;
const DIGITS_MIN: usize = 7;
const PAPER_CHARS_MIN: usize = 5;
/// How many are looked for in all texts.
const CAST_MAX: usize = 500;

/// The event with made-up mail addresses, names, logins, telephone numbers and IP addresses. What a member
/// is known to hold is replaced in every other text as well.
pub(super) fn made_up(event: &Value) -> Value {
    let mut cast = Cast::default();
    cast.meet_mails(event);
    cast.meet("", event);
    cast.others.sort_by(|left, right| right.size().cmp(&left.size()).then_with(|| left.cmp(right)));
    cast.others.dedup();
    cast.others.truncate(CAST_MAX);
    cast.value("", event)
}

#[derive(Default)]
struct Cast {
    mails: BTreeMap<String, String>,
    logins: BTreeMap<String, String>,
    papers: BTreeMap<String, String>,
    addresses: BTreeMap<IpAddr, String>,
    /// What is looked for in texts, but for mail addresses, the longest first.
    others: Vec<StandIn>,
    people: usize,
}

impl Cast {
    /// Gives everybody who has a mail address a stand-in.
    fn meet_mails(&mut self, value: &Value) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                self.mails_replaced(name);
                self.meet_mails(value);
            }),
            Value::Array(items) => items.iter().for_each(|item| self.meet_mails(item)),
            Value::String(text) => drop(self.mails_replaced(text)),
            _ => {}
        }
    }

    /// Gives everything that a member is known to hold a stand-in.
    fn meet(&mut self, name: &str, value: &Value) {
        let text = match value {
            Value::Object(members) => return members.iter().for_each(|(name, value)| self.meet(name, value)),
            Value::Array(items) => return items.iter().for_each(|item| self.meet(name, item)),
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        if let Ok(address) = text.parse::<IpAddr>() {
            let made_up = self.address(address);
            return self.others.push(StandIn::Words(text, made_up));
        }
        match held(name) {
            _ if is_mail(&text) || text.is_empty() => {}
            Held::Name if value.is_string() => self.name(&text),
            Held::Login => drop(self.login(&text)),
            Held::Phone => self.phone(&text),
            Held::Paper => drop(self.paper(&text)),
            Held::Name | Held::Other => {}
        }
    }

    /// The value with a stand-in for everybody in it.
    fn value(&mut self, name: &str, value: &Value) -> Value {
        match (value, held(name)) {
            (Value::Object(members), _) => {
                // Paths go by the names of members, so only what is no common word is replaced in them.
                members.iter().map(|(name, value)| (self.without_mails(name), self.value(name, value))).collect()
            }
            (Value::Array(items), _) => items.iter().map(|item| self.value(name, item)).collect(),
            (Value::String(text), held) if held != Held::Other && is_own(text.trim()) => match held {
                Held::Name | Held::Other => NAME.into(),
                Held::Login => self.login(text.trim()).into(),
                Held::Phone => PHONE.into(),
                Held::Paper => self.paper(text.trim()).into(),
            },
            // Which event it is has a word in common with somebody's name only by chance.
            (Value::String(text), _) if is_kind(name) && !text.contains(char::is_whitespace) => {
                self.without_mails(text).into()
            }
            (Value::String(text), _) => self.text(text).into(),
            (Value::Number(_), Held::Phone) => PHONE_NUMBER.into(),
            (Value::Number(number), Held::Login | Held::Paper) => {
                self.paper(&number.to_string()).parse::<u64>().map_or(Value::Null, Value::from)
            }
            (Value::Number(number), _) => {
                let is_phone = replaced(&number.to_string(), &self.others) == PHONE;
                if is_phone { PHONE_NUMBER.into() } else { value.clone() }
            }
            (other, _) => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if let Ok(address) = text.parse::<IpAddr>() {
            return self.address(address);
        }
        let pieces = self.mails_replaced(text).into_iter();
        pieces.map(|(piece, is_mail)| if is_mail { piece } else { replaced(&piece, &self.others) }).collect()
    }

    fn without_mails(&mut self, text: &str) -> String {
        if let Ok(address) = text.parse::<IpAddr>() {
            return self.address(address);
        }
        self.mails_replaced(text).into_iter().map(|(piece, _)| piece).collect()
    }

    /// The text in pieces, each with whether it is a made-up mail address.
    fn mails_replaced(&mut self, text: &str) -> Vec<(String, bool)> {
        let mut pieces = Vec::new();
        let mut open = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('@') {
            let (before, behind) = rest.split_at(at);
            let is_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'');
            let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
            let begin =
                before.char_indices().rev().take_while(|(_, c)| is_local(*c)).last().map_or(at, |(begin, _)| begin);
            let host = behind.get(1..).unwrap_or_default();
            let end = 1 + host.find(|c| !is_host(c)).unwrap_or(host.len());
            let (mail, behind) = rest.split_at(at + end);
            let (before, mail) = mail.split_at(begin);
            open.push_str(before);
            if begin < at && end > 1 {
                pieces.extend([(std::mem::take(&mut open), false), (self.mail(mail), true)]);
            } else {
                open.push_str(mail);
            }
            rest = behind;
        }
        open.push_str(rest);
        pieces.push((open, false));
        pieces
    }

    fn mail(&mut self, mail: &str) -> String {
        if let Some(made_up) = self.mails.get(&mail.to_lowercase()) {
            return made_up.clone();
        }
        let person = self.login(mail.split('@').next().unwrap_or_default());
        // Two people of one name at two hosts stay two.
        let made_up =
            Some(format!("{person}@example.com")).filter(|mail| !self.mails.values().any(|taken| taken == mail));
        let made_up = made_up.unwrap_or_else(|| format!("{}@example.com", self.person()));
        self.mails.insert(mail.to_lowercase(), made_up.clone());
        made_up
    }

    fn address(&mut self, address: IpAddr) -> String {
        let next = self.addresses.len() % 254 + 1;
        self.addresses.entry(address).or_insert_with(|| format!("203.0.113.{next}")).clone()
    }

    /// Without the mail address that may stand behind it.
    fn name(&mut self, name: &str) {
        let name = name.split('<').next().unwrap_or_default().trim();
        if name.chars().count() >= WORDS_CHARS_MIN {
            self.others.push(StandIn::Words(name.to_owned(), NAME.to_owned()));
        }
    }

    /// Who stands in for a login; the domain before it is nobody's.
    fn login(&mut self, login: &str) -> String {
        if is_digits(login) {
            return self.paper(login);
        }
        let (domain, local) = login.rsplit_once('\\').map_or(("", login), |(domain, local)| (domain, local));
        let mark = if domain.is_empty() { "" } else { "\\" };
        let lower = local.to_lowercase();
        let person = self.logins.get(&lower).cloned().unwrap_or_else(|| {
            let person = self.person();
            if local.chars().count() >= LOGIN_CHARS_MIN {
                self.others.push(StandIn::Words(local.to_owned(), person.clone()));
            }
            self.logins.insert(lower, person.clone());
            person
        });
        format!("{domain}{mark}{person}")
    }

    fn person(&mut self) -> String {
        let next = self.people;
        self.people += 1;
        PEOPLE.get(next).map_or_else(|| format!("person{next}"), |name| (*name).to_owned())
    }

    fn paper(&mut self, paper: &str) -> String {
        if let Some(made_up) = self.papers.get(paper) {
            return made_up.clone();
        }
        let made_up = (PAPER + self.papers.len()).to_string();
        if paper.chars().count() >= PAPER_CHARS_MIN {
            self.others.push(StandIn::Words(paper.to_owned(), made_up.clone()));
        }
        self.papers.insert(paper.to_owned(), made_up.clone());
        made_up
    }

    /// With and without what may be a country's code.
    fn phone(&mut self, phone: &str) {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let codes = match phone {
            _ if phone.starts_with('+') => 0..=3,
            _ if digits.starts_with("00") => 0..=5,
            _ => 0..=0,
        };
        let without = codes.filter_map(|code| digits.get(code..)).filter(|digits| digits.len() >= DIGITS_MIN);
        self.others.extend(without.map(|digits| StandIn::Digits(digits.to_owned(), PHONE.to_owned())));
    }
}

/// Whether the text is a member's own value, and nothing that is replaced in every text anyway.
fn is_own(text: &str) -> bool {
    !text.is_empty() && !is_mail(text) && text.parse::<IpAddr>().is_err()
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty()) && !text.contains(' ')
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_person_is_the_same_everywhere_and_nobody_real() {
        let event = json!({
            "actor": {"alternateId": "Anna.Berg@corp.example", "displayName": "Anna Berg", "mobile": 4_917_012_345_678_u64},
            "text": "moved anna.berg@corp.example to bo@x.y, says @all; a@ b",
            "ip": "198.51.100.7", "other": ["2001:db8::1", "198.51.100.7"], "version": "Chrome/1.2.3.4",
            "by": {"cy@z.org": 1},
        });
        assert_eq!(
            made_up(&event),
            json!({
                "actor": {"alternateId": "zhang.san@example.com", "displayName": "Made-up Person", "mobile": 13_800_000_000_u64},
                "by": {"li.si@example.com": 1},
                "text": "moved zhang.san@example.com to wang.wu@example.com, says @all; a@ b",
                "ip": "203.0.113.1", "other": ["203.0.113.2", "203.0.113.1"], "version": "Chrome/1.2.3.4",
            })
        );
    }

    #[test]
    fn what_a_member_holds_is_replaced_in_every_text() {
        let event = json!({
            "type": "signin.anomaly", "action": "li.na", "severity": "high",
            "message": "User 张伟 (wei.zhang@corp.cn, +86 138 1234 5678) from 198.51.100.9, paper E00321; Wei Zhang, LI.NA",
            "user": {
                "email": "wei.zhang@corp.cn", "displayName": "张伟", "mobile": "13812345678", "employeeId": "E00321",
                "upn": "CORP\\wei.zhang", "employee_name": "Li Na", "login": "li.na", "userId": 4711,
                "nickname": "Wei <wei.zhang@corp.cn>",
            },
            "wei.zhang": 1, "contact": 13_812_345_678_u64, "src_ip": "198.51.100.9",
            "url": "https://portal.corp.cn/u/wei.zhang", "subject": "Wei Zhang", "ssn": "123-45-6789",
            "manager": "li.na@corp.cn", "count": 13,
        });
        let made_up = made_up(&event);
        assert_eq!(
            made_up,
            json!({
                "type": "signin.anomaly", "action": "li.na", "severity": "high",
                "message": "User Made-up Person (li.si@example.com, +86 13800000000) from 203.0.113.1, paper 1000002; \
                            Made-up Person, zhang.san",
                "user": {
                    "email": "li.si@example.com", "displayName": "Made-up Person", "mobile": "13800000000",
                    "employeeId": "1000002", "upn": "CORP\\li.si", "employee_name": "Made-up Person",
                    "login": "zhang.san", "userId": 1_000_003, "nickname": "Made-up Person",
                },
                "wei.zhang": 1, "contact": 13_800_000_000_u64, "src_ip": "203.0.113.1",
                "url": "https://portal.corp.cn/u/li.si", "subject": "Made-up Person", "ssn": "1000001",
                "manager": "zhang.san@example.com", "count": 13,
            })
        );
    }
}
