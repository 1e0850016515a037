//! Compiles, composes and links the service and the source once for all tests.

use std::path::Path;
use std::sync::OnceLock;

use compose::Part;
use wasmtime::Engine;
use wasmtime::component::{Component, HasData, HasSelf, Linker, ResourceTable};

use crate::bindings::ComposedPre;
use crate::host::Host;

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(Engine::default)
}

/// Returns the service with the source composed in, and perhaps the transform, compiled once for all tests.
pub fn component(is_transformed: bool) -> &'static Component {
    static COMPONENTS: [OnceLock<Component>; 2] = [const { OnceLock::new() }; 2];
    COMPONENTS[usize::from(is_transformed)].get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("composed");
        let transform = is_transformed.then_some(&Part::Own);
        let source = compose::source(&Part::Own, transform, &target).unwrap();
        let wasm = compose::composed("wasmcloud-service", source, &target).unwrap();
        Component::new(engine(), wasm).unwrap()
    })
}

struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

pub fn composed(is_transformed: bool) -> &'static ComposedPre<Host> {
    use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
    use crate::bindings::wasi::config::store as config;
    use crate::bindings::wasi::keyvalue::{atomics, store};
    use crate::bindings::wasi::logging::logging;
    use crate::bindings::wasmcloud::messaging::{consumer, types};
    use wasmtime_wasi_io::bindings::wasi::io;
    static PRE: [OnceLock<ComposedPre<Host>>; 2] = [const { OnceLock::new() }; 2];
    PRE[usize::from(is_transformed)].get_or_init(|| {
        let mut linker = Linker::new(engine());
        let l = &mut linker;
        io::error::add_to_linker::<Host, Io>(l, |host| &mut host.table).unwrap();
        io::poll::add_to_linker::<Host, Io>(l, |host| &mut host.table).unwrap();
        io::streams::add_to_linker::<Host, Io>(l, |host| &mut host.table).unwrap();
        store::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        atomics::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        config::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        types::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        consumer::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        logging::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        monotonic_clock::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        wall_clock::add_to_linker::<Host, HasSelf<Host>>(l, |host| host).unwrap();
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(l).unwrap();
        ComposedPre::new(linker.instantiate_pre(component(is_transformed)).unwrap()).unwrap()
    })
}
