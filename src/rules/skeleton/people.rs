//! Puts made-up people into an event, the same one wherever the same person was: a rule file is read by
//! many, and kept for ever.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::fields::plain_name;

/// Who stands in for whom; more than these get a number.
const PEOPLE: [&str; 8] = ["zhang.san", "li.si", "wang.wu", "zhao.liu", "sun.qi", "zhou.ba", "wu.jiu", "zheng.shi"];
const NAMES: [&str; 8] =
    ["displayname", "firstname", "lastname", "fullname", "givenname", "familyname", "nickname", "surname"];
const NUMBERS: [&str; 5] = ["mobile", "mobilephone", "phone", "phonenumber", "telephone"];

/// The event with made-up mail addresses, names, telephone numbers and IP addresses.
pub(super) fn made_up(event: &Value) -> Value {
    let mut cast = Cast::default();
    cast.value("", event)
}

#[derive(Default)]
struct Cast {
    mails: BTreeMap<String, String>,
    addresses: BTreeMap<IpAddr, String>,
}

impl Cast {
    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (self.text(name), self.value(name, value))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::String(_) if NAMES.contains(&plain_name(name).as_str()) => "Made-up Person".into(),
            Value::String(_) if NUMBERS.contains(&plain_name(name).as_str()) => "13800000000".into(),
            Value::Number(_) if NUMBERS.contains(&plain_name(name).as_str()) => 13_800_000_000_u64.into(),
            Value::String(text) => self.text(text).into(),
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if let Ok(address) = text.parse::<IpAddr>() {
            let next = self.addresses.len() % 254 + 1;
            return self.addresses.entry(address).or_insert_with(|| format!("203.0.113.{next}")).clone();
        }
        let mut made_up = String::with_capacity(text.len());
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
            made_up.push_str(before);
            made_up.push_str(&if begin < at && end > 1 { self.mail(mail) } else { mail.to_owned() });
            rest = behind;
        }
        made_up.push_str(rest);
        made_up
    }

    fn mail(&mut self, mail: &str) -> String {
        let next = self.mails.len();
        let person = PEOPLE.get(next).map_or_else(|| format!("person{next}"), |name| (*name).to_owned());
        self.mails.entry(mail.to_lowercase()).or_insert_with(|| format!("{person}@example.com")).clone()
    }
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
}
