//! Routes that mint and describe tokens, and the verdict on a request's token.

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, Response};
use serde_json::json;

use crate::answer::{AnswerBody, plain};
use crate::engine::error_body;
use crate::lock::lock;
use crate::posted::Route;
use crate::seen::Authorization;
use crate::world::World;

pub(crate) const UNAUTHORIZED: &str = "Authentication required. Please supply a valid API Access Token: \
     https://buildkite.com/docs/apis/graphql-api#authentication";

/// Answers a request for a token.
pub(crate) fn mint(
    world: &World,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response<AnswerBody> {
    let (now_ms, options) = (world.now_ms(), &world.options);
    let mut tokens = lock(&world.tokens);
    let (status, answer) = match path.strip_suffix("/tokens") {
        Some(portal) if Route::of(options, portal) == Route::Portal => {
            tokens.portal(&options.accounts, body, now_ms)
        }
        Some(_) => (404, json!({"message": "No portal found"})),
        None => {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let url = format!("http://{host}{path}");
            tokens.exchange(&options.accounts, &options.slug, &url, body, now_ms)
        }
    };
    drop(tokens);
    plain(world, status, answer.to_string().as_bytes())
}

/// Describes the token of a request. Source: buildkite.com/docs/apis/rest-api/access-token.
pub(crate) fn access_token(world: &World, headers: &HeaderMap) -> Response<AnswerBody> {
    match authorization(world, headers, world.now_ms()) {
        Authorization::Accepted => {
            let body = json!({
                "uuid": "b63254c0-3271-4a98-8270-7cfbd6c2f14e",
                "scopes": ["graphql"],
                "expires_at": world.options.accounts.ends,
            });
            plain(world, 200, body.to_string().as_bytes())
        }
        _ => plain(world, 401, &error_body(UNAUTHORIZED)),
    }
}

/// Returns the verdict on the `Authorization` header of a request.
pub(crate) fn authorization(world: &World, headers: &HeaderMap, now_ms: u64) -> Authorization {
    let options = &world.options;
    let Some(header) = headers.get(AUTHORIZATION) else { return Authorization::Absent };
    let token = header.to_str().ok().and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            let is_minted = || lock(&world.tokens).accepts(&options.accounts, token, now_ms);
            if token == options.token || is_minted() {
                Authorization::Accepted
            } else if options.token_without_graphql.as_deref() == Some(token) {
                Authorization::WithoutGraphql
            } else {
                Authorization::Refused
            }
        }
        _ => Authorization::Refused,
    }
}
