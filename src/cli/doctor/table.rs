//! What was found as people read it: a line for each thing, and below it what to do.

use std::io::IsTerminal as _;

use serde_json::Value;

use crate::cli::output;

/// As wide as the longest name, `read_department_members`.
const NAME_WIDTH: usize = 23;

/// Prints all of it.
pub(super) fn show(rows: &[Value]) -> anyhow::Result<()> {
    let is_coloured = is_coloured();
    rows.iter().flat_map(|row| lines(row, is_coloured)).try_for_each(output::line)
}

fn lines(row: &Value, is_coloured: bool) -> Vec<String> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).map(output::visible);
    let said = |name: &str| text(name).unwrap_or_default();
    let word = painted(&format!("{:<7}", said("health")), is_coloured);
    let permission = text("permission").map(|permission| format!(" [{permission}]")).unwrap_or_default();
    let detail = text("detail").map(|detail| format!(" ({detail})")).unwrap_or_default();
    let first = format!("{word}  {:<NAME_WIDTH$}  {}{permission}{detail}", said("check"), said("why"));
    let next = text("next").map(|next| format!("{:<7}  {:<NAME_WIDTH$}  -> {next}", "", ""));
    [Some(first), next].into_iter().flatten().collect()
}

fn painted(word: &str, is_coloured: bool) -> String {
    let colour = match word.trim_end() {
        "passed" => 32,
        "failed" => 31,
        _ => 33,
    };
    if is_coloured { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() }
}

/// On a terminal, and unless somebody does not want it (no-color.org).
fn is_coloured() -> bool {
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !is_refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Examined;
    use crate::incident::{Check, Diagnosis};

    #[test]
    fn a_line_says_what_is_wrong_and_the_next_what_to_do() {
        let one = Examined::with(Check::ReadMobiles, Diagnosis::PermissionMissing, "60011");
        let one = serde_json::to_value(one).unwrap();
        assert_eq!(
            lines(&one, false),
            [
                "failed   read_mobiles             the app lacks the permission [qyapi_get_member_by_mobile] (60011)",
                "                                  -> ask for it on the app's permissions page at DingTalk, and publish \
                 the app",
            ]
        );
        assert!(lines(&one, true)[0].starts_with("\u{1b}[31mfailed \u{1b}[0m  read_mobiles"));
        assert_eq!(lines(&serde_json::to_value(Examined::of(Check::Token, Diagnosis::Good)).unwrap(), false).len(), 1);
    }

    #[test]
    fn every_name_fits_its_column() {
        assert_eq!(Check::ALL.map(|check| check.as_str().len()).into_iter().max(), Some(NAME_WIDTH));
    }
}
