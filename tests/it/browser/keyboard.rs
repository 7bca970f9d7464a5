//! Without a mouse: everything is reached in the order it is read in, and where one is can be seen.

use super::person::{ENTER, Person, TAB};
use crate::harness::{RESPONDER, TestApp};

/// Where the focus is: the element's name for assistive technology, unless nothing shows that it has it.
async fn next(person: &Person) -> String {
    person.press(TAB).await;
    let element = person.tab.active_element().await.unwrap();
    let name = person.name_of(&element).await;
    let outline = person.run(
        "const style = getComputedStyle(document.activeElement);
         return style.outlineStyle == 'none' ? 0 : parseFloat(style.outlineWidth);",
    );
    assert!(outline.await.as_f64().unwrap() >= 2.0, "nothing shows that {name} has the focus");
    name
}

async fn until(person: &Person, name: &str) -> Vec<String> {
    let mut passed = Vec::new();
    // More than any of the pages here has.
    for _ in 0..40 {
        let reached = next(person).await;
        if reached == name {
            return passed;
        }
        passed.push(reached);
    }
    panic!("{name} is not reached: {passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_and_pausing_need_no_mouse_and_the_focus_is_seen() {
    let app = TestApp::start().await;
    let person = Person::at(&app).await;
    person.open("/").await;
    assert_eq!(until(&person, "Token").await, ["To the content", "Portcullis", "Language and time"]);
    person.type_in(RESPONDER).await;
    assert_eq!(next(&person).await, "Sign in");
    person.press(ENTER).await;
    person.reads("Actions run.").await;

    // Past the ways to the other pages.
    assert_eq!(next(&person).await, "To the content");
    person.press(ENTER).await;
    assert_eq!(next(&person).await, "Pause all actions");
    person.press(ENTER).await;
    assert_eq!(next(&person).await, "Reason");
    person.type_in("a drill").await;
    assert_eq!(next(&person).await, "Pause all actions");
    person.press(ENTER).await;
    person.reads("Actions are paused").await;
    assert_eq!(app.records_of("responder.paused").len(), 1);
    app.end().await;
}
