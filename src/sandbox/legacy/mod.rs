//! The legacy look-ups (`/topapi/…`): users, their lists, roles, departments.

mod department;
mod listing;
mod parameters;
mod role;
pub(super) mod stringly;
mod user;

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::catalogue::Api;
use super::refusals::LegacyRefusal;
use super::request::Request;
use super::world::World;

pub(super) use parameters::{Parameters, mobile_digits};

/// What stands beside `errcode`, `errmsg` and `request_id`, or the refusal.
pub(super) type Outcome = Result<Map<String, Value>, LegacyRefusal>;

/// Answers one look-up whose token and limit are in order.
pub(super) fn dispatch(world: &World, request: &Request, api: Api) -> Outcome {
    let parameters = Parameters(request);
    match api {
        Api::UserGet => user::get(world, &parameters),
        Api::UserGetByMobile => user::get_by_mobile(world, &parameters),
        Api::UserGetByUnionId => user::get_by_union_id(world, &parameters),
        Api::UserListAdmin => Ok(user::list_admin(world)),
        Api::UserGetAdminScope => user::get_admin_scope(world, &parameters),
        Api::UserListId => listing::ids(world, &parameters),
        Api::UserListSimple => listing::simple(world, &parameters),
        Api::UserList => listing::full(world, &parameters),
        Api::RoleList => role::list(&parameters),
        Api::RoleSimplelist => role::holders(world, &parameters),
        Api::DepartmentListSub => department::list_sub(&parameters),
        Api::DepartmentListSubId => department::list_sub_ids(&parameters),
        _ => department::get(world, &parameters),
    }
}

/// The answer to an unknown path below `/topapi/`: HTTP 200 with `errcode` 22. How DingTalk writes
/// the method's name there is inferred from its older interface names.
pub(super) fn invalid_method(path: &str) -> Answer {
    let method = path.replace('/', ".");
    Answer::Bare(json!({ "errcode": 22, "errmsg": format!("Invalid method[dingtalk.oapi.{method}]") }), Some("22"))
}

/// The usual place of what was asked for.
fn result(value: Value) -> Map<String, Value> {
    Map::from_iter([("result".to_owned(), value)])
}
