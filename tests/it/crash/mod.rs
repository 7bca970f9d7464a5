//! The real program with its real store, killed from outside at chosen moments and started again:
//! nothing acknowledged is lost, nothing is done without its intent, and nothing is done twice.

mod admission;
mod backup;
mod certificate;
mod damage;
mod dingtalk_id;
mod durability;
mod every_call;
mod exhaustion;
mod expiry;
mod laws;
mod new_rule;
mod notices;
mod reload;
mod settings;
mod site;
mod snapshot;
mod start;
mod steps;
mod stop;
