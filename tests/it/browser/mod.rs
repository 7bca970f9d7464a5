//! The pages in a real browser, Debian's Chromium: what people do there by clicking and by keyboard alone, and every page
//! in every language, both colour schemes and two widths, looked at by axe-core. `tests/browser/install` installs what
//! that takes; without it these tests fail and say so.

mod auditor;
mod axe;
mod driver;
mod engineer;
mod every_page;
mod keyboard;
mod looks;
mod person;
mod responder;
mod sandbox;
mod session;

/// What to do where something is missing.
const MISSING: &str = "the browser is not installed as it should be: run tests/browser/install";
