//! A remote that serves pre-rendered pages, so that only the client is measured. Its events are a second apart, newest
//! first. It runs in its own process.

use buildkite_audit_logs::text::time::Millis;
use bytes::Bytes;
use fake_buildkite::{FakeBuildkite, Options};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Number of different events, which are repeated with other UUIDs and times.
const TEMPLATES: usize = 500;

/// Number of events in a full page.
const PAGE: u64 = 500;

/// Maximum number of events for which all pages are rendered in advance. They take 90 MB.
const RENDERED_MAX: u64 = 100_000;

/// The serving process. It ends when this value is dropped.
pub struct Remote {
    child: Child,
    pub endpoint: String,
}

impl Remote {
    pub fn start(events: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", &events.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, endpoint: line.trim().to_owned() }
    }

    /// Returns the number of pages requested so far.
    pub fn requests(&self) -> u64 {
        let address = self.endpoint.trim_start_matches("http://").trim_end_matches("/v1");
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!("GET /v1 HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.rsplit("\r\n").next().unwrap().parse().unwrap()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An event, split where its UUID and its time are inserted.
struct Template([String; 3]);

struct Log {
    /// Whole pages by their offset, unless the log is too long for that.
    rendered: HashMap<u64, Bytes>,
    templates: Vec<Template>,
    events: u64,
    newest_ms: i64,
    /// Number of pages requested so far.
    requests: AtomicU64,
}

impl Log {
    fn new(runtime: &Runtime, events: u64) -> Self {
        let options = Options { events: TEMPLATES as u64, ..Options::default() };
        let fake = runtime.block_on(FakeBuildkite::start(options)).unwrap();
        let cut = |truth: fake_buildkite::Truth| {
            let (before, rest) = truth.node.split_once(&truth.uuid).unwrap();
            let (middle, after) = rest.split_once(&truth.occurred_at).unwrap();
            Template([before, middle, after].map(str::to_owned))
        };
        let templates = fake.truth().into_iter().map(cut).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let newest_ms = now.as_millis() as i64 - 10_000;
        let mut log = Self {
            rendered: HashMap::new(),
            templates,
            events,
            newest_ms,
            requests: AtomicU64::new(0),
        };
        if events <= RENDERED_MAX {
            let begins = (0..events).step_by(PAGE as usize);
            log.rendered =
                begins.map(|begin| (begin, log.render(begin, begin + PAGE, events))).collect();
        }
        log
    }

    /// Returns the page that these variables request.
    fn page(&self, variables: &Value) -> Bytes {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let first = variables["first"].as_u64().unwrap_or(500);
        let time = |name: &str| Some(Millis::parse_rfc3339(variables[name].as_str()?)?.get());
        // A low-code connector sends this cursor as a number.
        let number = |after: &Value| after.as_u64().or_else(|| after.as_str()?.parse().ok());
        let after = number(&variables["after"]);
        let below = |to: i64| ((self.newest_ms - to).max(0) as u64).div_ceil(1_000);
        let begin = after.unwrap_or_else(|| time("to").map_or(0, below)).min(self.events);
        // Events before the requested time are left out.
        let until = time("from").map_or(self.events, |from| {
            (((self.newest_ms - from).max(0) as u64) / 1_000 + 1).min(self.events)
        });
        match self.rendered.get(&begin).filter(|_| first == PAGE && until == self.events) {
            Some(page) => page.clone(),
            None => self.render(begin, begin + first, until),
        }
    }

    fn render(&self, begin: u64, end: u64, until: u64) -> Bytes {
        let end = end.min(until).max(begin);
        let mut body = String::with_capacity(1_100 * (end - begin) as usize);
        body.push_str(r#"{"data":{"organization":{"permissions":{"auditEventsView":{"allowed":true,"code":null,"message":null}},"auditEvents":{"edges":["#);
        for number in begin..end {
            let Template([before, middle, after]) = &self.templates[number as usize % TEMPLATES];
            let at = Millis::new(self.newest_ms - number as i64 * 1_000);
            let comma = if number > begin { "," } else { "" };
            body.push_str(&format!(
                r#"{comma}{{"node":{before}00000000-0000-7000-8000-{number:012x}{middle}{at}{after}}}"#
            ));
        }
        body.push_str(&format!(
            r#"],"pageInfo":{{"hasNextPage":{},"endCursor":"{end}"}}}}}}}}}}"#,
            end < until
        ));
        Bytes::from(body)
    }
}

/// Serves until the process is killed.
pub fn serve(events: u64) {
    let runtime = Runtime::new().unwrap();
    let log = Arc::new(Log::new(&runtime, events));
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}/v1", listener.local_addr().unwrap());
        while let Ok((stream, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let answer = service_fn(move |request: Request<Incoming>| {
                    let log = Arc::clone(&log);
                    async move {
                        let is_page = request.method() == Method::POST;
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
                        let page = Full::new(match is_page {
                            true => log.page(&asked["variables"]),
                            false => log.requests.load(Ordering::Relaxed).to_string().into(),
                        });
                        let response = Response::builder()
                            .header("content-type", "application/json")
                            .header("ratelimit-user-limit", "1000000000")
                            .header("ratelimit-user-remaining", "1000000000")
                            .header("ratelimit-user-reset", "300");
                        Ok::<_, Infallible>(response.body(page).unwrap())
                    }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
}
