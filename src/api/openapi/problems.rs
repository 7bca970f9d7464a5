//! The problems (RFC 9457) that the API answers with: their schema, with every code there is.

use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use crate::api::Problem;

/// A problem.
pub(super) fn schema() -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let number = || ObjectBuilder::new().schema_type(Type::Integer);
    let codes: Vec<&str> = Problem::all().map(|problem| problem.code_and_title().0).collect();
    let problem = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("type", text())
        .property("title", text())
        .property("status", number())
        .property("code", text().enum_values(Some(codes)))
        .property("detail", text())
        .property("delivery", text())
        .property("first", number());
    Schema::Object(["type", "title", "status", "code"].into_iter().fold(problem, ObjectBuilder::required).build())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{env, fs};

    use super::*;

    /// Where people read of them.
    const TABLE: &str = "deploy/problems.md";

    fn table() -> String {
        let rows = Problem::all().map(|problem| {
            let (code, title) = problem.code_and_title();
            format!("| `{code}` | {} | {title} |\n", problem.status().as_u16())
        });
        let head = "# Problems\n\nEvery refusal of the API is a problem document (RFC 9457, `application/problem+json`) with \
                    a stable `code`. The `type` is `urn:portcullis:problem:` and the code. A `429` or `503` says in \
                    `Retry-After` when to come again.\n\n| Code | Status | What it means |\n| --- | --- | --- |\n";
        head.to_owned() + &rows.collect::<String>()
    }

    #[test]
    fn the_table_has_every_problem_there_is() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&file, table()).unwrap();
        }
        assert_eq!(fs::read_to_string(file).unwrap(), table(), "run this test with UPDATE_GOLDEN=1");
    }

    #[test]
    fn no_problem_is_missing() {
        let source = concat!(include_str!("../problem.rs"), include_str!("../unfit.rs"));
        let known: Vec<&str> = Problem::all().map(|problem| problem.code_and_title().0).collect();
        let codes = source.split("fn code_and_title").skip(1).flat_map(|rest| {
            let body = rest.split("\n    }\n").next().unwrap();
            body.split('(').filter_map(|part| part.trim_start().strip_prefix('"')?.split('"').next())
        });
        let codes: Vec<&str> =
            codes.filter(|code| code.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())).collect();
        assert!(codes.len() > 30, "{codes:?}");
        for code in codes {
            assert!(known.contains(&code), "{code}");
        }
    }
}
