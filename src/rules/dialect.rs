//! Refuses expressions that this engine would read otherwise than the engines their authors know, or
//! that repeat more than those would.
//!
//! Rules are written for, and tried in, Python, PCRE or RE2. What those take for ordinary characters
//! and ours for something else would load, look right and match something else.

use regex_syntax::ast::{self, Ast, RepetitionKind, RepetitionRange, parse::Parser};

/// How often an expression may repeat by number, as in RE2: in all, and what is within multiplied.
const REPEATS_MAX: u64 = 1_000;

/// What is wrong with an expression, and what to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    pub(super) what: String,
    pub(super) advice: &'static str,
}

/// Looks for such parts. An expression that is none at all is left to the engine to complain of.
///
/// # Errors
/// The first part found.
pub(super) fn check(text: &str) -> Result<(), Foreign> {
    match Parser::new().parse(text) {
        Ok(ast) if repeats(&ast) > REPEATS_MAX => {
            let what = format!("the expression repeats more than {REPEATS_MAX} times");
            Err(Foreign { what, advice: "repeat less, or use `+` or `*`" })
        }
        Ok(ast) => ast::visit(&ast, Reader { text }),
        Err(_) => Ok(()),
    }
}

/// The parser bounds how deep this goes.
fn repeats(ast: &Ast) -> u64 {
    let sum = |parts: &[Ast]| parts.iter().map(repeats).fold(0, u64::saturating_add);
    match ast {
        Ast::Repetition(repetition) => {
            let within = repeats(&repetition.ast);
            match times(&repetition.op.kind) {
                Some(times) => u64::from(times).saturating_mul(within.max(1)),
                None => within,
            }
        }
        Ast::Group(group) => repeats(&group.ast),
        Ast::Alternation(alternation) => sum(&alternation.asts),
        Ast::Concat(concat) => sum(&concat.asts),
        _ => 0,
    }
}

/// How often, where that is said by number.
fn times(kind: &RepetitionKind) -> Option<u32> {
    match kind {
        RepetitionKind::Range(RepetitionRange::Exactly(times) | RepetitionRange::AtLeast(times)) => Some(*times),
        RepetitionKind::Range(RepetitionRange::Bounded(_, times)) => Some(*times),
        RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => None,
    }
}

struct Reader<'t> {
    text: &'t str,
}

impl ast::Visitor for Reader<'_> {
    type Output = ();
    type Err = Foreign;

    fn finish(self) -> Result<(), Foreign> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Foreign> {
        match ast {
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::Flags(flags) => self.flags(&flags.flags),
            Ast::Group(group) => match &group.kind {
                ast::GroupKind::NonCapturing(flags) => self.flags(flags),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Foreign> {
        match item {
            ast::ClassSetItem::Bracketed(inner) => self.refuse(&inner.span, "write `\\[` for the character"),
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, operation: &ast::ClassSetBinaryOp) -> Result<(), Foreign> {
        self.refuse(&operation.span, "write `\\&`, `\\-` or `\\~` for the character, once")
    }
}

impl Reader<'_> {
    /// `\<` and `\>` are characters elsewhere; the borders in braces are unknown.
    fn assertion(&self, assertion: &ast::Assertion) -> Result<(), Foreign> {
        use ast::AssertionKind as Kind;
        match assertion.kind {
            Kind::WordBoundaryStartAngle | Kind::WordBoundaryEndAngle => {
                self.refuse(&assertion.span, "write `<` or `>` for the character, `\\b` for the border of a word")
            }
            Kind::WordBoundaryStart
            | Kind::WordBoundaryEnd
            | Kind::WordBoundaryStartHalf
            | Kind::WordBoundaryEndHalf => self.refuse(&assertion.span, "write `\\b` for the border of a word"),
            Kind::StartLine
            | Kind::EndLine
            | Kind::StartText
            | Kind::EndText
            | Kind::WordBoundary
            | Kind::NotWordBoundary => Ok(()),
        }
    }

    /// `(?R)` repeats the whole expression in PCRE.
    fn flags(&self, flags: &ast::Flags) -> Result<(), Foreign> {
        match flags.flag_state(ast::Flag::CRLF) {
            Some(_) => self.refuse(&flags.span, "leave the flag `R` out"),
            None => Ok(()),
        }
    }

    fn refuse(&self, span: &ast::Span, advice: &'static str) -> Result<(), Foreign> {
        Err(Foreign { what: format!("`{}` means something else in other engines", self.part(span)), advice })
    }

    fn part(&self, span: &ast::Span) -> &str {
        self.text.get(span.start.offset..span.end.offset).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_engines_read_otherwise_is_refused() {
        for (text, part) in [
            ("[;|&&]", ";|&&"),
            ("[a-z&&[^b]]", "a-z&&[^b]"),
            ("^[+--]$", "+--"),
            ("x[~~/]", "~~/"),
            ("[a[b]]", "[b]"),
            ("[^x[:^alpha:][y]]", "[y]"),
            (r"\<script", r"\<"),
            (r"script\>", r"\>"),
            (r"\b{start}x", r"\b{start}"),
            (r"x\b{end}", r"\b{end}"),
            (r"\b{start-half}x", r"\b{start-half}"),
            (r"x\b{end-half}", r"\b{end-half}"),
            ("(a(b[&&]))", "&&"),
            ("(?R)x", "R"),
            ("(?iR:x)", "iR"),
        ] {
            let what = format!("`{part}` means something else in other engines");
            assert_eq!(check(text).map_err(|foreign| foreign.what), Err(what), "{text}");
        }
    }

    #[test]
    fn what_repeats_too_often_is_refused() {
        for text in
            ["a{1001}", "a{2,1001}", "a{1001,}", "(a{32}){32}", "((a{11}b){10}c*){10}", "a{600}b{401}", "a{4294967295}"]
        {
            let found = check(text).unwrap_err();
            assert_eq!(found.what, "the expression repeats more than 1000 times", "{text}");
        }
        for text in ["a{1000}", ".{1000,}", "(a{31}){32}", "((a{10}b+){10}c*){10}", "a{600}b{400}", "((a*)*)*"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_all_engines_read_alike_is_left_alone() {
        for text in [
            "a&&b",
            "x--y",
            "~~",
            "[a-z&]",
            r"[\[\]]",
            r"[\-\-]",
            "[[:alpha:]_]",
            "[^]x]",
            "[+-]",
            "<a>",
            r"\bx\b",
            "x{0,3}",
            "x{,3}",
            "x{3}",
            "x{3,}",
            r"\{,3}",
            "(?i)x",
            "(?s:.)",
            "(?P<n>x)",
            r"\d\w\s",
            "[a-",
            "(",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }
}
