//! From what an identity provider says of somebody to who they are here.

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{OidcRefused, OidcSettings};
use crate::access::Actor;
use crate::access::tokens::is_own_name;
use crate::incident::{Role, UserId};

/// All claims that OpenID Connect has no name for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Others {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Others {}

/// Roles in the order in which one is chosen of several.
const RANKED: [Role; 4] = [Role::Admin, Role::Responder, Role::Engineer, Role::Auditor];

/// Who it is, and as what.
pub(super) fn actor(settings: &OidcSettings, claims: &Value) -> Result<Actor, OidcRefused> {
    let texts = |name: &str| match claims.get(name) {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let [name] = texts(&settings.name_claim)[..] else { return Err(OidcRefused::NoName) };
    let is_fit = (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control) && name.trim() == name;
    if !is_fit || is_own_name(name) {
        return Err(OidcRefused::NoName);
    }
    let given = texts(&settings.roles_claim);
    let given: Vec<Role> = given.iter().filter_map(|text| settings.roles.get(*text).copied()).collect();
    let role = RANKED.into_iter().find(|role| given.contains(role)).ok_or(OidcRefused::NoRole)?;
    let user_id = match settings.user_id_claim.as_deref().map(texts) {
        // What is no userid is not left out: they would be taken for somebody without an account.
        Some(own) if !own.is_empty() => {
            let [own] = own[..] else { return Err(OidcRefused::NoName) };
            Some(UserId::parse(own).map_err(|_| OidcRefused::NoName)?)
        }
        _ => None,
    };
    Ok(Actor { name: name.to_owned(), role, user_id })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> OidcSettings {
        serde_json::from_value(json!({
            "issuer": "https://idp.example", "client_id": "portcullis", "client_secret_file": "secret",
            "roles": { "soc": "responder", "audit": "auditor", "root": "admin" }, "user_id_claim": "employee",
        }))
        .unwrap()
    }

    fn told(claims: Value) -> Result<Actor, String> {
        actor(&settings(), &claims).map_err(|error| error.to_string())
    }

    #[test]
    fn a_role_follows_from_the_claim_and_nobody_has_one_without() {
        let of = |groups: Value| told(json!({ "preferred_username": "li", "groups": groups })).map(|actor| actor.role);
        assert_eq!(of(json!(["audit", "soc", "staff"])), Ok(Role::Responder));
        assert_eq!(of(json!("audit")), Ok(Role::Auditor));
        assert_eq!(of(json!(["soc", "root"])), Ok(Role::Admin));
        for none in [json!([]), json!(["staff"]), json!(null), json!({ "soc": true }), json!("Soc")] {
            assert_eq!(of(none.clone()), Err("no role follows from the claim".to_owned()), "{none}");
        }
    }

    #[test]
    fn a_name_stands_on_the_trail_or_nobody_signs_in() {
        for name in [
            json!(null),
            json!(""),
            json!(" li"),
            json!("a\nb"),
            json!("doctor"),
            json!("x".repeat(65)),
            json!(["a", "b"]),
        ] {
            assert!(told(json!({ "preferred_username": name, "groups": "soc" })).is_err(), "{name}");
        }
        let actor = told(json!({ "preferred_username": "li", "groups": "soc", "employee": "lisi" })).unwrap();
        assert_eq!((actor.name.as_str(), actor.user_id.unwrap().as_str()), ("li", "lisi"));
        for employee in [json!(["a", "b"]), json!(""), json!(" ")] {
            assert!(told(json!({ "preferred_username": "li", "groups": "soc", "employee": employee })).is_err());
        }
    }
}
