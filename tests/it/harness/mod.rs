//! The second user of the app: starts it on free ports with a clock set by hand, the sandbox as
//! DingTalk, and one helper for each door. What must hold after every test is checked by `end`.

mod aftermath;
mod app;
mod certificates;
mod delivery;
mod dialer;
mod process;
mod promises;
mod publish;
mod raw;
mod setup;
mod sink;
mod trail;
mod visitor;
mod ways;
mod witness;

pub(crate) use app::{Answer, PSEUDONYM_KEY, TestApp};
pub(crate) use certificates::{Authority, Issued};
pub(crate) use delivery::{
    Delivery, GITHUB, OKTA, SIEM, SLOW, SLOW_CONFIG, Source, harmless, high_risk, hook, leaked, reported,
};
pub(crate) use dialer::Dialer;
pub(crate) use process::{Ended, Process};
pub(crate) use publish::publish;
pub(crate) use raw::{RawAnswer, RawConnection, request};
pub(crate) use setup::{
    ADMIN, AUDITOR, DEPUTY, DINGTALK_AES_KEY, DINGTALK_TOKEN, ENGINEER, Kept, RESPONDER, Set, allow_much, configure,
    copy_folder, edit,
};
pub(crate) use sink::{Answered, Posted, Sink};
pub(crate) use trail::{CONTAINED, kept};
pub(crate) use visitor::{Page, Visitor};
pub(crate) use ways::rules_by_way;
pub(crate) use witness::Witness;
