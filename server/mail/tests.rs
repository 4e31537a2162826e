#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{MailDraft, Mailroom as _};
use mail_parser::MessageParser;
use serde_json::json;
use store::mail::{self, Channel, MAX_ATTEMPTS, Mail, Message};
use store::{Ambient, Clock, Database, Id, OsRandom, Sealer, SecretKey, Store, Time};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::config::Settings;
use crate::render::Renderer;
use crate::start::Shutdown;

/// A mail server that answers a command as it was told to, else well, and keeps what was said.
struct Server {
    port: u16,
    /// Verb, answer; each used once.
    answers: Arc<Mutex<VecDeque<(&'static str, &'static str)>>>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answers: &[(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect()));
        let server = Self { port, answers, said: Arc::default() };
        let (answers, said) = (Arc::clone(&server.answers), Arc::clone(&server.said));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let talk = Talk { answers: Arc::clone(&answers), said: Arc::clone(&said) };
                tokio::spawn(talk.run(stream));
            }
        });
        server
    }

    fn sender(&self, scheme: &str, user: &str) -> Sender {
        let url = format!("{scheme}://{user}127.0.0.1:{}", self.port);
        let settings = Settings::of([("smtp-url", url)]).unwrap();
        Sender::new(&settings.smtp.unwrap(), settings.mail_from).unwrap()
    }

    fn said(&self, verb: &str) -> Vec<String> {
        let said = self.said.lock().unwrap();
        said.iter().filter(|line| line.starts_with(verb)).cloned().collect()
    }
}

struct Talk {
    answers: Arc<Mutex<VecDeque<(&'static str, &'static str)>>>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    fn answer(&self, verb: &str) -> &'static str {
        let mut answers = self.answers.lock().unwrap();
        let told = answers.iter().position(|(when, _)| *when == verb);
        match (told.and_then(|place| answers.remove(place)), verb) {
            (Some((_, answer)), _) => answer,
            (None, "EHLO") => "250-here\r\n250 AUTH PLAIN",
            (None, "AUTH") => "235 welcome",
            (None, "DATA") => "354 go on",
            (None, "QUIT") => "221 bye",
            (None, _) => "250 fine",
        }
    }

    async fn run(self, stream: tokio::net::TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 here\r\n").await?;
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let verb = line.get(..4).unwrap_or_default().to_uppercase();
            self.said.lock().unwrap().push(line.trim_end().to_owned());
            let answer = self.answer(&verb);
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            if verb == "DATA" && answer.starts_with('3') {
                let mut letter = String::new();
                while !letter.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut letter).await? == 0 {
                        return Ok(());
                    }
                }
                self.said.lock().unwrap().push(format!("LETTER {letter}"));
                let answer = self.answer("LETTER");
                stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            }
            line.clear();
        }
        Ok(())
    }
}

/// Stands until it is moved.
#[derive(Clone)]
struct Still(Arc<Mutex<Time>>);

impl Still {
    fn advance(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.plus(chrono::Duration::seconds(seconds));
    }
}

impl Clock for Still {
    fn now(&self) -> Time {
        *self.0.lock().unwrap()
    }
}

struct Outbox {
    store: Store,
    clock: Still,
    _folder: tempfile::TempDir,
}

impl Outbox {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = chrono::DateTime::parse_from_rfc3339("2030-01-01T09:00:00Z").unwrap();
        let clock = Still(Arc::new(Mutex::new(Time::from(start.to_utc()))));
        let ambient = Ambient::new(Arc::new(clock.clone()), Arc::new(OsRandom));
        let sealer = Sealer::new(&SecretKey::new([7; 32])).unwrap();
        let database = Database::Sqlite(folder.path().join("a.db"));
        let store = Store::open(&database, sealer, ambient).await.unwrap();
        Self { store, clock, _folder: folder }
    }

    async fn add(&self, message: &Message) -> Mail {
        let mut unit = self.store.write().await.unwrap();
        let (ambient, sealer) = (self.store.ambient(), self.store.sealer());
        let id = mail::create(&mut unit, ambient, sealer, message).await.unwrap();
        unit.commit().await.unwrap();
        self.find(&id).await
    }

    async fn find(&self, id: &Id<Mail>) -> Mail {
        let mut conn = self.store.read().await.unwrap();
        mail::find(&mut conn, id).await.unwrap().unwrap()
    }

    /// Waits until `is_so` of the mail.
    async fn wait_for(&self, id: &Id<Mail>, is_so: impl Fn(&Mail) -> bool) -> Mail {
        for _ in 0..500 {
            let mail = self.find(id).await;
            if is_so(&mail) {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it never was so");
    }
}

fn message() -> Message {
    Message {
        channel: Channel::Mail,
        to: "ada@acme.example".to_owned(),
        subject: "Bestätige deine Adresse".to_owned(),
        text: "https://id.example.org/flow/verify?link=secret\r\n.\r\nGrüße".to_owned(),
        html: "<p>Grüße</p>".to_owned(),
        until: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_arrives_whole() {
    let server = Server::start(&[]).await;
    let outbox = Outbox::open().await;
    let mail = outbox.add(&message()).await;
    server.sender("smtp", "").send(&mail, &message()).await.unwrap();
    assert_eq!(server.said("MAIL FROM"), ["MAIL FROM:<no-reply@localhost>"]);
    assert_eq!(server.said("RCPT TO"), ["RCPT TO:<ada@acme.example>"]);
    let letter = server.said("LETTER").remove(0);
    let source = letter.strip_prefix("LETTER ").unwrap().replace("\r\n..", "\r\n.");
    let parsed = MessageParser::default().parse(source.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("Bestätige deine Adresse"));
    assert!(parsed.body_text(0).unwrap().contains("Grüße"));
    assert!(parsed.body_html(0).unwrap().contains("<p>Grüße</p>"));
    assert_eq!(parsed.message_id().unwrap(), format!("{}@localhost", mail.id));
    assert_eq!(parsed.date().unwrap().to_rfc3339(), "2030-01-01T09:00:00Z");
    assert!(source.contains("Auto-Submitted: auto-generated\r\n"), "{source}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_refusal_of_this_mail_is_final() {
    let cases: [(&[(&str, &str)], bool); 5] = [
        (&[("RCPT", "550 5.1.1 nobody of that name")], true),
        (&[("LETTER", "554 5.7.1 looks like spam")], true),
        (&[("RCPT", "450 4.2.1 try later")], false),
        (&[("AUTH", "535 5.7.8 wrong password"), ("AUTH", "535 5.7.8 wrong password")], false),
        (&[("MAIL", "421 closing")], false),
    ];
    let outbox = Outbox::open().await;
    let mail = outbox.add(&message()).await;
    for (answers, is_final) in cases {
        let server = Server::start(answers).await;
        let sender = server.sender("smtp", "login:hunter2@");
        let failure = sender.send(&mail, &message()).await.unwrap_err();
        assert_eq!(failure.is_final, is_final, "{answers:?}: {failure:?}");
        assert!(!failure.reason.contains("hunter2") && !failure.reason.contains("secret"));
        assert!(!failure.reason.contains(char::is_control), "{failure:?}");
    }
    let nobody = Settings::of([("smtp-url", "smtp://127.0.0.1:1")]).unwrap();
    let nobody = Sender::new(&nobody.smtp.unwrap(), nobody.mail_from).unwrap();
    assert!(!nobody.send(&mail, &message()).await.unwrap_err().is_final);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_nothing_is_said_where_tls_is_asked_for() {
    let server = Server::start(&[]).await;
    let outbox = Outbox::open().await;
    let mail = outbox.add(&message()).await;
    let sender = server.sender("smtp+starttls", "login:hunter2@");
    let failure = sender.send(&mail, &message()).await.unwrap_err();
    assert!(!failure.is_final);
    assert!(server.said("AUTH").is_empty() && server.said("MAIL").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_tried_again_later_and_forgotten_when_sent() {
    let server = Server::start(&[("RCPT", "450 try later")]).await;
    let outbox = Outbox::open().await;
    let mail = outbox.add(&message()).await;
    let (trigger, shutdown) = Shutdown::new();
    let sender = server.sender("smtp", "");
    let working = tokio::spawn(worker::run(outbox.store.clone(), sender, shutdown));
    let failed = outbox.wait_for(&mail.id, |mail| mail.last_error.is_some()).await;
    assert!(failed.last_error.unwrap().contains("450"));
    let next = failed.next_attempt_at.unwrap();
    assert_eq!(next, mail.created_at.plus(chrono::Duration::seconds(30)));
    assert!(failed.sent_at.is_none());
    outbox.clock.advance(31);
    let sent = outbox.wait_for(&mail.id, |mail| mail.sent_at.is_some()).await;
    assert_eq!((sent.attempts, sent.next_attempt_at), (2, None));
    assert!(sent.open(outbox.store.sealer()).is_err(), "what it said is gone");
    assert_eq!(server.said("LETTER").len(), 1);
    trigger.stop();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_not_sent_when_it_is_too_late_nor_by_another_s_worker() {
    let server = Server::start(&[("RCPT", "450 try later")]).await;
    let outbox = Outbox::open().await;
    let now = outbox.clock.now();
    let lasting = |seconds: i64| Message {
        until: Some(now.plus(chrono::Duration::seconds(seconds))),
        ..message()
    };
    let text = outbox.add(&Message::text("+447700900123".to_owned(), "123456".to_owned())).await;
    assert_eq!(text.recipient, "tel:+447700900123");
    let late = outbox.add(&lasting(0)).await;
    let (trigger, shutdown) = Shutdown::new();
    let sender = server.sender("smtp", "");
    let working = tokio::spawn(worker::run(outbox.store.clone(), sender, shutdown));
    let late = outbox.wait_for(&late.id, |mail| mail.next_attempt_at.is_none()).await;
    assert_eq!((late.sent_at, late.last_error.as_deref()), (None, Some("it came too late")));
    // The next attempt would be too late, so there is none.
    let soon = outbox.add(&lasting(20)).await;
    let soon = outbox.wait_for(&soon.id, |mail| mail.last_error.is_some()).await;
    assert_eq!((soon.sent_at, soon.next_attempt_at), (None, None));
    let sent = outbox.add(&lasting(20)).await;
    outbox.wait_for(&sent.id, |mail| mail.sent_at.is_some()).await;
    trigger.stop();
    working.await.unwrap();
    let text = outbox.find(&text.id).await;
    assert_eq!((text.attempts, text.next_attempt_at), (0, Some(now)));
    assert_eq!(server.said("LETTER").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_grow_and_end() {
    let outbox = Outbox::open().await;
    let mut mail = outbox.add(&message()).await;
    let failure = Failure::passing(&"no");
    let mut pauses = Vec::new();
    for attempts in 1..=MAX_ATTEMPTS {
        mail.attempts = attempts;
        pauses.push(worker::pause::<Sender>(&mail, &failure).map(|pause| pause.num_seconds()));
    }
    let expected = [30, 120, 480, 1920, 7680, 21600, 21600].map(Some);
    assert_eq!(pauses[..7], expected);
    assert_eq!(pauses.last(), Some(&None));
    mail.attempts = 1;
    assert_eq!(worker::pause::<Sender>(&mail, &Failure::lasting(&"no")), None);
}

fn composer() -> Composer {
    let renderer = Arc::new(Renderer::strict(None).unwrap());
    Composer::new(renderer, Ambient::system(), "https://id.example.org".to_owned())
}

fn draft<'a>(template: &'static str, to: &'a str, language: &'a str) -> MailDraft<'a> {
    let data = json!({ "name": "Ada", "link": "https://id.example.org/flow/x", "minutes": 30 });
    MailDraft { template, to, language, data }
}

#[test]
fn a_draft_gets_words_in_its_language() {
    let composer = composer();
    let english = composer.compose(&draft("recovery", "ada@acme.example", "en-GB")).unwrap();
    let german = composer.compose(&draft("recovery", "ada@acme.example", "de")).unwrap();
    let unknown = composer.compose(&draft("recovery", "ada@acme.example", "tlh")).unwrap();
    assert_ne!(english.subject, german.subject);
    assert_eq!(english.subject, unknown.subject);
    for mail in [&english, &german] {
        assert_eq!(mail.to, "ada@acme.example");
        assert!(mail.text.contains("https://id.example.org/flow/x"), "{}", mail.text);
        assert!(mail.text.contains("30") && mail.html.contains("Ada"));
    }
}

#[test]
fn a_mail_without_a_link_leads_to_the_front_page() {
    let data = json!({ "name": "Ada" });
    let draft = MailDraft { data, ..draft("password_changed", "ada@acme.example", "en") };
    let mail = composer().compose(&draft).unwrap();
    assert!(mail.text.contains("https://id.example.org/"), "{}", mail.text);
}

#[test]
fn an_address_that_is_none_and_an_unknown_mail_are_errors() {
    let composer = composer();
    for to in ["ada", "ada@acme.example\r\nBcc: eve@evil.example", "a@b, c@d", ""] {
        assert!(composer.compose(&draft("recovery", to, "en")).is_err(), "{to:?}");
    }
    assert!(composer.compose(&draft("no_such_mail", "ada@acme.example", "en")).is_err());
}
