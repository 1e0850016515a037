//! A receiver on a real socket. A message is two texts, subject and body, each preceded by its length in four bytes;
//! the answer is one such text. The receiver records and acknowledges as a stream does, unless a test changes its habit.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the receiver does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Accept,
    /// Answers with an error, like a full stream.
    Refuse,
    /// Refuses with a header, of which only an empty answer arrives.
    Empty,
    /// Closes the connection, before or after recording.
    Hangup {
        records: bool,
    },
    /// Records and never answers.
    Silent,
}

pub struct Receiver {
    pub address: std::net::SocketAddr,
    state: Arc<State>,
    open: watch::Receiver<usize>,
}

struct State {
    habit: Mutex<Habit>,
    messages: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { habit: Mutex::new(Habit::Accept), messages: Mutex::default() };
        let state = Arc::new(state);
        let (count, open) = watch::channel(0);
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, count) = (Arc::clone(&shared), count.clone());
                count.send_modify(|count| *count += 1);
                tokio::spawn(async move {
                    // Ends when the peer closes the connection, or by a habit.
                    let _ = serve(stream, &state).await;
                    count.send_modify(|count| *count -= 1);
                });
            }
        });
        Self { address, state, open }
    }

    pub fn behave(&self, habit: Habit) {
        *self.state.habit.lock().unwrap() = habit;
    }

    /// Returns everything recorded, once everything sent has been read.
    pub async fn messages(&self) -> Vec<(String, Vec<u8>)> {
        self.settled().await;
        self.state.messages.lock().unwrap().clone()
    }

    /// Returns how many distinct messages have been recorded so far.
    pub fn distinct(&self) -> usize {
        let messages = self.state.messages.lock().unwrap();
        messages.iter().map(|(_, body)| body).collect::<BTreeSet<_>>().len()
    }

    /// Waits until every connection is closed. Connections of a killed service close immediately.
    pub async fn settled(&self) {
        let mut open = self.open.clone();
        let none_left = open.wait_for(|count| *count == 0);
        let waited = tokio::time::timeout(Duration::from_secs(20), none_left).await;
        assert!(waited.is_ok(), "a connection to the receiver stays open");
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    // Bounded by the lifetime of the connection.
    loop {
        let subject = String::from_utf8(text(&mut stream).await?).unwrap();
        let body = text(&mut stream).await?;
        let habit = *state.habit.lock().unwrap();
        let is_recorded =
            matches!(habit, Habit::Accept | Habit::Silent | Habit::Hangup { records: true });
        let number = {
            let mut messages = state.messages.lock().unwrap();
            if is_recorded {
                messages.push((subject, body));
            }
            messages.len()
        };
        let answer = match habit {
            Habit::Accept => format!(r#"{{"stream":"AUDIT","seq":{number}}}"#),
            Habit::Refuse => {
                r#"{"error":{"code":503,"description":"maximum messages exceeded"},"seq":0}"#.into()
            }
            Habit::Empty => String::new(),
            Habit::Hangup { .. } => return Ok(()),
            Habit::Silent => continue,
        };
        write_text(&mut stream, answer.as_bytes()).await?;
    }
}

pub async fn text(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; stream.read_u32().await? as usize];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

pub async fn write_text(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    let mut frame = (bytes.len() as u32).to_be_bytes().to_vec();
    frame.extend(bytes);
    stream.write_all(&frame).await
}
