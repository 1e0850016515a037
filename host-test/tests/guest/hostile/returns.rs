//! Components written by hand: they loop, use too much memory, or return too much data or invalid text.

use host_test::egress::hook::Egress;
use host_test::guest::component::Plugin;
use host_test::guest::engine::engine;
use host_test::guest::source::{CallError, Limits, Source};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

/// Returns a component of the right world, made from the text of a module in which every function traps.
fn guest_with(change: impl FnOnce(&str) -> String) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit")).unwrap();
    let world = resolve.select_world(&[package], Some("source-plugin")).unwrap();
    let dummy = wit_component::dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    let text = wasmprinter::print_bytes(&dummy).unwrap();
    let mut module = wat::parse_str(change(&text)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// Returns a component in which every function has this body and whose module has these additional parts.
pub(super) fn guest(body: &str, parts: &str) -> Vec<u8> {
    guest_with(|text| {
        let text = text.replace("unreachable", body);
        let (start, end) = text.trim_end().split_at(text.trim_end().len() - 1);
        format!("{start}{parts}{end}")
    })
}

async fn start(bytes: &[u8], limits: Limits) -> Source {
    let plugin = Plugin::new(&engine().unwrap(), bytes).unwrap();
    Source::start(&plugin, Egress::Closed, limits, None).await.unwrap()
}

fn host<T: std::fmt::Debug>(answer: Result<T, CallError>) -> String {
    match answer.unwrap_err() {
        CallError::Host(why) => why,
        CallError::Source(error) => panic!("the guest returned {error:?}"),
    }
}

#[tokio::test]
async fn an_endless_loop_is_stopped_in_each_export() {
    let bytes = guest("(loop br 0) unreachable", "");
    let limits = Limits { cpu_seconds: 1, ..Limits::default() };
    let configuration = host_test::guest::source::Configuration {
        settings: "{}".to_owned(),
        secrets: Vec::new(),
        checkpoint: None,
    };
    let message = [
        host(start(&bytes, limits).await.describe().await),
        host(start(&bytes, limits).await.check().await),
        host(start(&bytes, limits).await.read_batch(1).await),
        host(start(&bytes, limits).await.checkpoint().await),
    ];
    assert!(message.iter().all(|message| message.contains("the CPU limit of ")), "{message:?}");
    // To pass strings, the host asks the guest for memory, and the guest loops there.
    let message = host(start(&bytes, limits).await.configure(&configuration).await);
    assert!(message.contains("configure: the CPU limit"), "{message}");
}

#[tokio::test]
async fn an_instance_that_was_stopped_is_never_entered_again() {
    let mut source = start(&guest("unreachable", ""), Limits::default()).await;
    let message = host(source.checkpoint().await);
    assert!(message.contains("checkpoint: the component trapped: "), "{message}");
    let message = host(source.checkpoint().await);
    assert!(message.contains("was already stopped"), "{message}");
}

#[tokio::test]
async fn memory_that_grows_forever_is_stopped() {
    let bomb = "(loop i32.const 1 memory.grow drop br 0) unreachable";
    let limits = Limits { memory_mib: 8, ..Limits::default() };
    let message = host(start(&guest(bomb, ""), limits).await.checkpoint().await);
    assert!(message.starts_with("checkpoint: the memory limit of 8 MiB was exceeded; raise"));
}

#[tokio::test]
async fn a_table_that_grows_forever_is_stopped() {
    let bomb = "(loop (table.grow $bomb (ref.null func) (i32.const 1000)) drop br 0) unreachable";
    let bytes = guest(bomb, "(table $bomb 0 funcref)");
    let message = host(start(&bytes, Limits::default()).await.checkpoint().await);
    assert_eq!(message, "checkpoint: the limit of 20000 table elements was exceeded");
}

#[tokio::test]
async fn endless_recursion_is_stopped() {
    let bytes = guest("(call $deep) unreachable", "(func $deep (call $deep))");
    let message = host(start(&bytes, Limits::default()).await.checkpoint().await);
    assert!(
        message.contains("checkpoint: the component trapped: wasm trap: call stack"),
        "{message}"
    );
}

/// Returns a component whose `read-batch` returns this many records (32 bytes each, from byte 4,096 on), whose payload
/// is this many bytes of memory from `payload_at` on. The byte at 4,095 is not UTF-8. Source: the canonical ABI, and
/// `wit/source.wit`.
fn returning(records: u32, payload_at: u32, payload: u32) -> Vec<u8> {
    let body = format!(
        "(local $n i32)
         (drop (memory.grow (i32.const 600)))
         (i32.store (i32.const 8) (i32.const 4096))
         (i32.store (i32.const 12) (i32.const {records}))
         (i32.store8 (i32.const 4095) (i32.const 255))
         (loop
            (i32.store (i32.add (i32.const 4120) (i32.mul (local.get $n) (i32.const 32)))
                       (i32.const {payload_at}))
            (i32.store (i32.add (i32.const 4124) (i32.mul (local.get $n) (i32.const 32)))
                       (i32.const {payload}))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $n) (i32.const {records}))))
         (i32.const 0)"
    );
    guest_with(|text| {
        let export = text.lines().find(|line| line.contains("|read-batch\" (func")).unwrap();
        let index = export.rsplit("(func ").next().unwrap().trim_end_matches(')').to_owned();
        let from = text.find(&format!("(func (;{index};)")).unwrap();
        let (before, function) = text.split_at(from);
        format!("{before}{}", function.replacen("unreachable", &body, 1))
    })
}

#[tokio::test]
async fn a_batch_of_a_gigabyte_is_not_copied() {
    // A thousand records of 1 MiB each, all of them the same MiB of memory.
    let bytes = returning(1_000, 65_536, 1 << 20);
    let message = host(start(&bytes, Limits::default()).await.read_batch(1_000).await);
    assert_eq!(message, "read-batch: the limit of 64 MiB of returned data was exceeded");
}

#[tokio::test]
async fn more_records_than_requested_are_refused() {
    let bytes = returning(1_000_000, 0, 0);
    let limits = Limits { returned_mib: 512, ..Limits::default() };
    let message = host(start(&bytes, limits).await.read_batch(1_000).await);
    assert_eq!(message, "read-batch: 1000000 records were returned, but only 1000 were requested");
}

#[tokio::test]
async fn a_string_that_is_not_utf_8_is_refused() {
    let message = host(start(&returning(1, 4_095, 1), Limits::default()).await.read_batch(1).await);
    assert!(message.contains("read-batch: ") && message.contains("utf-8"), "{message}");
    let beyond =
        host(start(&returning(1, u32::MAX, 9), Limits::default()).await.read_batch(1).await);
    assert!(beyond.contains("read-batch: ") && beyond.contains("out of bounds"), "{beyond}");
}
