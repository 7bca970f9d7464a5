//! The text that `portcullis sandbox` prints: where it listens, what is seeded, what to try first.

use std::fmt::Write;

use super::organization::{APP_KEY, APP_SECRET, CORP_ID};
use super::seed;
use super::settings::Settings;

/// What a sandbox with these settings seeds, for people, at most 80 columns wide.
#[must_use]
pub fn describe(settings: &Settings) -> String {
    banner(&format!("http://{}", settings.listen), settings)
}

pub(super) fn banner(url: &str, settings: &Settings) -> String {
    let limit = match settings.calls_per_second {
        0 => "none".to_owned(),
        rate => format!("{rate} calls per second for each API"),
    };
    let many = format!("user0001 to user{:04}", seed::MANY);
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "\
DingTalk sandbox: a simulator, nothing leaves this machine

  address      {url}
               (both API families: set it as api and as oapi host)
  app key      {APP_KEY}
  app secret   {APP_SECRET}   (public test value)
  corp id      {CORP_ID}
  limit        {limit}
  token life   {life} s

  userid       mail address               what it is
  zhangsan     zhang.san@example.com      Enterprise Account, SSO, 2 sessions
  lisi         li.si@example.com          Enterprise Account kept by DingTalk,
                                          login name lisi@sandbox
  wangwu       wang.wu@example.com        Enterprise Account, disabled already
  admin01      admin.one@example.com      main administrator
  admin02      admin.two@example.com      sub-administrator
  boss01       boss.one@example.com       boss
  senior01     senior.one@example.com     executive
  foreign01    foreign.one@example.com    Enterprise Account of another corp
  plain01      plain.one@example.com      ordinary account, not Enterprise
  owner01      owner.one@example.com      owns two other organizations
  {many}   user0001@example.com ...   Enterprise Accounts for load
               (user0199 and user0200 share one job number,
               user0001 to user0003 have the role 值班)

Watch it in a browser, or look inside (not part of DingTalk):
  {url}/sandbox/watch?live=yes
  curl {url}/sandbox/
  curl {url}/sandbox/accounts/zhangsan
  curl {url}/sandbox/calls
",
        life = settings.token_life_s,
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_fits_80_columns_and_names_every_account() {
        let text = describe(&Settings::default());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for (user_id, account) in seed::accounts(seed::MANY) {
            if !user_id.starts_with("user") {
                assert!(text.contains(&user_id) && text.contains(&account.email), "{user_id}");
            }
        }
        assert!(text.contains(APP_KEY) && text.contains(APP_SECRET) && text.contains(CORP_ID));
    }
}
