//! Which addresses in a message of Amazon SNS may be asked: Amazon's own, or those of a test on this machine.

use crate::intake::address::{Address, PlainHttp};

/// The least letters of a region's name.
const REGION_BYTES_MIN: usize = 3;

/// The address of a certificate.
pub(super) fn of_certificate(text: &str, plain_http: PlainHttp) -> Option<Address> {
    let address = of_sns(text, plain_http)?;
    let url = address.url();
    (url.path().ends_with(".pem") && url.query().is_none()).then_some(address)
}

/// An address of Amazon SNS: https, no port, and a host of the form
/// `^sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?$`, which is what the official validator demands.
pub(super) fn of_sns(text: &str, plain_http: PlainHttp) -> Option<Address> {
    let address = Address::parse(text, plain_http).ok()?;
    let is_https = Address::parse(text, PlainHttp::REFUSED).is_ok();
    // What is only let through for tests is on this machine and nowhere else.
    let amazons = is_https && address.url().port().is_none() && address.url().host_str().is_some_and(is_host_of_sns);
    (amazons || !is_https).then_some(address)
}

/// The address at which the subscription to this topic is confirmed, and nothing else is done or confirmed: Amazon has
/// other actions at the same host.
pub(super) fn of_confirmation(text: &str, topic: &str, plain_http: PlainHttp) -> Option<Address> {
    let address = of_sns(text, plain_http)?;
    let has_once = |wanted: &str, value: &str| {
        let mut said = address.url().query_pairs().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let is_it = said.next().is_some_and(|(name, said)| name == wanted && said == value);
        is_it && said.next().is_none()
    };
    let confirms = has_once("Action", "ConfirmSubscription") && has_once("TopicArn", topic);
    confirms.then_some(address)
}

fn is_host_of_sns(host: &str) -> bool {
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let region = host.strip_prefix("sns.").and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    region.is_some_and(|region| {
        region.len() >= REGION_BYTES_MIN && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_amazons() {
        for good in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-7ff5318490ec183fbaddaa2a969abfda.pem",
            "https://sns.eu-west-1.amazonaws.com/a.pem",
            "https://sns.us-gov-west-1.amazonaws.com/a.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-a.pem",
        ] {
            assert!(of_certificate(good, PlainHttp::REFUSED).is_some(), "{good}");
        }
        for bad in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.cn/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil/a.pem",
            "https://evil@sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem?y=1",
            "https://sns.us-east-1.amazonaws.com/a.pem?",
            "https://sns.us-east-1.amazonaws.com/a.pem#x",
            "https://sns.us-east-1.amazonaws.com:8443/a.pem",
            "https://sns.us-east-1.amazonaws.com:443/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem/b",
            "https://sns.us-east-1.amazonaws.com/a",
            "https://sns.us.amazonaws.com/a.pem",
            "https://sns..amazonaws.com/a.pem",
            "https://sns.us-east-1.a.amazonaws.com/a.pem",
            "https://sns.us_east_1.amazonaws.com/a.pem",
            "https://s3.us-east-1.amazonaws.com/a.pem",
            "https://my-sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.s3.amazonaws.com/a.pem",
            "https://sns-us-east-1-amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com\\@evil/a.pem",
            "https://sns.us-east-1.amazonaws.com./a.pem",
            "https://sns.us-east-1.amazonaws.com/../a.pem",
            "https://169.254.169.254/a.pem",
            "https://localhost/a.pem",
            "http://127.0.0.1:9977/a.pem",
            "sns.us-east-1.amazonaws.com/a.pem",
            "",
        ] {
            assert!(of_certificate(bad, PlainHttp::REFUSED).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_confirmed_may_have_a_query_and_the_host_is_the_same() {
        let confirm =
            "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:a:1:b&Token=c";
        assert!(of_sns(confirm, PlainHttp::REFUSED).is_some());
        for bad in ["https://evil.example.com/?Action=ConfirmSubscription", "http://127.0.0.1:1/?Action=a"] {
            assert!(of_sns(bad, PlainHttp::REFUSED).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_confirmed_is_the_subscription_to_that_topic() {
        let at = |query: &str| format!("https://sns.us-east-1.amazonaws.com/?{query}");
        let confirms = |text: &str| of_confirmation(text, "arn:aws:sns:a:1:b", PlainHttp::REFUSED).is_some();
        assert!(confirms(&at("Action=ConfirmSubscription&TopicArn=arn:aws:sns:a:1:b&Token=c")));
        assert!(confirms(&at("TopicArn=arn%3Aaws%3Asns%3Aa%3A1%3Ab&Token=c&Action=ConfirmSubscription")));
        for bad in [
            "",
            "Token=c",
            "Action=ConfirmSubscription&Token=c",
            "TopicArn=arn:aws:sns:a:1:b&Token=c",
            "Action=ConfirmSubscription&TopicArn=arn:aws:sns:a:1:other",
            "Action=Unsubscribe&TopicArn=arn:aws:sns:a:1:b",
            "action=ConfirmSubscription&TopicArn=arn:aws:sns:a:1:b",
            "Action=ConfirmSubscription&Action=Publish&TopicArn=arn:aws:sns:a:1:b",
            "Action=ConfirmSubscription&action=Publish&TopicArn=arn:aws:sns:a:1:b",
            "Action=ConfirmSubscription&TopicArn=arn:aws:sns:a:1:b&TopicArn=arn:aws:sns:a:1:other",
        ] {
            assert!(!confirms(&at(bad)), "{bad}");
        }
        assert!(!confirms("https://evil.example.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:a:1:b"));
    }

    #[test]
    fn a_test_on_this_machine_widens_nothing_but_this_machine() {
        let plain_http = PlainHttp::on_loopback(&["127.0.0.1".parse().unwrap()]).unwrap();
        assert!(of_certificate("http://127.0.0.1:9977/SimpleNotificationService-test.pem", plain_http).is_some());
        for bad in
            ["http://sns.us-east-1.amazonaws.com/a.pem", "https://evil.example.com/a.pem", "http://10.0.0.1/a.pem"]
        {
            assert!(of_certificate(bad, plain_http).is_none(), "{bad}");
        }
    }
}
