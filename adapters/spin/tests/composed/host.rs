//! As much of Spin as the composition needs: an instance for each request, variables, the key-value store on SQLite,
//! and outgoing HTTP to the allowed hosts only.

use crate::bindings;
use crate::crash::Crash;
use crate::keyvalue::{HasKeyValue, KeyValue, View};
use compose::Part;
use http_body_util::{BodyExt, Empty};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;
use wasmtime::component::{Accessor, Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Result, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p3::Request;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
    default_send_request,
};

/// The trigger with the source composed in.
pub static COMPOSED: LazyLock<Vec<u8>> = LazyLock::new(|| composed(None));

/// The trigger with the source and the transform composed in.
pub static TRANSFORMED: LazyLock<Vec<u8>> = LazyLock::new(|| composed(Some(&Part::Own)));

fn composed(transform: Option<&Part>) -> Vec<u8> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("components");
    let source = compose::source(&Part::Own, transform, &target).unwrap();
    compose::composed("spin-trigger", source, &target).unwrap()
}

static PLAIN: LazyLock<ServicePre<State>> = LazyLock::new(|| prepare(&COMPOSED));
static CHAINED: LazyLock<ServicePre<State>> = LazyLock::new(|| prepare(&TRANSFORMED));

fn prepare(wasm: &[u8]) -> ServicePre<State> {
    let mut config = wasmtime::Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config).unwrap();
    let component = Component::new(&engine, wasm).unwrap();
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi_http::p2::add_to_linker_async(&mut linker).unwrap();
    wasmtime_wasi_http::p3::add_to_linker(&mut linker).unwrap();
    wasmtime_wasi::p3::clocks::add_to_linker(&mut linker).unwrap();
    wasmtime_wasi::p3::random::add_to_linker(&mut linker).unwrap();
    bindings::wasi::keyvalue::store::add_to_linker::<_, HasKeyValue>(&mut linker, State::keyvalue)
        .unwrap();
    bindings::wasi::keyvalue::atomics::add_to_linker::<_, HasKeyValue>(
        &mut linker,
        State::keyvalue,
    )
    .unwrap();
    bindings::spin::variables::variables::add_to_linker::<_, HasSelf<Variables>>(
        &mut linker,
        |state| &mut state.variables,
    )
    .unwrap();
    ServicePre::new(linker.instantiate_pre(&component).unwrap()).unwrap()
}

/// A component's variables.
pub type Variables = BTreeMap<String, String>;

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    allowed: Allowed,
    keyvalue: KeyValue,
    variables: Variables,
}

impl State {
    fn keyvalue(&mut self) -> View<'_> {
        View { keyvalue: &mut self.keyvalue, table: &mut self.table }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.allowed, table: &mut self.table, ctx: &mut self.http }
    }
}

/// `allowed_outbound_hosts`, each with scheme, host and port.
struct Allowed(Vec<String>);

type Transmission = Box<dyn Future<Output = std::result::Result<(), Error>> + Send>;

impl WasiHttpHooks for Allowed {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Transmission,
    ) -> Box<
        dyn Future<Output = std::result::Result<(http::Response<WasiBody>, Transmission), Error>>
            + Send,
    > {
        let uri = request.uri();
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or(""),
            uri.authority().map_or("", |it| it.as_str())
        );
        let is_allowed = self.0.contains(&origin);
        Box::new(async move {
            if !is_allowed {
                return Err(Error::HttpRequestDenied);
            }
            let (response, transmission) = default_send_request(request, options).await?;
            Ok((response.map(BodyExt::boxed_unsync), Box::new(transmission) as Transmission))
        })
    }
}

impl bindings::spin::variables::variables::Host for Variables {}

impl<T: Send> bindings::spin::variables::variables::HostWithStore<T> for HasSelf<Variables> {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> Result<std::result::Result<String, bindings::spin::variables::variables::Error>> {
        let value = accessor.with(|mut access| access.get().get(&name).cloned());
        Ok(value.ok_or(bindings::spin::variables::variables::Error::Undefined(name)))
    }
}

/// A running application.
#[derive(Clone)]
pub struct App {
    pub variables: Variables,
    pub allowed: Vec<String>,
    pub database: PathBuf,
    pub crash: Crash,
    /// Whether the transform is composed in.
    pub is_transformed: bool,
}

impl App {
    /// Sends one request; returns `None` if the process crashed during it.
    pub async fn request(&self, method: &str, path: &str) -> Option<(u16, Value)> {
        tokio::select! {
            biased;
            () = self.crash.ended() => None,
            answer = self.answer(method, path) => Some(answer.unwrap()),
        }
    }

    async fn answer(&self, method: &str, path: &str) -> Result<(u16, Value)> {
        let state = State {
            table: ResourceTable::new(),
            wasi: WasiCtx::builder().build(),
            http: WasiHttpCtx::new(),
            allowed: Allowed(self.allowed.clone()),
            keyvalue: KeyValue::open(&self.database, self.crash.clone()),
            variables: self.variables.clone(),
        };
        let pre = if self.is_transformed { &*CHAINED } else { &*PLAIN };
        let mut store = Store::new(pre.engine(), state);
        let service = pre.instantiate_async(&mut store).await?;
        let request = http::Request::builder().method(method).uri(format!("http://spin{path}"));
        let request = request.body(Empty::new())?;
        let (request, sent) = Request::from_http(&mut store.data_mut().allowed, request);
        let (status, body) = store
            .run_concurrent(async |accessor| {
                let answered = async {
                    let response = service.handle(accessor, request).await??;
                    let response =
                        accessor.with(|access| response.into_http(access, async { Ok(()) }))?;
                    let status = response.status().as_u16();
                    let body = response.into_body().collect().await?.to_bytes();
                    wasmtime::error::Ok((status, body))
                };
                let (answer, sent) = tokio::join!(answered, sent);
                sent?;
                answer
            })
            .await??;
        Ok((status, serde_json::from_slice(&body)?))
    }
}
