//! `portcullis doctor`: what it finds, each fault that makes a check fail, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use portcullis::sandbox::{self, Api, Fault, FaultKind, Running};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ended, Process, configure, copy_folder};

/// What a configuration needs where every permission is looked at.
const ALL_NEEDED: &str = r#"[directory.index]
[notices.channels.each]
kind = "dingtalk-one-to-one"
robot_code = "dingsandboxrobot"
user_ids = ["lisi"]
"#;

/// A rule that acts on accounts by mobile number.
const BY_MOBILE: &str = "title: A test
id: 5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c77
status: test
level: high
owner: test
logsource: { product: testonly }
detection: { selection: { a: b }, condition: selection }
response:
  mode: enforce
  account: { mobile: c }
  steps: [enable]
tests:
  - name: it acts
    alert: { a: b, c: '13800000000' }
    expect: { account: '13800000000', steps: [enable] }
";

/// A configuration for a simulated DingTalk, and all that a server would need.
struct Place {
    sandbox: Running,
    folder: TempDir,
}

impl Place {
    async fn start(more: &str) -> Self {
        let listen = ([127, 0, 0, 1], 0).into();
        let settings = sandbox::Settings { listen, calls_per_second: 0, ..sandbox::Settings::default() };
        let sandbox = sandbox::start(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &folder.path().join("rules"));
        configure(folder.path(), &sandbox.url(), more);
        Self { sandbox, folder }
    }

    async fn doctor(&self, arguments: &[&str]) -> Ended {
        let config = self.folder.path().join("portcullis.toml");
        Process::run(&[&["doctor", "--config", config.to_str().unwrap()], arguments].concat()).await
    }

    /// What was found of each thing.
    async fn found(&self) -> Found {
        let ended = self.doctor(&["--json"]).await;
        let page: Value = serde_json::from_str(&ended.said()).unwrap_or_else(|_| panic!("{ended:?}"));
        let failed = page["checks"].as_array().unwrap().iter().any(|one| one["health"] == "failed");
        assert_eq!(page["ok"], !failed);
        assert_eq!(ended.code, Some(i32::from(failed)), "{ended:?}");
        Found(page)
    }

    fn inject(&self, kind: FaultKind, api: Api) {
        self.sandbox.state().clear_faults();
        self.sandbox.state().inject(Fault::new(kind).on(api).until_cleared()).unwrap();
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) {
        fs::write(self.file(name), text).unwrap();
        fs::set_permissions(self.file(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

struct Found(Value);

impl Found {
    fn of(&self, check: &str) -> &str {
        self.row(check)["found"].as_str().unwrap()
    }

    fn detail(&self, check: &str) -> &str {
        self.row(check)["detail"].as_str().unwrap_or_default()
    }

    fn row(&self, check: &str) -> &Value {
        let row = self.0["checks"].as_array().unwrap().iter().find(|row| row["check"] == check);
        row.unwrap_or_else(|| panic!("{check} is not in {}", self.0))
    }

    fn failed(&self) -> Vec<&str> {
        let rows = self.0["checks"].as_array().unwrap().iter().filter(|row| row["health"] == "failed");
        rows.map(|row| row["check"].as_str().unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_nothing_has_failed_and_nothing_was_done() {
    let place = Place::start(ALL_NEEDED).await;
    let found = place.found().await;
    assert_eq!(found.failed(), [""; 0]);
    for (check, expected) in [
        ("configuration", "good"),
        ("secrets", "good"),
        ("rules", "good"),
        ("trail", "not_configured"),
        ("log", "not_configured"),
        ("disk", "good"),
        ("token", "good"),
        ("clock", "good"),
        ("organization", "good"),
        ("quota", "good"),
        ("contain_accounts", "allowed"),
        ("change_dingtalk_ids", "not_needed"),
        ("read_accounts", "good"),
        ("read_mobiles", "not_needed"),
        ("read_departments", "good"),
        ("read_department_members", "good"),
        ("send_robot_messages", "not_sent"),
        ("channels", "usable"),
        ("sources", "server_needed"),
        ("canary", "not_configured"),
    ] {
        assert_eq!(found.of(check), expected, "{check}");
    }
    assert_eq!(found.0["checks"].as_array().unwrap().len(), 20, "each thing is told once");
    let state = place.sandbox.state();
    let changing = [Api::SignOut, Api::Disable, Api::Enable, Api::ChangeDingtalkId, Api::RobotMessage, Api::WorkNotice];
    assert!(changing.iter().all(|api| state.received(*api) == 0));
    assert!(!place.file("trail/epochs").exists(), "no trail is begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_what_is_wrong_and_what_to_do_without_colour_where_nobody_sees_it() {
    let place = Place::start("").await;
    place.inject(FaultKind::PermissionDenied, Api::UserListAdmin);
    let ended = place.doctor(&[]).await;
    assert_eq!(ended.code, Some(1));
    let said = ended.said();
    let line = "failed   read_accounts            the app lacks the permission [qyapi_get_member] (60011)";
    assert!(said.contains(line) && said.contains("-> ask for it on the app's permissions page"), "{said}");
    assert!(said.contains("passed   token") && !said.contains('\u{1b}'), "{said}");
    assert!(ended.stderr.contains("1 check failed"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_permission_that_is_missing_is_named() {
    let place = Place::start(ALL_NEEDED).await;
    fs::write(place.file("rules/by-mobile.yml"), BY_MOBILE).unwrap();
    for (api, check, permission) in [
        (Api::Status, "contain_accounts", "Contact.OrgAccountSecurity.ReadWrite"),
        (Api::UserListAdmin, "read_accounts", "qyapi_get_member"),
        (Api::UserGet, "read_accounts", "qyapi_get_member"),
        (Api::UserGetByMobile, "read_mobiles", "qyapi_get_member_by_mobile"),
        (Api::DepartmentGet, "read_departments", "qyapi_get_department_list"),
        (Api::UserList, "read_department_members", "qyapi_get_department_member"),
    ] {
        place.inject(FaultKind::PermissionDenied, api);
        let found = place.found().await;
        assert_eq!(found.of(check), "permission_missing", "{api:?}: {}", found.0);
        assert_eq!(found.row(check)["permission"], permission);
        assert_eq!(found.failed(), [check], "{api:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_a_department_needs_departments_as_a_protected_one_does() {
    for budgets in ["departments: {31: {per_hour: 1}}", "each_department: {per_hour: 1}"] {
        let place = Place::start("").await;
        assert_eq!(place.found().await.of("read_departments"), "not_needed");
        place.write("rules/guardrails.yml", &format!("protected: []\nbudgets: {{{budgets}}}\n"), 0o644);
        assert_eq!(place.found().await.of("read_departments"), "good", "{budgets}");
        place.inject(FaultKind::PermissionDenied, Api::DepartmentGet);
        let found = place.found().await;
        assert_eq!((found.of("read_departments"), found.failed()), ("permission_missing", vec!["read_departments"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_change_for_a_year_can_show_is_named_and_not_tried() {
    let place = Place::start("").await;
    let changing =
        BY_MOBILE.replace("mobile:", "user_id:").replace("steps: [enable] }", "steps: [change_dingtalk_id] }");
    let changing = changing.replace("  steps: [enable]\n", "  steps:\n    - change_dingtalk_id: { prefix: sec }\n");
    for (mode, found_then) in [("enforce", "unprovable"), ("shadow", "not_needed")] {
        place.write("rules/changing.yml", &changing.replace("enforce", mode), 0o644);
        let found = place.found().await;
        assert_eq!((found.of("rules"), found.of("change_dingtalk_ids")), ("good", found_then), "{}", found.0);
        assert_eq!(found.row("change_dingtalk_ids")["permission"], "qyapi_manage_addresslist");
        assert_eq!(found.failed(), [""; 0]);
    }
    assert_eq!(place.sandbox.state().received(Api::ChangeDingtalkId), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_is_found_by_what_dingtalk_says_of_the_time() {
    let place = Place::start("").await;
    for (ahead_s, expected) in [(20, "good"), (-20, "good"), (3_600, "clock_off"), (-3_600, "clock_off")] {
        place.sandbox.state().say_ahead(ahead_s);
        let found = place.found().await;
        assert_eq!(found.of("clock"), expected, "{ahead_s}: {}", found.detail("clock"));
        assert_eq!(found.failed().is_empty(), expected == "good");
        let how = if ahead_s > 0 { "s behind" } else { "s ahead of" };
        assert!(found.detail("clock").contains(how), "{ahead_s}: {}", found.detail("clock"));
        assert!(!found.detail("clock").contains('-'), "{}", found.detail("clock"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn key_and_secret_that_are_not_taken_are_found_and_nothing_else_is_asked() {
    let place = Place::start("").await;
    place.write("app-secret", "test-value-of-another-app", 0o600);
    let found = place.found().await;
    assert_eq!(found.failed(), ["token"]);
    assert_eq!((found.of("token"), found.detail("token")), ("token_refused", "invalidClientIdOrSecret"));
    assert_eq!((found.of("clock"), found.of("read_accounts")), ("unreached", "unreached"));
    assert_eq!(place.sandbox.state().received(Api::UserListAdmin), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dingtalk_answers_is_told_apart() {
    let place = Place::start("").await;
    for (kind, expected) in [
        (FaultKind::Busy, "busy"),
        (FaultKind::Throttled, "busy"),
        (FaultKind::AddressBlocked, "address_blocked"),
        (FaultKind::HtmlWith200, "address_blocked"),
        (FaultKind::EmptyObject, "busy"),
        (FaultKind::ResetBeforeWork, "busy"),
        (FaultKind::ExpiredToken, "token_refused"),
    ] {
        place.inject(kind, Api::UserListAdmin);
        assert_eq!(place.found().await.of("read_accounts"), expected, "{kind:?}");
    }
    place.inject(FaultKind::QuotaExhausted, Api::Status);
    assert_eq!(place.found().await.of("contain_accounts"), "quota_exhausted");
    place.sandbox.state().clear_faults();
    place.sandbox.state().inject(Fault::new(FaultKind::Busy).on(Api::UserListAdmin)).unwrap();
    fs::remove_file(place.file("trail/dingtalk-calls")).ok();
    assert_eq!(place.found().await.of("read_accounts"), "good", "one busy moment is no fault");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_unreachable_and_no_wrong_key() {
    let place = Place::start("").await;
    let config = place.file("portcullis.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace(&place.sandbox.url(), "http://127.0.0.1:1")).unwrap();
    let found = place.found().await;
    assert_eq!((found.of("token"), found.failed()), ("unreachable", vec!["token"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organization_than_the_configured_one_is_found() {
    let place = Place::start("").await;
    let config = place.file("portcullis.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace(sandbox::CORP_ID, "dinganothercorp0001")).unwrap();
    let found = place.found().await;
    assert_eq!((found.of("organization"), found.failed()), ("other_organization", vec!["organization"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_others_may_read_or_that_serve_two_are_found() {
    let place = Place::start("").await;
    place.write("left-behind", "test-value-of-an-old-sender", 0o600);
    let found = place.found().await;
    assert_eq!(found.of("secrets"), "good");
    assert!(found.detail("secrets").contains("left-behind"), "{}", found.detail("secrets"));

    let okta = fs::read_to_string(place.file("okta-secret")).unwrap();
    place.write("siem-secret", &okta, 0o600);
    let shared = place.found().await;
    assert_eq!(shared.of("secrets"), "secret_shared");
    assert!(!shared.0.to_string().contains(okta.trim()), "what a secret is stands nowhere");

    place.write("siem-secret", "whsec_dGVzdC12YWx1ZS1vZi1uby1zaWVtLWF0LWFsbC0wMQ==", 0o644);
    let exposed = place.found().await;
    assert_eq!((exposed.of("secrets"), exposed.of("configuration")), ("secret_refused", "configuration_refused"));
    assert!(exposed.detail("secrets").contains("siem-secret"), "{}", exposed.detail("secrets"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_would_be_refused_are_found_and_dingtalk_is_left_alone() {
    let place = Place::start("").await;
    fs::write(place.file("rules/guardrails.yml"), "protected: nobody\n").unwrap();
    let found = place.found().await;
    assert_eq!(found.failed(), ["rules"]);
    assert!(found.detail("rules").contains("guardrails.yml"), "{}", found.detail("rules"));
    assert_eq!(place.sandbox.state().received(Api::AccessToken), 0, "what is needed is not known");
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_looked_at_and_told_something_only_when_that_is_asked_for() {
    let place = Place::start(ALL_NEEDED).await;
    assert_eq!(place.found().await.of("channels"), "usable");
    assert_eq!(place.sandbox.state().received(Api::RobotMessage), 0);
    let sent: Value = serde_json::from_str(&place.doctor(&["--json", "--send"]).await.well().said()).unwrap();
    assert_eq!(Found(sent).of("channels"), "good");
    let calls = place.sandbox.state().calls_to(Api::RobotMessage);
    assert_eq!(calls.len(), 1);
    assert!(calls[0].body.to_string().contains("this is a trial of this channel; nothing has happened."));

    place.inject(FaultKind::PermissionDenied, Api::RobotMessage);
    let ended = place.doctor(&["--json", "--send"]).await;
    let refused = Found(serde_json::from_str(&ended.said()).unwrap());
    assert_eq!((refused.of("channels"), ended.code), ("channel_unsent", Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_words_of_a_channel_that_cannot_be_meant_are_found() {
    let place = Place::start(ALL_NEEDED).await;
    let config = place.file("portcullis.toml");
    let text = fs::read_to_string(&config).unwrap();
    let long = format!("contained = '{}'", "x".repeat(2_001));
    for (words, problem) in [
        ("contained = '{{ user_id }}'", "`templates.contained` has `{{ user_id }}`, which this topic does not have"),
        ("approval_wanted = '{{ plan }}'", "`templates.approval_wanted` leaves out `{{ link }}`"),
        ("contained = '{{ link }}'", "`templates.contained` has `{{ link }}`, which takes `public_url`"),
        (r#"contained = "a\tb""#, "`templates.contained` must be visible text"),
        (&long, "`templates.contained` may come to 2001 bytes once it is filled in, and 1920 are taken"),
        ("contained = 'x', rule_notice = 'x'", "`templates.rule_notice` leaves out `{{ text }}`"),
        ("contained = 'x' }\nheadlines = { contained = 'y'", "`headlines.contained` says nothing beside"),
    ] {
        fs::write(&config, format!("{text}templates = {{ {words} }}\n")).unwrap();
        let found = place.found().await;
        assert_eq!(found.of("channels"), "channel_refused", "{words}");
        assert!(found.detail("channels").contains(problem), "{}", found.detail("channels"));
    }
    fs::write(&config, format!("{text}templates = {{ contained = '{{{{ incident.id }}}}: R7' }}\n")).unwrap();
    assert_eq!(place.found().await.of("channels"), "usable");
    // A webhook gets values, and its receiver has the words.
    let hook = "[notices.channels.hook]\nkind = 'webhook'\nurl = 'https://hooks.example.com'\n";
    fs::write(&config, format!("{text}{hook}templates = {{ contained = 'x' }}\n")).unwrap();
    let found = place.found().await;
    assert!(
        found.detail("channels").contains("`templates` does not belong to this kind"),
        "{}",
        found.detail("channels")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_nobody_even_when_asked() {
    let place = Place::start(ALL_NEEDED).await;
    let config = place.file("portcullis.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("[directory]\n", "[directory]\ndry_run = true\n")).unwrap();
    let ended = place.doctor(&["--json", "--send"]).await.well();
    assert_eq!(Found(serde_json::from_str(&ended.said()).unwrap()).of("channels"), "dry_run");
    assert_eq!(place.sandbox.state().received(Api::RobotMessage), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_may_have_the_name_under_which_the_doctor_acts() {
    let place = Place::start("").await;
    let config = place.file("portcullis.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("name = \"responder\"", "name = \"doctor\"")).unwrap();
    let found = place.found().await;
    assert_eq!(found.failed(), ["configuration"]);
    assert!(found.detail("configuration").contains("the token name `doctor`"), "{}", found.detail("configuration"));
    let ended = Process::run(&["serve", "--config", config.to_str().unwrap()]).await;
    assert!(ended.code != Some(0) && ended.stderr.contains("the token name `doctor`"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_command_line_or_configuration_is_refused() {
    let place = Place::start("").await;
    let config = place.file("portcullis.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}[doctor]\nevery = \"5m\"\n")).unwrap();
    let ended = place.doctor(&[]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("`5m` is no time from `1h` to `672h`"), "{}", ended.stderr);
    assert_eq!(Process::run(&["doctor"]).await.code, Some(2));
    assert_eq!(place.doctor(&["--canary"]).await.code, Some(2));
    assert_eq!(place.sandbox.state().received(Api::AccessToken), 0);
}
