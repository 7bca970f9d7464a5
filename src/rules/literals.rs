//! Which texts an expression cannot be found without, so that the index can look for them first.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::expression::Flags;
use super::fold;

/// More alternatives than these are not worth looking for.
const TEXTS_MAX: usize = 16;
/// More characters at one place are as good as any.
const CHARACTERS_MAX: u32 = 32;
/// Shorter texts are in most values.
const BYTES_MIN: usize = 3;
/// What is longer is cut into parts anyway when it is looked for.
const BYTES_MAX: usize = 256;

/// Texts of which one is in every text that the expression is found in, both folded. `None` when nothing
/// worth looking for has to be there.
pub(super) fn of(expression: &str, flags: Flags) -> Option<Vec<String>> {
    let Flags { ignore_case, multi_line, dot_all } = flags;
    let mut parser = ParserBuilder::new();
    parser.case_insensitive(ignore_case).multi_line(multi_line).dot_matches_new_line(dot_all);
    needed(&parser.build().parse(expression).ok()?)
}

/// As [`of`], for a part.
fn needed(part: &Hir) -> Option<Vec<String>> {
    if let Some(texts) = all(part) {
        return worthwhile(texts);
    }
    match part.kind() {
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(Repetition { min: 1.., sub, .. }) => needed(sub),
        HirKind::Alternation(parts) => {
            let texts: Option<Vec<_>> = parts.iter().map(needed).collect();
            worthwhile(texts?.concat())
        }
        HirKind::Concat(parts) => best_of_row(parts),
        _ => None,
    }
}

/// Of parts in a row: the longest of what one of them needs, and what several in a row are together.
fn best_of_row(parts: &[Hir]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut row = vec![String::new()];
    for part in parts {
        if let Some(longer) = all(part).and_then(|texts| product(&row, &texts)) {
            row = longer;
            continue;
        }
        found.push(std::mem::replace(&mut row, all(part).unwrap_or_else(|| vec![String::new()])));
        found.extend(needed(part));
    }
    found.push(row);
    let shortest = |texts: &Vec<String>| texts.iter().map(String::len).min();
    found.into_iter().filter_map(worthwhile).max_by_key(|texts| (shortest(texts), std::cmp::Reverse(texts.len())))
}

/// All texts that a part can be, folded, when they are few.
fn all(part: &Hir) -> Option<Vec<String>> {
    let few = |mut texts: Vec<String>| {
        texts.sort_unstable();
        texts.dedup();
        (texts.len() <= TEXTS_MAX).then_some(texts)
    };
    match part.kind() {
        // Where it may be says nothing of what it is.
        HirKind::Empty | HirKind::Look(_) => Some(vec![String::new()]),
        HirKind::Literal(literal) => Some(vec![fold::folded(str::from_utf8(&literal.0).ok()?)]),
        HirKind::Class(class) => few(characters(class)?.map(|character| fold::fold(character).to_string()).collect()),
        HirKind::Capture(capture) => all(&capture.sub),
        HirKind::Repetition(Repetition { min: 0, max: Some(1), sub, .. }) => {
            few([vec![String::new()], all(sub)?].concat())
        }
        HirKind::Repetition(Repetition { min, max: Some(max), sub, .. }) if min == max && *min <= TEXTS_MAX as u32 => {
            let one = all(sub)?;
            (0..*min).try_fold(vec![String::new()], |row, _| product(&row, &one))
        }
        HirKind::Repetition(_) => None,
        HirKind::Concat(parts) => parts.iter().try_fold(vec![String::new()], |row, part| product(&row, &all(part)?)),
        HirKind::Alternation(parts) => few(parts.iter().map(all).collect::<Option<Vec<_>>>()?.concat()),
    }
}

/// The characters of a class, when they are few.
fn characters(class: &Class) -> Option<impl Iterator<Item = char> + '_> {
    let Class::Unicode(class) = class else { return None };
    let count: u32 = class.ranges().iter().map(|range| u32::from(range.end()) - u32::from(range.start()) + 1).sum();
    (count <= CHARACTERS_MAX).then(|| class.ranges().iter().flat_map(|range| range.start()..=range.end()))
}

/// Each of `row` with each of `next` behind it, when they are few and not too long.
fn product(row: &[String], next: &[String]) -> Option<Vec<String>> {
    let longest = |texts: &[String]| texts.iter().map(String::len).max().unwrap_or(0);
    let is_little = row.len() * next.len() <= TEXTS_MAX && longest(row) + longest(next) <= BYTES_MAX;
    is_little.then(|| row.iter().flat_map(|begin| next.iter().map(move |end| format!("{begin}{end}"))).collect())
}

fn worthwhile(mut texts: Vec<String>) -> Option<Vec<String>> {
    texts.sort_unstable();
    texts.dedup();
    let are_long = texts.iter().all(|text| text.len() >= BYTES_MIN);
    (are_long && (1..=TEXTS_MAX).contains(&texts.len())).then_some(texts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::expression::Expression;
    use super::*;

    fn check(expression: &str, expected: &[&str]) {
        let found = of(expression, Flags::default()).unwrap_or_default();
        assert_eq!(found, expected, "{expression}");
    }

    #[test]
    fn the_longest_that_has_to_be_there_is_found() {
        check("secret", &["secret"]);
        check(r"^Wo[0-9]{1,4}\.(exe|dll)$", &[".dll", ".exe"]);
        check(r"longword[0-9]{1,4}\.(exe|dll)$", &["longword"]);
        check("a.*longer.*bcd", &["longer"]);
        check("(first|second)thing", &["firstthing", "secondthing"]);
        check("(one.*two|three)+", &["three", "two"]);
        check("x(?:abc)?yz{3}", &["xabcyzzz", "xyzzz"]);
        check("(?i)PowerShell", &["powershell"]);
        check("[kK\u{212a}]ey", &["key"]);
        check("(?i)straſe", &["strase"]);
        for nothing in ["", "a", "ab*", "[a-z]+", "(abc)?", "(abc)*", "abc|.", "abc|d", r"\w{3}", "^$", "[^a]bc"] {
            check(nothing, &[]);
        }
        assert_eq!(of("ABC", Flags { ignore_case: true, ..Flags::default() }).unwrap(), ["abc"]);
        let many: Vec<String> = (0..=TEXTS_MAX).map(|number| format!("word{number}")).collect();
        check(&format!("({})", many.join("|")), &[]);
        check(&format!("({})more", many.join("|")), &["more"]);
    }

    fn expressions() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[abkKſs]{1,4}",
            Just("[kK]".to_owned()),
            Just("[a-c]".to_owned()),
            Just(".".to_owned()),
            Just("\u{212a}".to_owned()),
            Just("^".to_owned()),
            Just("$".to_owned()),
            Just(r"\b".to_owned()),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                proptest::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join("|"))),
                (inner, proptest::sample::select(vec!["?", "*", "+", "{2}", "{1,2}", "{0}"]))
                    .prop_map(|(part, times)| format!("(?:{part}){times}")),
            ]
        })
    }

    proptest! {
        #[test]
        fn one_of_them_is_in_every_text_that_the_expression_is_found_in(
            expression in expressions(),
            ignore_case in any::<bool>(),
            texts in proptest::collection::vec("[abckKſsS\u{212a}]{0,12}", 16),
        ) {
            let flags = Flags { ignore_case, ..Flags::default() };
            let (Some(needed), Ok(compiled)) = (of(&expression, flags), Expression::compile(&expression, flags)) else {
                return Ok(());
            };
            for text in texts.iter().filter(|text| compiled.is_in(text)) {
                let folded = fold::folded(text);
                prop_assert!(needed.iter().any(|one| folded.contains(one)), "{} in {}: {:?}", expression, text, needed);
            }
        }
    }
}
