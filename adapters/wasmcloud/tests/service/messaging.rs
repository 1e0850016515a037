//! Sends messages to the receiver over a real socket.

use std::time::Duration;

use tokio::net::TcpStream;

use crate::bindings::wasmcloud::messaging::{consumer, types};
use crate::host::Host;
use crate::receiver::{text, write_text};

impl Host {
    /// Sends a message and waits for its answer.
    async fn ask(
        &mut self,
        subject: &str,
        body: &[u8],
    ) -> wasmtime::Result<std::io::Result<Vec<u8>>> {
        let mut line = match self.line.take() {
            Some(line) => line,
            None => match TcpStream::connect(self.shared.receiver).await {
                Ok(line) => line,
                Err(error) => return Ok(Err(error)),
            },
        };
        // With Nagle's algorithm, the second of two small writes would wait for an acknowledgment.
        let sent = match line.set_nodelay(true) {
            Ok(()) => write_text(&mut line, subject.as_bytes()).await,
            Err(error) => Err(error),
        };
        let sent = match sent {
            Ok(()) => write_text(&mut line, body).await,
            Err(error) => Err(error),
        };
        self.step("request: sent, no answer").await?;
        if let Err(error) = sent {
            return Ok(Err(error));
        }
        let answer = text(&mut line).await;
        self.line = Some(line);
        Ok(answer)
    }
}

impl types::Host for Host {}

impl consumer::Host for Host {
    async fn request(
        &mut self,
        subject: String,
        body: Vec<u8>,
        timeout_ms: u32,
    ) -> wasmtime::Result<Result<types::BrokerMessage, String>> {
        self.step("request: before").await?;
        let patience = self.shared.patience.min(Duration::from_millis(timeout_ms.into()));
        let answer = match tokio::time::timeout(patience, self.ask(&subject, &body)).await {
            Ok(answer) => answer?.map_err(|error| error.to_string()),
            Err(_) => Err(format!("request timed out after {timeout_ms}ms")),
        };
        self.step("request: after").await?;
        Ok(answer.map(|body| types::BrokerMessage { subject, body, reply_to: None }))
    }

    async fn publish(&mut self, _: types::BrokerMessage) -> wasmtime::Result<Result<(), String>> {
        Err(wasmtime::Error::msg("publish is never called"))
    }
}
