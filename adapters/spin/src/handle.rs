//! Handles a request and answers with what happened.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use serde_json::{Value, json};
use source_driver::{Ended, Fault, Report, StoreError, drive};
use spin_sdk::http::{HeaderValue, IntoResponse, Request, StatusCode};
use spin_sdk::http_service;
use spin_sdk::time::sleep;

use crate::bindings::wasi::keyvalue::store::open;
use crate::lease::{Lease, failed};
use crate::route::{Route, route};
use crate::shell::Shell;
use crate::sink::Sink;
use crate::source::Composed;
use crate::store::Store;
use crate::tenant::Tenant;

/// The label of the key-value store in spin.toml.
const STORE: &str = "default";
/// How long a variables provider, such as a vault, may take.
const VARIABLES: Duration = Duration::from_secs(30);

#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let (status, body) = match route(request.method().as_str(), request.uri().path()) {
        Route::Poll(tenant) => poll(tenant.as_deref()).await,
        Route::WrongMethod => refused(StatusCode::METHOD_NOT_ALLOWED, "use POST"),
        Route::WrongName => refused(
            StatusCode::NOT_FOUND,
            "invalid tenant name; use 1 to 32 characters of a-z and 0-9, with single _ between them \
             (for the default tenant, use POST /poll)",
        ),
        Route::Unknown => {
            refused(StatusCode::NOT_FOUND, "no such path; use POST /poll or POST /poll/TENANT")
        }
    };
    let mut response = http::Response::new(body.to_string() + "\n");
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert("allow", HeaderValue::from_static("POST"));
    }
    response
}

fn refused(status: StatusCode, message: &str) -> (StatusCode, Value) {
    (status, json!({ "ended": "refused", "message": message }))
}

async fn poll(name: Option<&str>) -> (StatusCode, Value) {
    let (loading, timer) = (pin!(Tenant::load(name)), pin!(sleep(VARIABLES)));
    let tenant = match select(loading, timer).await {
        Either::Left((Ok(tenant), _)) => tenant,
        Either::Left((Err(why), _)) => return refused(StatusCode::INTERNAL_SERVER_ERROR, &why),
        Either::Right(_) => {
            return refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "the variables provider did not answer within 30 s; check it, and poll again",
            );
        }
    };
    let sink = match Sink::new(&tenant.sink) {
        Ok(sink) => sink,
        Err(why) => return refused(StatusCode::INTERNAL_SERVER_ERROR, &why),
    };
    let bucket = match open(STORE) {
        Ok(bucket) => bucket,
        Err(error) => return store_failed(failed(error)),
    };
    let lease = match Lease::take(&bucket, &tenant.name) {
        Ok(Ok(lease)) => lease,
        Ok(Err(again_in_ms)) => {
            let message = "another poll of this tenant is in progress";
            let body = json!({ "ended": "busy", "message": message, "again_in_ms": again_in_ms });
            return (StatusCode::CONFLICT, body);
        }
        Err(error) => return store_failed(failed(error)),
    };
    let store = Store::new(bucket, lease, &tenant.name);
    let mut source = Composed { settings: tenant.settings, api_token: tenant.api_token };
    let mut shell = Shell { sink, store };
    let mut report = drive(&mut source, &mut shell, &tenant.plan).await;
    shell.store.close();
    if let Ended::Failed { fault: Fault::InvalidConfig, message, .. } = &mut report.ended {
        message.push_str(&tenant.named);
    }
    (status(&report), serde_json::to_value(&report).unwrap_or_default())
}

fn store_failed(error: StoreError) -> (StatusCode, Value) {
    let (StoreError::Failed(why) | StoreError::Overtaken(why) | StoreError::Corrupt(why)) = error;
    refused(StatusCode::SERVICE_UNAVAILABLE, &why)
}

fn status(report: &Report) -> StatusCode {
    match &report.ended {
        Ended::Failed { fault: Fault::Overtaken, .. } => StatusCode::CONFLICT,
        Ended::Failed { is_transient: true, .. } => StatusCode::SERVICE_UNAVAILABLE,
        Ended::Failed { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        Ended::Idle { .. } | Ended::Throttled { .. } | Ended::OutOfTime => StatusCode::OK,
    }
}
