//! A mail server that delivers everything to the test: SMTP (RFC 5321) on a free port, without TLS.

use std::time::Duration;

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A delivered mail, decoded.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    /// The envelope's sender and recipients.
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    /// The plain text part.
    pub(crate) text: String,
    /// The HTML part; empty when there is none.
    pub(crate) html: String,
}

impl Mail {
    fn parse(from: String, to: Vec<String>, source: &[u8]) -> Self {
        let mail = MessageParser::default().parse(source).expect("a mail (RFC 5322)");
        let is_html = mail.html_part(0).is_some_and(mail_parser::MessagePart::is_text_html);
        Self {
            from,
            to,
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
            html: mail.body_html(0).filter(|_| is_html).unwrap_or_default().into_owned(),
        }
    }

    /// The first link of the text.
    pub(crate) fn link(&self) -> &str {
        let start = self.text.find("http").unwrap_or_else(|| panic!("no link in {self:?}"));
        self.text[start..].split_whitespace().next().unwrap()
    }
}

/// The server. Dropping it closes the port.
pub(crate) struct Mailbox {
    port: u16,
    mails: Mutex<mpsc::UnboundedReceiver<Mail>>,
    server: JoinHandle<()>,
}

impl Mailbox {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (deliver, mails) = mpsc::unbounded_channel();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A sender that hangs up in the middle is its own affair.
                tokio::spawn(converse(stream, deliver.clone()));
            }
        });
        Self { port, mails: Mutex::new(mails), server }
    }

    /// `smtp://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The next mail; waits for it up to ten seconds.
    pub(crate) async fn next(&self) -> Mail {
        let mut mails = self.mails.lock().await;
        let mail = timeout(Duration::from_secs(10), mails.recv()).await;
        mail.expect("a mail within ten seconds").expect("the mail server runs")
    }

    /// Whether nothing has come that was not yet read.
    pub(crate) async fn is_empty(&self) -> bool {
        self.mails.lock().await.is_empty()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn converse(stream: TcpStream, deliver: mpsc::UnboundedSender<Mail>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mailbox.test ESMTP\r\n").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let mut line = String::new();
        // RFC 5321 §4.5.3.1.4: a command line has at most 512 octets.
        if (&mut stream).take(512).read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-mailbox.test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "HELO" | "NOOP" | "RSET" => b"250 OK\r\n",
            "MAIL" => {
                (from, to) = (address(&line), Vec::new());
                b"250 OK\r\n"
            }
            "RCPT" => {
                to.push(address(&line));
                b"250 OK\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let source = read_data(&mut stream).await?;
                let mail = Mail::parse(std::mem::take(&mut from), std::mem::take(&mut to), &source);
                // The test may have ended without reading its mail.
                deliver.send(mail).ok();
                b"250 delivered\r\n"
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await,
            _ => b"500 not known here\r\n",
        };
        stream.write_all(answer).await?;
    }
}

/// What stands between `<` and `>`.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// Up to the line with a single dot; a leading dot was doubled (RFC 5321 §4.5.2).
async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut source = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(source);
        }
        source.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
