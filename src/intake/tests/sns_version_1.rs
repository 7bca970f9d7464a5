//! A message of Amazon SNS that is signed with SHA-1, as OpenSSL made it: our own library signs nothing with it any
//! more. The private key was thrown away.

/// Valid from 2026-11-21 on.
pub(super) const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIDCzCCAfOgAwIBAgIUQRVksQADBgIAu31E1bJA4HXploMwDQYJKoZIhvcNAQEL
BQAwFDESMBAGA1UEAwwJdGVzdC1vbmx5MCAXDTI2MTEyMTIzNDY1MVoYDzIxMDAx
MDI0MjM0NjUxWjAUMRIwEAYDVQQDDAl0ZXN0LW9ubHkwggEiMA0GCSqGSIb3DQEB
AQUAA4IBDwAwggEKAoIBAQC/GGGddddvSWgFzzYqEHw6Zz0SeLp7s5CdTQVw4gjT
VP+VPEK+eWqtoSPJgJ0Ene+7f8MHXv1erXSX3hY9RzyRtAtm3yvfiQUwEt6UCw/y
skodwt/CLBtPuOM2rA9K2x9huuT+M5sDfk0zNHSoE/ubbMqxluyLFcPmo79lAa8y
V92BhsWOFoRiuw6riJCuWvm1mcU/LUID5WqklbNGkubq/IlKIwYLXGRa9qkjfWYi
B0oSEqH+ZTvK+xsyJHvDal+YJpkZ3n2M1eIXED8j8sH1V49UbZ/O7omFf9pHcU+F
mUaTUToRiMJZ5EbYECeluWAm5Z5c/5oakLraDuorHxOTAgMBAAGjUzBRMB0GA1Ud
DgQWBBREuhlbJL4IGQsWSnNowDBMK4JuzzAfBgNVHSMEGDAWgBREuhlbJL4IGQsW
SnNowDBMK4JuzzAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQBQ
Yo5ajqrRCYpif27V6+40yg9Gk+mknEeOvG5tGmoIqj7K6AftT+MxWQeHS9XOpxb+
dJKJofIaS0/EXzv3S3muUNV2o1CUZITKnqwFHBdBKpVlbckDuLbttGlI9CVkGzZS
RQrsXgzpYhMa71s2oQWJMbG7I4+JHfMFvU++RBV6pD1V41ESTdlY2ng/vT3LKvXf
W3sOABP1MBb2KNuyyxn1sdV45RqRh4imR1q6E4tmTO6V6/Leq5wsmwHY8gTaXDbC
BJyYeHfdifXW87iqIIXRyC9F2YLuvlFbgP1fpETuNdBToQ8hVhN45yUnUem7Klo7
vprmVGdCrZKnC5/NH2yJ
-----END CERTIFICATE-----
";

/// Over a notification of the tests' topic, with the message `version one`, the id `m-1` and the time below.
pub(super) const SIGNATURE: &str = concat!(
    "eD1atX774OVPnKzjXjJ4oRABXDREiMouW5LCtEtwrmUs3gSeME7TYYE/2uaG4sLXBvXYpOyXpuwGGfFVSIUBNj4Z2kfNuxX53twA",
    "E2fB/loZ33b6+wpg4L40D6HBNvqEUOJzhMFgGtRA2dvEIpGuFj2STyOo9293l0UNvTUK+YhBlAONcsuZzuOg1UmwmS4lvBqYd4/b",
    "mGkcJeGVUCDyDlYxec+f9oq2SYrPEpNC3L6UtgRUFJF3KED7NfA2/djYxUSh8a8hrY1wwau6QfB5Gfou4g4ToqXVYkNwRYyReDX6",
    "BVM/Ef+59QqE5ScY6JGMPKE+2PuNlnSGTcYOsg3PBQ==",
);

/// When it was sent.
pub(super) const TIMESTAMP: &str = "2026-11-22T22:13:20.000Z";
