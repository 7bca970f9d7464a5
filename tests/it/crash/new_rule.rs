//! A rule begins from what is on the trail at rest.

use std::fs;

use portcullis::incident::Timestamp;

use super::site::{Site, person};
use crate::harness::{Delivery, Process};

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_begins_from_a_recorded_alert_and_is_good_as_it_is() {
    let site = Site::new().await;
    let program = site.start().await;
    let (mail, _) = person(7);
    let delivery = Delivery::of_high_risk(&mail, 7, Timestamp::now());
    let answer = program.deliver(&delivery).await.unwrap();
    let (incident, alert) = (answer.incident(), answer.alert().to_owned());
    program.stop().await;

    let path = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let (rules, trail, config) = (path("rules"), path("trail"), path("portcullis.toml"));
    let new = async |more: &[&str]| {
        let begin = ["rules", "new", "--folder", &rules];
        Process::run(&begin.iter().chain(more).copied().collect::<Vec<_>>()).await
    };
    let output = path("rules/okta/begun.yml");
    let arguments = ["--incident", incident.as_str(), "--config", &config, "--output", &output, "--owner", "soc"];
    new(&arguments).await.well();
    let text = fs::read_to_string(&output).unwrap();
    assert!(text.starts_with("# yaml-language-server: $schema=../schema.json\n"), "{text}");
    assert!(text.contains("    product: okta\n    service: okta\n") && text.contains("mode: shadow"), "{text}");
    assert!(text.contains("account: { email: 'target[type=User].alternateId' }"), "{text}");
    assert!(!text.contains(&mail), "the people are made up: {text}");
    for tool in [&["check"][..], &["test", "--no-gaps"], &["fmt", "--check"]] {
        Process::run(&["rules"].iter().chain(tool).chain(&[rules.as_str()]).copied().collect::<Vec<_>>()).await.well();
    }
    assert_eq!(new(&arguments).await.code, Some(2), "it is there already");
    assert_eq!(fs::read_to_string(&output).unwrap(), text);

    let shown = new(&["--alert", &alert, "--trail", &trail, "--keep-people"]).await.well();
    assert!(shown.stdout.iter().any(|line| line.contains(&mail)), "{shown:?}");
    for (nobody, why) in [
        (&["--incident", "inc_0000000000000000", "--trail", &trail][..], "has no incident"),
        (&["--alert", "alr_00000000000000000000000000000000", "--trail", &trail], "has no alert"),
        (&["--alert", "x", "--trail", &trail], "alr_"),
        (&["--alert", &alert], "say where the trail is"),
        (&["--event", "/nonexistent"], "cannot be read"),
    ] {
        let ended = new(nobody).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
    }
}
