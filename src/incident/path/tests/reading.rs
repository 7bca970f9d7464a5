//! What the steps read, and what they leave alone.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;

#[test]
fn json_in_a_text_is_read_as_strictly_as_a_body() {
    let message = |text: &str| json!({ "m": text });
    check("m|json.detail.type", &message(r#"{"detail":{"type":"x"}}"#), &json!(["x"]));
    check("m|json[0].user", &message(r#" [{"user":"a"},{"user":"b"}] "#), &json!(["a"]));
    check("m|json[*].user", &message(r#"[{"user":"a"},{"user":"b"}]"#), &json!(["a", "b"]));
    check("m|json|json.a", &message(&json!(r#"{"a":null}"#).to_string()), &json!([null]));
    check("m|json", &message("7"), &json!([7]));
    for unreadable in [
        "",
        "plain",
        "{reasons=New Device, level=HIGH}",
        r#"{"user":"a","user":"b"}"#,
        r#"{"user":"a","\u0075ser":"b"}"#,
        r#"{"user":"a"}{"user":"b"}"#,
        r#"{"user":"a",}"#,
        r#"{"user":"a","n":18446744073709551616}"#,
        &format!(r#"{{"user":"a","deep":{}1{}}}"#, "[".repeat(40), "]".repeat(40)),
        "\u{feff}{\"user\":\"a\"}",
    ] {
        assert_eq!(part("m|json.user", &message(unreadable)), json!([]), "{unreadable}");
    }
    for other in [json!(1), json!(true), json!({"user": "a"}), json!(["a"])] {
        assert_eq!(part("m|json.user", &json!({ "m": other })), json!([]), "{other}");
    }
    // Null is as good as missing.
    check("m|json.user", &json!({ "m": null }), &json!([]));
    check("m|json.user", &json!({}), &json!([]));
}

#[test]
fn numbers_stay_exact_on_the_way_through_a_text() {
    for exact in ["9007199254740993", "18446744073709551615", "-9223372036854775808", "1507591916746609046"] {
        let event = json!({"m": format!(r#"{{"id":{exact}}}"#)});
        assert_eq!(all("m|json.id", &event)[0].to_string(), exact);
        check("m|json.id|text", &event, &json!([exact]));
        let list = json!({"m": format!(r#"[{{"id":{exact},"v":"x"}},{{"id":1}}]"#)});
        check(&format!("m|json[id={exact}].v"), &list, &json!(["x"]));
    }
    let near = json!({"m": r#"[{"id":9007199254740993}]"#});
    check("m|json[id=9007199254740992]", &near, &json!([]));
}

#[test]
fn one_unreadable_text_among_others_is_told() {
    let event = json!({"logs": "{\"user\":\"a\"}\nnot json\n{\"user\":\"b\"}\n", "good": "{\"user\":\"a\"}\n"});
    assert_eq!(part("logs|lines|json.user", &event), json!(["a", "b"]));
    // The first that could be read is perhaps not the first.
    assert_eq!(part("logs|lines|json.user|first", &event), json!(["a"]));
    check("good|lines|json.user", &event, &json!(["a"]));
}

#[test]
fn base64_of_text_is_read_in_either_alphabet_with_or_without_padding() {
    let text = r#"{"data":{"email":"\u00e9~~??>>@example.com"}}"#;
    for encoded in
        [STANDARD.encode(text), STANDARD_NO_PAD.encode(text), URL_SAFE.encode(text), URL_SAFE_NO_PAD.encode(text)]
    {
        let event = json!({"message": {"data": encoded}});
        check("message.data|base64", &event, &json!([text]));
        check("message.data|base64|json.data.email", &event, &json!(["é~~??>>@example.com"]));
    }
    for (encoded, text) in [("", ""), ("YQ==", "a"), ("YQ=", "a"), ("YQ", "a"), ("8J-YgA", "😀"), ("8J+YgA==", "😀")]
    {
        check("d|base64", &json!({ "d": encoded }), &json!([text]));
    }
    assert_ne!(STANDARD.encode(text), URL_SAFE.encode(text), "the alphabets differ here");
}

#[test]
fn what_is_no_base64_of_text_is_not_read() {
    let latin = STANDARD.encode(b"caf\xe9");
    let utf16 = STANDARD.encode(b"\xff\xfea\0");
    for unreadable in [
        &*latin,
        &*utf16,
        "YQ===",
        "=",
        "Y",
        "Y=Q=",
        "YQ==YQ==",
        "YR==",
        "+-++",
        "8J-YgA/=",
        "YW\nJj",
        " YQ==",
        "caf\u{e9}",
    ] {
        assert_eq!(part("d|base64", &json!({ "d": unreadable })), json!([]), "{unreadable:?}");
    }
    assert_eq!(part("d|base64", &json!({"d": 1234})), json!([]));
}

#[test]
fn the_lines_of_a_text_are_values_of_their_own() {
    check("t|lines", &json!({"t": "a\nb\r\n\n  \n c \n"}), &json!(["a", "b", " c "]));
    check("t|lines", &json!({"t": ""}), &json!([]));
    check("t|lines|first", &json!({"t": "\n\nb\na"}), &json!(["b"]));
    check("t[*]|lines", &json!({"t": ["a\nb", null, "c"]}), &json!(["a", "b", "c"]));
    assert_eq!(part("t[*]|lines", &json!({"t": ["a\nb", ["d"], "c"]})), json!(["a", "b", "c"]));
    check("$|lines|json.a", &json!("{\"a\":1}\n{\"a\":2}"), &json!([1, 2]));
}

#[test]
fn an_expression_gives_what_its_group_holds() {
    let risk = json!({"risk": "{reasons=New Device, New IP, level=HIGH}", "n": 7, "list": ["level=LOW", "none"]});
    check("risk|capture('level=([A-Z]+)')", &risk, &json!(["HIGH"]));
    check("risk|capture('level=([A-Z]+)')|lower", &risk, &json!(["high"]));
    // That it is not there is an answer, and no text that could not be read.
    check("risk|capture('level=([0-9]+)')", &risk, &json!([]));
    check("risk|capture('LEVEL=([A-Z]+)')", &risk, &json!([]));
    check("risk|capture('(?i)LEVEL=([a-z]+)')", &risk, &json!(["HIGH"]));
    check("list[*]|capture('level=([A-Z]+)')", &risk, &json!(["LOW"]));
    assert_eq!(part("n|capture('(7)')", &risk), json!([]));
    check("n|text|capture('(7)')", &risk, &json!(["7"]));
    // A group that takes no part is not reached; one that holds nothing holds the empty text.
    check("risk|capture('reasons(?:=none, at ([a-z]+))?')", &risk, &json!([]));
    check("risk|capture('reasons=([a-z]*)')", &risk, &json!([""]));
    check("risk|capture('New ([A-Z][A-Za-z]+)')", &risk, &json!(["Device"]));
    check("t|capture('user ''([^'']*)''')", &json!({"t": "for user 'li.si' of"}), &json!(["li.si"]));
    check("t|capture('用户=(.)')", &json!({"t": "用户=张三"}), &json!(["张"]));
}

#[test]
fn an_expression_takes_linear_time() {
    let text = format!("{}b", "a".repeat(DECODED_BYTES_MAX - 1));
    check("t|capture('^((?:a+)+)$')", &json!({ "t": text }), &json!([]));
}

#[test]
fn lower_and_text_make_identifiers_comparable() {
    let event = json!({"a": "Li.SI@Example.COM", "u": "ÉÜ", "n": 42, "m": -7, "t": true, "f": 1.5, "e": 1e3, "z": null, "o": {}});
    check("a|lower", &event, &json!(["li.si@example.com"]));
    check("u|lower", &event, &json!(["éü"]));
    assert_eq!(part("n|lower", &event), json!([]));
    for (path, text) in [("n", "42"), ("m", "-7"), ("t", "true"), ("a", "Li.SI@Example.COM")] {
        check(&format!("{path}|text"), &event, &json!([text]));
    }
    // What was written as `1e3` is not known any more to have been; and nothing else is a text.
    for path in ["f", "e", "o"] {
        assert_eq!(part(&format!("{path}|text"), &event), json!([]), "{path}");
    }
    check("z|text", &event, &json!([]));
    check("z|lower", &event, &json!([]));
}

#[test]
fn a_condition_compares_texts_whole_numbers_and_booleans_as_they_are_written() {
    let event = json!({"list": [
        {"id": 7, "v": "number"}, {"id": "7", "v": "text"}, {"id": "07", "v": "other"}, {"id": 7.0, "v": "float"},
        {"id": true, "v": "yes"}, {"id": false, "v": "no"}, {"id": null, "v": "null"}, {"id": [7], "v": "list"}, {"v": "none"},
    ]});
    check("list[id=7].v", &event, &json!(["number", "text"]));
    check("list[id='7'].v", &event, &json!(["number", "text"]));
    check("list[id=07].v", &event, &json!(["other"]));
    check("list[id=7.0].v", &event, &json!([]));
    check("list[id=true].v", &event, &json!(["yes"]));
    check("list[id=false].v", &event, &json!(["no"]));
    check("list[id=null].v", &event, &json!([]));
    check("list[id=].v", &event, &json!([]));
}

#[test]
fn a_condition_may_be_deeper_in_each_element() {
    let event = json!({"entities": [
        {"properties": {"kind": "Account"}, "id": 1},
        {"properties": {"kind": "Ip"}, "id": 2},
        {"properties.kind": "Account", "id": 3},
        {"properties": [{"kind": "Account"}], "id": 4},
        {"properties": "Account", "id": 5},
    ]});
    check("entities[properties.kind=Account].id", &event, &json!([1]));
    check("entities['properties.kind'=Account].id", &event, &json!([3]));
    check("entities[properties.kind=Account][0]", &event, &json!([]));
}

#[test]
fn first_is_of_the_whole_and_not_of_each() {
    let event = json!({"a": [[], [1, 2], [3]], "none": []});
    check("a[*][*]|first", &event, &json!([1]));
    check("a[*][0]", &event, &json!([1, 3]));
    check("none[*]|first", &event, &json!([]));
}

/// All texts of one path together are bounded; what would have to be left unread may be what was meant.
#[test]
fn more_text_than_is_read_is_too_many() {
    let event =
        |bytes: usize| json!({"a": "1".repeat(bytes / 2), "l": ["1".repeat(bytes / 2), "1".repeat(bytes - bytes / 2)]});
    for step in ["lower", "lines", "base64", "capture('(0)')"] {
        let path = parsed(&format!("l[*]|{step}"));
        assert_ne!(path.values(&event(DECODED_BYTES_MAX)), Reached::TooMany, "{step}");
        assert_eq!(path.values(&event(DECODED_BYTES_MAX + 1)), Reached::TooMany, "{step}");
    }
    // Each step counts what it reads.
    assert_ne!(parsed("a|lower|lower").values(&event(DECODED_BYTES_MAX)), Reached::TooMany);
    assert_eq!(parsed("a|lower|lower|lower").values(&event(DECODED_BYTES_MAX)), Reached::TooMany);
    // What is only passed on is not read.
    assert_ne!(parsed("l[*]|text|first").values(&event(4 * DECODED_BYTES_MAX)), Reached::TooMany);
    // What comes after is not read either, small as it is.
    let mixed = json!({"l": ["1".repeat(DECODED_BYTES_MAX + 1), "1"]});
    assert_eq!(parsed("l[*]|lower").values(&mixed), Reached::TooMany);
}
