//! Who reads a page, and how: in which language, in which time zone. Both are chosen on the page *Preferences* and kept
//! in cookies; without them the browser's languages count, and times are UTC.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;
use fluent_bundle::FluentValue;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::words::Tongue;
use super::written;
use crate::access::{Actor, Permission, Session};
use crate::incident::{HoldReason, Timestamp};

/// The cookie of the language, a tag.
pub(super) const LANGUAGE: &str = "portcullis-language";
/// The cookie of the time zone, by IANA's name.
pub(super) const ZONE: &str = "portcullis-zone";
/// The longest `Accept-Language` that is looked at, in bytes.
const HEADER_BYTES_MAX: usize = 256;

/// How somebody reads, and who it is.
pub(super) struct Reader {
    pub(super) tongue: Tongue,
    pub(super) zone: TimeZone,
    /// Who has signed in, if somebody has.
    pub(super) actor: Option<Actor>,
    /// What the browser sends back with what it changes, if somebody has signed in.
    pub(super) csrf: Option<String>,
    /// Whether they have signed in a moment ago.
    pub(super) is_fresh: bool,
}

impl Reader {
    /// Whoever sends the request.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let cookie = |name| request.cookie(name).map(|cookie| cookie.value().to_owned());
        let chosen = cookie(LANGUAGE).and_then(|tag| Tongue::of(&tag));
        let zone = cookie(ZONE).and_then(|name| TimeZone::get(&name).ok());
        Self {
            tongue: chosen.or_else(|| accepted(request)).unwrap_or(Tongue::English),
            zone: zone.unwrap_or(TimeZone::UTC),
            actor: None,
            csrf: None,
            is_fresh: false,
        }
    }

    /// They have signed in.
    pub(super) fn signed_in(&mut self, session: Session) {
        (self.actor, self.csrf, self.is_fresh) = (Some(session.actor), Some(session.csrf), session.is_fresh);
    }

    /// Under which name what they do stands on the trail.
    pub(super) fn name(&self) -> &str {
        self.actor.as_ref().map_or("", |actor| actor.name.as_str())
    }

    /// What each form carries, so that no other site can send it.
    pub(super) fn proof(&self) -> Markup {
        html! { @if let Some(csrf) = &self.csrf { input type="hidden" name="csrf" value=(csrf); } }
    }

    /// Whether there are forms for what takes the permission. A token that is shown for reading has none.
    pub(super) fn may_change(&self, permission: Permission) -> bool {
        self.csrf.is_some() && self.actor.as_ref().is_some_and(|actor| actor.role.may(permission))
    }

    /// The message.
    pub(super) fn say(&self, key: &str) -> String {
        self.tongue.say(key, &[])
    }

    /// The message, with its variables.
    pub(super) fn say_of(&self, key: &str, with: &[(&str, FluentValue<'_>)]) -> String {
        self.tongue.say(key, with)
    }

    /// The message about so many; the number is written as the reader writes numbers.
    pub(super) fn count(&self, key: &str, count: u64) -> String {
        self.tongue.say(key, &[("count", count.into()), ("written", self.number(count).into())])
    }

    /// The message, with markup for its variables.
    pub(super) fn rich(&self, key: &str, with: &[(&str, Markup)]) -> Markup {
        self.tongue.rich(key, with)
    }

    /// What a code of a closed list means: the message under `begin` and the code, or else the program's own words.
    pub(super) fn say_either(&self, begin: &str, code: &str, else_say: &str) -> String {
        let key = format!("{begin}{}", code.replace('_', "-"));
        self.tongue.find(&key, &[]).unwrap_or_else(|| else_say.to_owned())
    }

    /// Why something is held.
    pub(super) fn hold(&self, reason: HoldReason) -> String {
        self.say_either("hold-", &reason_code(reason), reason.text())
    }

    /// The time in the reader's zone and form, and UTC at hand: for programs, and when pointed at.
    pub(super) fn time(&self, at: Timestamp) -> Markup {
        let utc = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        html! { time datetime=(at) title=(utc) { (written::time(at, &self.zone, self.tongue)) } }
    }

    /// A number in the reader's form.
    pub(super) fn number(&self, number: u64) -> String {
        written::number(number, self.tongue)
    }

    /// How the zone is named.
    pub(super) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// The code of the reason, as it stands on the trail.
pub(super) fn reason_code(reason: HoldReason) -> String {
    serde_json::to_value(reason).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The first of the browser's languages that there is, by weight as RFC 9110 section 12.5.4 has it.
fn accepted(request: &HttpRequest) -> Option<Tongue> {
    let header = request.headers().get(ACCEPT_LANGUAGE)?.to_str().ok().filter(|text| text.len() <= HEADER_BYTES_MAX)?;
    preferred(header)
}

fn preferred(header: &str) -> Option<Tongue> {
    let ranges = header.split(',').filter_map(|range| {
        let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
        let weight: f32 = weight.trim().parse().ok().filter(|weight| *weight > 0.0)?;
        Some((Tongue::of(tag.trim())?, weight))
    });
    // The first of the heaviest.
    ranges.reduce(|best, range| if range.1 > best.1 { range } else { best }).map(|(tongue, _)| tongue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i23_the_browsers_languages_count_by_weight_and_what_is_none_counts_nothing() {
        for (header, tongue) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Tongue::Chinese)),
            ("fr, en;q=0.5, zh;q=0.7", Some(Tongue::Chinese)),
            ("en, zh", Some(Tongue::English)),
            ("zh;q=0, en;q=0.1", Some(Tongue::English)),
            ("fr", None),
            ("../../etc/passwd", None),
            (";;;q=,,", None),
        ] {
            assert_eq!(preferred(header), tongue, "{header}");
        }
    }
}
