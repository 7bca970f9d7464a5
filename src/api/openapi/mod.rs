//! `GET /v1/openapi.json`: the API as OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.1>), made of the table of routes, what
//! is said of each, and the types that are read. It says nothing that is secret, so anybody may have it.

mod operations;
mod problems;

use std::sync::LazyLock;

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Ref, Required, ResponseBuilder,
    ResponsesBuilder,
};

use self::operations::{Gives, Said, Takes};
use super::routes::{DELIVER, Gate, ROUTES, Route};
use super::{conditional, once};

/// Of the API, as its paths have it. Of which version the program is, strangers are not told.
const VERSION: &str = "1";
/// The name of the scheme of tokens.
const TOKEN: &str = "token";
/// Where all schemas are.
const SCHEMAS: &str = "#/components/schemas/";

/// The document, as it is served.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());

pub(super) async fn serve(request: HttpRequest) -> HttpResponse {
    conditional::unless_known(&request, conditional::of(DOCUMENT.as_bytes()), || {
        HttpResponse::Ok().insert_header(ContentType::json()).body(DOCUMENT.as_str())
    })
}

/// The whole API.
fn document() -> OpenApi {
    let paths = ROUTES.iter().fold(PathsBuilder::new(), |paths, route| {
        methods(route).into_iter().fold(paths, |paths, method| {
            let operation = operation(route).operation_id(Some(id(route, &method))).build();
            paths.path(path(route), PathItem::from_http_methods([method], operation))
        })
    });
    let description = "Senders deliver alerts, and people and machines read and decide, with a token. Every refusal is an \
                       RFC 9457 problem whose `code` is stable. Whatever is decided stands on the trail with its reason.";
    let info = InfoBuilder::new().title("Portcullis").version(VERSION);
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A token with the role it takes."));
    let components = ComponentsBuilder::new().security_scheme(TOKEN, SecurityScheme::Http(token.build()));
    OpenApiBuilder::new()
        .info(info.description(Some(description)).build())
        .paths(paths.build())
        .components(Some(operations::schemas(components).build()))
        .build()
}

/// The path without what only our router knows: that a part may have slashes.
fn path(route: &Route) -> String {
    route.path.trim_end_matches('*').to_owned()
}

fn methods(route: &Route) -> Vec<HttpMethod> {
    match route.methods {
        DELIVER => vec![HttpMethod::Post, HttpMethod::Put],
        "POST" => vec![HttpMethod::Post],
        _ => vec![HttpMethod::Get],
    }
}

fn id(route: &Route, method: &HttpMethod) -> String {
    let verb = match method {
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        _ => "get",
    };
    let words: Vec<&str> =
        route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("{verb}_{}", words.join("_"))
}

fn operation(route: &Route) -> OperationBuilder {
    let said = Said::of(route);
    let permission = match route.gate {
        Gate::Open => "Anybody may.".to_owned(),
        Gate::Signature => "A sender, by what its source's kind has it prove.".to_owned(),
        Gate::Token(permission) => format!("A token with the permission `{permission:?}`."),
    };
    let operation = OperationBuilder::new().summary(Some(said.does)).description(Some(permission)).tag(tag(route));
    let operation = parameters(route, &said).into_iter().fold(operation, OperationBuilder::parameter);
    let operation = match said.takes {
        Takes::Json(name) => operation.request_body(Some(body(name).build())),
        Takes::Anything => {
            let content = ContentBuilder::new().schema(Some(Object::default())).build();
            operation.request_body(Some(RequestBodyBuilder::new().content("application/json", content).build()))
        }
        Takes::Nothing | Takes::Query(_) => operation,
    };
    let operation = match route.gate {
        Gate::Token(_) => operation.security(SecurityRequirement::new(TOKEN, Vec::<String>::new())),
        Gate::Open | Gate::Signature => operation,
    };
    operation.responses(answers(route, &said).build())
}

/// What comes first in the path, behind the version.
fn tag(route: &Route) -> &'static str {
    route.path.trim_start_matches("/v1").split('/').nth(1).unwrap_or_default()
}

fn parameters(route: &Route, said: &Said) -> Vec<Parameter> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let parts =
        route.path.split('/').filter_map(|part| part.strip_prefix('{')?.trim_end_matches('*').strip_suffix('}'));
    let in_path = parts.map(|name| {
        let schema = if name == "seq" {
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
        } else {
            text().min_length(Some(1))
        };
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
        parameter.schema(Some(schema)).build()
    });
    let key = once::permission(route).map(|_| idempotency_key());
    let in_path = in_path.chain(key);
    let Takes::Query(names) = said.takes else { return in_path.collect() };
    let in_query = names.iter().map(|(name, what)| {
        let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query).required(Required::False);
        parameter.description(Some(*what)).schema(Some(text())).build()
    });
    in_path.chain(in_query).collect()
}

fn idempotency_key() -> Parameter {
    let what = "Who repeats a request under its key is given its answer again, for a day; nothing is done twice.";
    let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).pattern(Some("^[!-~]+$"));
    let parameter = ParameterBuilder::new().name(once::KEY).parameter_in(ParameterIn::Header);
    let schema = schema.max_length(Some(once::KEY_BYTES_MAX));
    parameter.required(Required::False).description(Some(what)).schema(Some(schema)).build()
}

fn body(name: &str) -> RequestBodyBuilder {
    let content = ContentBuilder::new().schema(Some(Ref::new(format!("{SCHEMAS}{name}")))).build();
    RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content)
}

fn answers(route: &Route, said: &Said) -> ResponsesBuilder {
    let whole = ResponseBuilder::new().description(said.gives.what());
    let whole = match said.gives {
        Gives::Json(_) => {
            let object = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object));
            whole.content("application/json", ContentBuilder::new().schema(Some(object)).build())
        }
        Gives::File(media_types, _) => media_types.iter().fold(whole, |whole, media_type| {
            let text = ObjectBuilder::new().schema_type(Type::String);
            whole.content(*media_type, ContentBuilder::new().schema(Some(text)).build())
        }),
        Gives::AsItsKindHasIt(_) => whole,
    };
    let problem = |what: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::new(format!("{SCHEMAS}Problem")))).build();
        ResponseBuilder::new().description(what).content("application/problem+json", content)
    };
    let answers = ResponsesBuilder::new().response("200", whole);
    let answers = match route.gate {
        Gate::Open => answers,
        Gate::Signature => answers.response("401", problem("Nothing that proves who sends it.")),
        Gate::Token(_) => answers.response("401", problem("No token, or none that is one.")).response(
            "403",
            problem("The token's role does not include this, or nobody decides that about themselves."),
        ),
    };
    answers.response("default", problem("Any other refusal, by its `code`."))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_has_every_route_and_no_other_and_what_it_points_to_is_there() {
        let document: Value = serde_json::from_str(&DOCUMENT).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())))
            .collect();
        let routes: BTreeSet<(String, String)> = ROUTES
            .iter()
            .flat_map(|route| route.methods.split(", ").map(|method| (path(route), method.to_lowercase())))
            .collect();
        assert_eq!(described, routes);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let mut pointed = BTreeSet::new();
        refs(&document, &mut pointed);
        assert!(pointed.len() > 10, "{pointed:?}");
        for name in pointed {
            assert!(schemas.contains_key(name.strip_prefix(SCHEMAS).unwrap()), "{name}");
        }
    }

    fn refs(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|value| refs(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| refs(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_operation_is_called_by_a_name_of_its_own_and_said_what_it_does() {
        let document: Value = serde_json::from_str(&DOCUMENT).unwrap();
        let mut ids = BTreeSet::new();
        for operation in
            document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
        {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(operation["summary"].as_str().is_some_and(|does| does.len() > 10), "{id}");
            assert!(ids.insert(id.clone()), "{id} twice");
        }
    }
}
