//! The catalogue of lints: what is looked for in rule files beside plain errors, under which name, and
//! how much it weighs.

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LintLevel {
    /// Good to know.
    Info,
    /// Allowed, but probably not meant.
    Warning,
    /// Nothing of the folder is loaded.
    Error,
}

impl LintLevel {
    /// Every level, lightest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// The level's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The lints, of rows `Name = "id", level: "what it finds"` in the order of their ids.
macro_rules! catalogue {
    ($($lint:ident = $id:literal, $level:ident: $means:literal,)*) => {
        /// Something that is looked for. Its id is stable: rule files and pipelines name it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Lint {
            $(#[doc = $means] $lint,)*
        }

        impl Lint {
            /// Every lint, by its id.
            pub const ALL: &[Self] = &[$(Self::$lint,)*];

            /// Its name in rule files and reports.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$lint => $id,)* }
            }

            /// How much it weighs in a rule that acts; in another a warning is an info.
            #[must_use]
            pub fn level(self) -> LintLevel {
                match self { $(Self::$lint => LintLevel::$level,)* }
            }

            /// What it finds.
            #[must_use]
            pub fn means(self) -> &'static str {
                match self { $(Self::$lint => $means,)* }
            }
        }
    };
}

catalogue! {
    AttackerControlledOnly = "attacker-controlled-only", Warning:
        "it acts on what a stranger can choose alone: user agent, display name, subject, address, free text, keywords",
    BarInName = "bar-in-name", Warning: "a search's name has a `|`, as if modifiers were meant",
    BracketInName = "bracket-in-name", Warning:
        "a field's name has brackets that select nothing without `sigma-version: 3`",
    CanHitEveryone = "can-hit-everyone", Warning:
        "the rule acts on what most ordinary events have: a field that is there, a success, a sign-in",
    ChangeNotUndone = "change-not-undone", Warning:
        "the account comes back by itself, and the DingTalk ID that it is given does not go again",
    CooldownOutlastsDisable = "cooldown-outlasts-disable", Warning:
        "the account comes back before the rule acts on it again",
    DuplicateRule = "duplicate-rule", Warning: "another rule finds the same events and asks the same",
    EmptyList = "empty-list", Warning: "an empty list of values means null",
    EmptyPartInName = "empty-part-in-name", Warning: "a field's name has an empty part: `a..b`",
    FilterPolarity = "filter-polarity", Warning: "a filter keeps only what it names; an exclusion begins with `not`",
    HiddenCharacter = "hidden-character", Warning: "a character makes the text read otherwise than it is",
    HoldsByAbsence = "holds-by-absence", Warning: "a correlation matches by what is not there yet",
    ImpossibleCondition = "impossible-condition", Error: "no window comes to it, or every one does",
    InlineRegexFlags = "inline-regex-flags", Warning: "flags in an expression are going out of use",
    MissingDescription = "missing-description", Warning: "a rule that acts does not say why",
    MissingFalsePositives = "missing-falsepositives", Warning:
        "a rule that acts does not say what else may look like it",
    MissingLocale = "missing-locale", Error: "a reason that employees read is not there in one of the 15 languages",
    MissingMatchTest = "missing-match-test", Warning: "no test of a rule that acts matches",
    MissingNearMissTest = "missing-near-miss-test", Warning: "no test of a rule that acts nearly matches",
    NeverMatches = "never-matches", Warning:
        "no event can match: what the rule requires, it or a filter also excludes",
    NoRules = "no-rules", Warning: "the folder has no rule at all",
    NullInList = "null-in-list", Warning: "null among other values is one more alternative",
    OldAggregation = "old-aggregation", Error: "`| count()` and `timeframe` are old Sigma; write a correlation",
    OldDate = "old-date", Info: "a date is written 2026/01/31 instead of 2026-01-31",
    OldTag = "old-tag", Info: "a tag is written as before Sigma 2: `_`, capitals, `cve.2021.44228`",
    PermanentDisable = "permanent-disable", Warning: "an account is disabled without an end",
    ShadowedRule = "shadowed-rule", Warning: "another rule finds all of these events and asks at least as much",
    ShoutingOperator = "shouting-operator", Warning: "`AND`, `OR`, `NOT` or `OF` in capitals",
    SilencedResponse = "silenced-response", Warning: "a correlation only counts it; its response never acts",
    SingleValueAll = "single-value-all", Warning: "`all` with one value changes nothing",
    SubjectIsUserid = "subject-is-userid", Warning: "a name in `identities.csv` is the userid of somebody else",
    UnanchoredRegex = "unanchored-regex", Warning: "an expression of a rule that acts is found anywhere in the value",
    UnknownAccountPath = "unknown-account-path", Error: "the sender's events have no account there",
    UnknownProduct = "unknown-product", Warning:
        "the log source is nearly that of a known sender, or has wildcards, which mean nothing there",
    UnmappedProtection = "unmapped-protection", Warning:
        "a protected account is listed under a name that `identities.csv` does not know",
    UnquotedNumber = "unquoted-number", Warning: "`0x17` without quotes is the number 23",
    UnquotedZero = "unquoted-zero", Warning: "`012` without quotes is an octal number to some readers",
    UnsupportedStatus = "unsupported-status", Error: "a deprecated or unsupported rule, unasked for",
    UntestedAccountPath = "untested-account-path", Error: "no test shows that the account is there",
    UnusedAllowance = "unused-allowance", Info: "the rule allows a lint that finds nothing in it",
    UnusedSearch = "unused-search", Warning: "the condition does not use a search",
}

impl Lint {
    /// The lint of this id.
    #[must_use]
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lint| lint.id() == id)
    }

    /// Whether a document may say that it is right all the same, although it weighs as much as an error.
    #[must_use]
    pub fn can_be_allowed(self) -> bool {
        matches!(self, Self::UnknownAccountPath | Self::UntestedAccountPath)
    }

    /// Whether `--fix` can mend it, at least sometimes.
    #[must_use]
    pub fn is_mended(self) -> bool {
        matches!(
            self,
            Self::OldDate | Self::OldTag | Self::ShoutingOperator | Self::SingleValueAll | Self::UnquotedZero
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_kebab_case_unique_and_in_order() {
        let ids: Vec<&str> = Lint::ALL.iter().map(|lint| lint.id()).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
        assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
        assert!(Lint::ALL.is_sorted(), "the enum is in the order of ids");
        assert!(Lint::ALL.iter().all(|lint| Lint::named(lint.id()) == Some(*lint)));
        assert_eq!(Lint::named("no-such-lint"), None);
    }

    #[test]
    fn the_page_of_the_rules_has_the_whole_catalogue() {
        let page = include_str!("../../../rules/README.md");
        let rows: Vec<String> = Lint::ALL
            .iter()
            .map(|lint| {
                let mended = if lint.is_mended() { "yes" } else { "" };
                format!(
                    "| `{}` | {} | {} | {mended} |",
                    lint.id(),
                    lint.level().as_str(),
                    lint.means().replace('|', "\\|")
                )
            })
            .collect();
        let has = |row: &String| page.lines().any(|line| line == row);
        let missing: Vec<&String> = rows.iter().filter(|row| !has(row)).collect();
        assert!(
            missing.is_empty(),
            "rules/README.md lacks\n{}",
            missing.iter().map(|row| format!("{row}\n")).collect::<String>()
        );
        let (_, table) = page.split_once("| lint | level |").unwrap();
        let count = table.lines().skip(2).take_while(|line| line.starts_with('|')).count();
        assert_eq!(count, Lint::ALL.len(), "rules/README.md has rows for lints that are gone");
    }
}
