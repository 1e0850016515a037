//! A client that sends one request per connection.

use fake_buildkite::{FakeBuildkite, Options};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// A complete answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Returns the message of the first error.
    pub fn message(&self) -> String {
        self.json()["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    pub fn number(&self, header: &str) -> i64 {
        self.headers[header].to_str().unwrap().parse().unwrap()
    }

    /// Returns the `auditEvents` connection of the answer.
    pub fn events(&self) -> Value {
        self.json()["data"]["organization"]["auditEvents"].clone()
    }
}

pub async fn start(options: Options) -> FakeBuildkite {
    FakeBuildkite::start(options).await.unwrap()
}

pub async fn send(
    fake: &FakeBuildkite,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<Answer, Failure> {
    let stream = TcpStream::connect(fake.address()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await?.to_bytes();
    drop(sender);
    connection.await??;
    let text = String::from_utf8(bytes.to_vec())?;
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text })
}

pub async fn post(fake: &FakeBuildkite, body: Value) -> Result<Answer, Failure> {
    let bearer = format!("Bearer {}", fake.token());
    send(fake, "POST", "/v1", &[("authorization", &bearer)], body.to_string()).await
}

/// Sends a query with variables.
pub async fn ask(fake: &FakeBuildkite, query: &str, variables: Value) -> Answer {
    post(fake, json!({"query": query, "variables": variables})).await.unwrap()
}
