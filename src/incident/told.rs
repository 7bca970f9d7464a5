//! What a plan's steps come to, in words: whoever is to say yes reads to what.

use super::{Action, Plan};

const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];

impl Plan {
    /// What the action at `index` does beside its kind: with which reason, for how long, to what.
    #[must_use]
    pub fn told(&self, index: usize) -> Option<String> {
        Some(match self.actions.get(index)? {
            Action::SignOut { reason, employee_reason, .. } => {
                format!("the employee reads `{}`, the log says: {reason}", employee_reason.as_str())
            }
            Action::SignOutAgain {} => "once more, after the disable".to_owned(),
            Action::Disable { reason } => format!("{}, the log says: {reason}", self.how_long(index)),
            Action::Enable { after_s: 0 } => return None,
            Action::Enable { after_s } => format!("{} after the disable", lasting(*after_s)),
            Action::ChangeDingTalkId { to } => format!("to {}, which nothing undoes for a year", to.as_str()),
            Action::Notify { channel } => format!("by {channel}"),
        })
    }

    /// How long the disable at `index` lasts.
    fn how_long(&self, index: usize) -> String {
        let mut after = self.actions.iter().skip(index);
        match after.find_map(|action| if let Action::Enable { after_s } = action { Some(*after_s) } else { None }) {
            Some(after_s) => format!("for {}", lasting(after_s)),
            None => "until somebody gives it back".to_owned(),
        }
    }
}

/// A length of time in its two largest units.
fn lasting(seconds: u64) -> String {
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, unit) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::lasting;

    #[test]
    fn a_length_of_time_is_told_in_its_largest_units() {
        for (seconds, told) in
            [(0, "0 s"), (59, "59 s"), (3_600, "1 h"), (28_800, "8 h"), (90_000, "1 d 1 h"), (86_461, "1 d 1 min")]
        {
            assert_eq!(lasting(seconds), told);
        }
    }
}
